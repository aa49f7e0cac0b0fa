import Batch
import OpenSSL
import Seal
import Synchronization
import Testing
import Verify

@testable import Ledger

/// Retention over a long time, and crashes in the middle of it.
@Suite struct RetentionCycleTests {
    /// A day of records that become old, are compressed, deleted and forgotten, with small segments and a fast clock.
    @Test func aDayLeavesNoFileBehindAndNoneOpen() throws {
        var policy = RetentionPolicy()
        (policy.age, policy.hashes) = (3_600_000, 7_200_000)
        let kept = try KeptLog(policy, destinations: ["siem"])
        let openAtFirst = kept.system.openFileCount
        var most = 0
        for tick in 0..<288 {
            kept.write(60)
            try kept.acknowledge("siem", kept.ledger.access.horizon.position.nextIndex)
            kept.clock.advance(seconds: 300)
            kept.keep()
            // Two more while the writer takes a segment for the next one.
            #expect(kept.system.openFileCount <= openAtFirst + 2, "tick \(tick)")
            most = max(most, kept.files.count)
        }
        #expect(kept.ledger.access.horizon.position.nextIndex > 288 * 60)
        // An hour and a tenth of text, three hours and a bit of hashes: of some 600 files.
        #expect(most < 120, "\(most) files")
        let failures = kept.events.filter { if case .failed = $0 { true } else { false } }
        #expect(failures.isEmpty, "\(failures)")
        // Silence for a day: two seals, a segment each, are all that is left.
        for _ in 0..<30 {
            kept.clock.advance(seconds: 3600)
            kept.write(1)
            try kept.acknowledge("siem", kept.ledger.access.horizon.position.nextIndex)
            kept.keep()
        }
        #expect(kept.files.count < 16, "\(kept.files)")
        #expect(kept.files.allSatisfy { $0.hasSuffix(".segment") || $0.hasSuffix(".zst") || $0.hasSuffix(".leaves") })
        kept.stop()
        let oldest = try #require(kept.segments.first)
        #expect(kept.deleted.text.all == [0..<oldest])
        try #expect(kept.system.list(TestLog.directory).filter { $0.hasSuffix(".new") } == [])
    }

    /// Pulls the plug at every call of a deletion: there is never text without hashes, what is gone was announced, and
    /// the next start goes on.
    @Test(arguments: 0..<4) func aCrashInADeletionIsGoneOnWith(seed: UInt64) throws {
        var random = Seeded(seed)
        var policy = RetentionPolicy()
        (policy.age, policy.compresses) = (60_000, false)
        for call in 0..<200 {
            let disk = try TestLog().system
            let cut = CutFileSystem(disk)
            let kept = try KeptLog(policy, on: disk, keeperSystem: cut)
            for _ in 0..<4 { kept.write(50) }
            kept.clock.advance(seconds: 61)
            kept.write(1)
            cut.allow(call)
            kept.keep()
            let isOver = !cut.hasFailed
            let found = disk.crashed(&random)
            kept.stop()
            try check(found, policy, kept.clock, "seed \(seed), call \(call)")
            if isOver { return #expect(call > 10) }
        }
        Issue.record("the deletion never ended")
    }

    private func check(
        _ found: ModelFileSystem, _ policy: RetentionPolicy, _ clock: KeptLog.TestClock, _ comment: String
    ) throws {
        let segments = try TestLog.layout.segmentIndexes(found)
        let leaves = Set(try LeafFile.all(TestLog.layout, found).map(\.firstIndex))
        for first in segments.dropLast() { #expect(leaves.contains(first), "\(comment): text without hashes") }
        let deleted = try DeletedRecords(TestLog.layout, found)
        if let oldest = segments.first, oldest > 0 {
            #expect(deleted.text.contains(0..<oldest), "\(comment): gone, and nothing says so")
        }
        let next = try KeptLog(policy, on: found, clock: clock)
        next.write(20)
        next.keep()
        #expect(next.segments.first != 0, "\(comment): the next start goes on")
        next.stop()
        let lines = try next.log.lines(next.ledger.access)
        #expect(lines.contains { $0.contains(" RETENTION [waxwing-retention@") }, "\(comment)")
    }
}

/// A file system all of whose changes fail after some that do not.
private final class CutFileSystem: FileSystem {
    private let base: any FileSystem
    private let left = Atomic<Int>(.max)

    init(_ base: any FileSystem) { self.base = base }

    func allow(_ changes: Int) { left.store(changes, ordering: .relaxed) }
    var hasFailed: Bool { left.load(ordering: .relaxed) < 0 }

    fileprivate func change(_ path: String) throws(FileError) {
        guard left.subtract(1, ordering: .relaxed).newValue < 0 else { return }
        throw FileError("change", path, code: 5)
    }

    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> any File {
        let file = try base.open(path, mode)
        return mode == .read ? file : CutFile(self, file, path)
    }

    func list(_ directory: String) throws(FileError) -> [String] { try base.list(directory) }
    func exists(_ path: String) -> Bool { base.exists(path) }

    func makeDirectory(_ path: String) throws(FileError) {
        try change(path)
        try base.makeDirectory(path)
    }

    func rename(_ path: String, to new: String) throws(FileError) {
        try change(path)
        try base.rename(path, to: new)
    }

    func remove(_ path: String) throws(FileError) {
        try change(path)
        try base.remove(path)
    }

    func replaceSecret(_ path: String, _ secret: SecretBytes) throws(FileError) {
        try change(path)
        try base.replaceSecret(path, secret)
    }

    func syncDirectory(_ directory: String) throws(FileError) {
        try change(directory)
        try base.syncDirectory(directory)
    }
}

private final class CutFile: File {
    private let system: CutFileSystem
    private let file: any File
    private let path: String

    init(_ system: CutFileSystem, _ file: any File, _ path: String) {
        self.system = system
        self.file = file
        self.path = path
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(FileError) -> Int {
        unsafe try file.read(into: buffer, at: offset)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(FileError) {
        try system.change(path)
        unsafe try file.write(bytes, at: offset)
    }

    func sync() throws(FileError) {
        try system.change(path)
        try file.sync()
    }

    func reserve(_ size: UInt64) throws(FileError) { try file.reserve(size) }

    func truncate(to size: UInt64) throws(FileError) {
        try system.change(path)
        try file.truncate(to: size)
    }

    func size() throws(FileError) -> UInt64 { try file.size() }
    func lock() throws(FileError) -> Bool { try file.lock() }
}
