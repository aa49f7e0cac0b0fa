import Batch
import Glibc
import OpenSSL
import Seal
import Telemetry
import TestSupport
import Testing
import Verify

@testable import Ledger

/// The mode of a file, 0 if it is not there.
private func mode(of path: String) -> mode_t {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
}

@Suite struct DiskFileSystemTests {
    private let directory = TemporaryDirectory()
    private let system = DiskFileSystem()
    private var path: String { directory.path + "/file" }

    @Test func whatIsWrittenIsRead() throws {
        let file = try system.open(path, .create)
        try file.write(Array("hello".utf8), at: 3)
        try file.sync()
        #expect(try file.size() == 8)
        #expect(try file.contents() == [0, 0, 0] + Array("hello".utf8))
        #expect(try file.contents(limit: 4) == [0, 0, 0] + Array("h".utf8))
        #expect(try file.bytes(at: 6, count: 99) == Array("lo".utf8))
        #expect(try file.bytes(at: 99, count: 5) == [])
        #expect(mode(of: path) == 0o600)
    }

    @Test func theModeSaysWhetherTheFileMustBeThere() throws {
        for mode in [OpenMode.read, .update] {
            #expect(throws: FileError("open", path, code: ENOENT)) { try system.open(path, mode) }
        }
        _ = try system.open(path, .create)
        #expect(throws: FileError("open", path, code: EEXIST)) { try system.open(path, .create) }
        for mode in [OpenMode.read, .update, .updateOrCreate] { _ = try system.open(path, mode) }
        #expect(throws: FileError.self) { try system.open(path, .read).write([1], at: 0) }
    }

    @Test func aLinkIsNotFollowed() throws {
        _ = try system.open(path, .create)
        #expect(unsafe symlink(path, path + "2") == 0)
        #expect(throws: FileError("open", path + "2", code: ELOOP)) { try system.open(path + "2", .updateOrCreate) }
    }

    @Test func reservingLeavesTheSize() throws {
        let file = try system.open(path, .create)
        try file.reserve(1 << 16)
        #expect(try file.size() == 0)
        try file.truncate(to: 7)
        #expect(try file.size() == 7)
    }

    @Test func namesAreListedMovedAndRemoved() throws {
        try system.makeDirectory(directory.path + "/d")
        try system.makeDirectory(directory.path + "/d")
        _ = try system.open(path, .create)
        #expect(try system.list(directory.path) == ["d", "file"])
        try system.rename(path, to: directory.path + "/a")
        try system.syncDirectory(directory.path)
        #expect(try system.list(directory.path) == ["a", "d"])
        #expect(system.exists(directory.path + "/a") && !system.exists(path))
        try system.remove(directory.path + "/a")
        #expect(try system.list(directory.path) == ["d"])
        #expect(mode(of: directory.path + "/d") == 0o700)
        #expect(throws: FileError.self) { try system.list(path) }
        #expect(throws: FileError.self) { try system.syncDirectory(path) }
        #expect(throws: FileError.self) { try system.remove(path) }
        #expect(throws: FileError.self) { try system.rename(path, to: path) }
    }

    @Test func aLockIsHeldByOne() throws {
        var first: (any File)? = try system.open(path, .create)
        let second = try system.open(path, .update)
        #expect(try first?.lock() == true)
        #expect(try second.lock() == false)
        first = nil
        #expect(try second.lock() == true)
    }

    @Test func anErrorSaysWhatFailed() {
        #expect("\(FileError("open", "/x", code: ENOENT))" == "open /x: No such file or directory")
    }
}

/// The ledger on a real disk, with the MAC ratchet, which is always there.
@Suite struct RatchetTests {
    private static let firstKey = [UInt8](repeating: 0x4B, count: 32)
    private let directory = TemporaryDirectory()
    private var data: String { directory.path + "/data" }

    /// What a start does: the stored ratchet, or the first key.
    private func ratchet() throws -> Ratchet {
        let path = Layout(data).ratchet
        if DiskFileSystem().exists(path) { return try Ratchet(restoring: try SecretFile.read(path)) }
        let secret = unsafe SecretBytes(Self.firstKey.span.bytes)
        guard let key = HMACKey(secret) else { fatalError("32 bytes are a key") }
        return Ratchet(key: key)
    }

