import Batch
import Ledger
import NIOCore
import OpenSSL
import TestSupport
import Testing

@testable import Delivery

/// A file system whose syncs wait until they are let through, one by one, and fail where a test wants them to.
final class GatedFileSystem: FileSystem {
    fileprivate struct State {
        /// Syncs that have been called and those that may return.
        var begun = 0
        var allowed = 0
        var failing = 0..<0
    }

    fileprivate let state = Monitor(State())
    private let disk = DiskFileSystem()

    /// Lets so many more syncs return.
    func allow(_ count: Int) {
        state.withLock { $0.allowed += count }
        state.signal()
    }

    func fail(_ syncs: Range<Int>) { state.withLock { $0.failing = syncs } }

    /// Waits until the sync of that number, counted from 1, has been called; false if it is not within ten seconds.
    func waitForSync(_ number: Int) -> Bool {
        state.wait(until: Clock.monotonic() + 10_000_000_000) { $0.begun >= number ? true : nil } ?? false
    }

    var begun: Int { state.withLock { $0.begun } }

    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> any File {
        GatedFile(self, try disk.open(path, mode))
    }

    func list(_ directory: String) throws(FileError) -> [String] { try disk.list(directory) }
    func makeDirectory(_ path: String) throws(FileError) { try disk.makeDirectory(path) }
    func exists(_ path: String) -> Bool { disk.exists(path) }
    func rename(_ path: String, to new: String) throws(FileError) { try disk.rename(path, to: new) }
    func remove(_ path: String) throws(FileError) { try disk.remove(path) }
    func syncDirectory(_ directory: String) throws(FileError) { try disk.syncDirectory(directory) }

    func replaceSecret(_ path: String, _ secret: SecretBytes) throws(FileError) {
        try disk.replaceSecret(path, secret)
    }
}

private final class GatedFile: File {
    private let system: GatedFileSystem
    private let file: any File

    init(_ system: GatedFileSystem, _ file: any File) {
        self.system = system
        self.file = file
    }

    func sync() throws(FileError) {
        let number = system.state.withLock { state in
            defer { state.begun += 1 }
            return state.begun
        }
        system.state.signal()
        let fails = system.state.wait { state in state.allowed > number ? state.failing.contains(number) : nil }
        if fails == true { throw FileError("sync", "cursor", code: 5) }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(FileError) -> Int {
        unsafe try file.read(into: buffer, at: offset)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(FileError) {
        unsafe try file.write(bytes, at: offset)
    }

    func reserve(_ size: UInt64) throws(FileError) { try file.reserve(size) }
    func truncate(to size: UInt64) throws(FileError) { try file.truncate(to: size) }
    func size() throws(FileError) -> UInt64 { try file.size() }
    func lock() throws(FileError) -> Bool { try file.lock() }
}

@Suite struct CursorKeeperTests {
    private let folder = TemporaryDirectory()
    private let system = GatedFileSystem()
    private let failures = Monitor([String]())
    private let eventLoop = DestinationRig.group.next()
    private let keeper: CursorKeeper

    private var path: String { folder.path("cursor") }

    init() throws {
        let failures = failures
        keeper = CursorKeeper(try CursorFile(folder.path("cursor"), system), on: eventLoop) { reason in
            failures.withLock { $0.append(reason) }
        }
    }

    /// On the event loop, which is free whatever the disk does.
    private func onLoop<Result: Sendable>(_ body: @escaping @Sendable (CursorKeeper) -> Result) throws -> Result {
        let keeper = keeper
        return try eventLoop.submit { body(keeper) }.wait()
    }

    private func store(_ indexes: Range<UInt64>) throws {
        try onLoop { keeper in for index in indexes { keeper.store(CursorFile.Value(nextIndex: index)) } }
    }

    private func finish() throws -> EventLoopFuture<Void> {
        let keeper = keeper
        return try eventLoop.submit { keeper.finish() }.wait()
    }

    @Test func theNewestValueIsStoredNextAndOneStoreIsUnderWay() throws {
        try store(1..<2)
        #expect(system.waitForSync(1))
        try store(2..<100)
        #expect(system.begun == 1)
        #expect(try onLoop { $0.storedIndex } == nil)
        let end = try finish()
        system.allow(2)
        try end.wait()
        #expect(system.begun == 2)
        #expect(try CursorFile(path).value?.nextIndex == 99)
        #expect(try onLoop { $0.storedIndex } == 99)
    }

    @Test func theEndWaitsForTheNewestValue() throws {
        try store(1..<2)
        #expect(system.waitForSync(1))
        try store(2..<3)
        let hasEnded = Monitor(false)
        let end = try finish()
        end.whenComplete { _ in hasEnded.withLock { $0 = true } }
        system.allow(1)
        #expect(system.waitForSync(2))
        #expect(try onLoop { _ in hasEnded.withLock { $0 } } == false)
        system.allow(1)
        try end.wait()
        #expect(try CursorFile(path).value?.nextIndex == 2)
    }

    @Test func whatIsStoredIsNotStoredAgain() throws {
        system.allow(10)
        for _ in 0..<3 {
            try store(5..<6)
            try finish().wait()
        }
        #expect(system.begun == 1)
    }

    @Test func aFailureIsSaidOnceAndTheValueTriedAgain() throws {
        system.fail(0..<3)
        system.allow(10)
        for _ in 0..<3 {
            try store(5..<6)
            try finish().wait()
            #expect(try onLoop { $0.storedIndex } == nil)
        }
        #expect(failures.withLock { $0 } == ["sync cursor: Input/output error"])
        try store(5..<6)
        try finish().wait()
        #expect(system.begun == 4)
        #expect(try CursorFile(path).value?.nextIndex == 5)
    }
}