    private func run(_ sizes: [Int], _ ratchet: consuming Ratchet) throws -> Ledger {
        var options = LedgerOptions(directory: data, hostname: "relay.example.net", processID: 42)
        options.batch = BatchPolicy(recordLimit: 8)
        options.segmentBytes = 16 << 10
        let queue = BatchQueue(byteLimit: 1 << 20)
        let ledger = try Ledger(
            options, key: try TestLog.key.get(), ratchet: ratchet, queue: queue,
            counters: LedgerCounters(MetricsRegistry())
        ) { Issue.record("\($0)") }
        ledger.start()
        for size in sizes { queue.push(TestLog.batch(size)) }
        queue.close()
        ledger.join()
        return ledger
    }

    private func verify(_ ledger: Ledger, _ key: [UInt8] = firstKey) throws -> VerifyReport {
        let log = try TestLog()
        return try log.verify(try log.payload(ledger.access), macKey: key)
    }

    @Test func theRatchetGoesOnOverStarts() throws {
        for sizes in [[5], [100], [], [20, 3]] {
            let ledger = try run(sizes, try ratchet())
            let report = try verify(ledger)
            #expect(report.outcome == .complete, "\(report.text)")
            let seals = try TestLog.seals(try TestLog().lines(ledger.access))
            #expect(report.codes?.valid == UInt64(seals.count))
            #expect(seals.allSatisfy { $0.mac != nil })
            // On the disk is the key of the next seal, and none before it.
            #expect(try ratchet().number == UInt64(seals.count) + 1)
            #expect(mode(of: Layout(data).ratchet) == 0o600)
        }
    }

    @Test func anotherFirstKeyIsFoundOut() throws {
        let report = try verify(try run([20], try ratchet()), [UInt8](repeating: 0x4C, count: 32))
        #expect(report.outcome == .tampered)
    }

    @Test func aRatchetThatIsBehindIsWoundOn() throws {
        _ = try run([50], try ratchet())
        try DiskFileSystem().remove(Layout(data).ratchet)
        #expect(try verify(try run([50], try ratchet())).outcome == .complete)
    }

    @Test func aRatchetThatIsAheadOfTheSealsIsRefused() throws {
        _ = try run([50], try ratchet())
        var ahead = try ratchet()
        try ahead.advance(to: ahead.number + 5)
        try SecretFile.replace(Layout(data).ratchet, ahead.encoded())
        var options = LedgerOptions(directory: data, hostname: "h", processID: 1)
        options.batch = BatchPolicy(recordLimit: 8)
        let queue = BatchQueue(byteLimit: 1 << 20)
        queue.close()
        let failure = Monitor<(any Error)?>(nil)
        let ledger = try Ledger(
            options, key: try TestLog.key.get(), ratchet: try ratchet(), queue: queue,
            counters: LedgerCounters(MetricsRegistry())
        ) { event in if case .failed(let error) = event { failure.withLock { $0 = error } } }
        ledger.start()
        ledger.join()
        #expect((failure.withLock { $0 } as? SealError)?.code == .ratchet)
    }

    @Test func aLedgerOnTheDiskHasPrivateFiles() throws {
        _ = try run([100], try ratchet())
        let layout = Layout(data)
        #expect(mode(of: data) == 0o700 && mode(of: layout.segments) == 0o700)
        for first in try layout.segmentIndexes(DiskFileSystem()) {
            #expect(mode(of: layout.segment(first)) == 0o600 && mode(of: layout.leaves(first)) == 0o600)
        }
        #expect(
            try String(decoding: DiskFileSystem().open(layout.origin, .read).contents(), as: UTF8.self)
                == "test.example.net/log\n\(TestLog.key.get().verifierKey)\n")
    }

    @Test func aDirectoryInUseIsRefusedOnTheDiskToo() throws {
        let ledger = try run([1], try ratchet())
        #expect(throws: LedgerError(.locked, "")) { _ = try run([1], try ratchet()) }
        withExtendedLifetime(ledger) {}
    }
}
