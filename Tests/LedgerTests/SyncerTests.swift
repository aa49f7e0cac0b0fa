import Batch
import Synchronization
import Testing

@testable import Ledger

@Suite struct SyncerTests {
    /// A file whose syncs wait for the test.
    private final class GatedFile: File {
        struct Gate {
            var allowed = 0
            var begun = 0
            var failure: FileError?
        }
        let gate = Monitor(Gate())

        func allow(_ count: Int = 1) {
            gate.withLock { $0.allowed += count }
            gate.signal()
        }

        func waitForSync(_ number: Int) { _ = gate.wait { $0.begun >= number ? true : nil } }

        func sync() throws(FileError) {
            gate.withLock { $0.begun += 1 }
            gate.signal()
            let failure = gate.wait { gate -> FileError?? in
                guard gate.allowed > 0 else { return nil }
                gate.allowed -= 1
                return .some(gate.failure)
            }
            if let failure = failure ?? nil { throw failure }
        }

        func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(FileError) -> Int { 0 }
        func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(FileError) {}
        func reserve(_ size: UInt64) throws(FileError) {}
        func truncate(to size: UInt64) throws(FileError) {}
        func size() throws(FileError) -> UInt64 { 0 }
        func lock() throws(FileError) -> Bool { true }
    }

    private let horizon = Horizon(LedgerPosition(nextIndex: 0, segment: 0, offset: 0))
    private let file = GatedFile()

    private func request(
        _ index: UInt64, _ afterwards: (@Sendable () throws(FileError) -> Void)? = nil
    ) -> Syncer.Request {
        Syncer.Request(
            file: file, position: LedgerPosition(nextIndex: index, segment: 0, offset: index), afterwards: afterwards)
    }

    @Test func theHorizonMovesWhenASyncHasReturned() throws {
        let syncer = Syncer(horizon) {}
        let thread = Worker { syncer.run() }
        syncer.request(request(5))
        file.waitForSync(1)
        #expect(horizon.position.nextIndex == 0)
        file.allow()
        try syncer.drain()
        #expect(horizon.position.nextIndex == 5)
        syncer.stop()
        thread.join()
    }

    @Test func requestsThatComeDuringASyncAreAnsweredTogether() throws {
        let syncer = Syncer(horizon) {}
        let thread = Worker { syncer.run() }
        syncer.request(request(1))
        file.waitForSync(1)
        let stored = Mutex<[Int]>([])
        syncer.request(request(2) { () throws(FileError) in stored.withLock { $0.append(2) } })
        // What is to be done after the sync is done, though the request is replaced.
        for index in 3...9 as ClosedRange<UInt64> { syncer.request(request(index)) }
        file.allow(2)
        try syncer.drain()
        #expect(horizon.position.nextIndex == 9)
        #expect(file.gate.withLock { $0.begun } == 2)
        #expect(stored.withLock { $0 } == [2])
        syncer.stop()
        thread.join()
    }

    @Test func whatIsDoneAfterwardsIsDoneBeforeTheHorizonMoves() throws {
        let syncer = Syncer(horizon) {}
        let thread = Worker { syncer.run() }
        let seen = Mutex<UInt64?>(nil)
        syncer.request(
            request(5) { [horizon] () throws(FileError) in seen.withLock { $0 = horizon.position.nextIndex } })
        file.allow()
        try syncer.drain()
        #expect(seen.withLock { $0 } == 0)
        syncer.stop()
        thread.join()
    }

    @Test(arguments: [true, false])
    func afterAFailureNothingIsTriedUntilItIsReset(inSync: Bool) throws {
        let failures = Atomic<Int>(0)
        let syncer = Syncer(horizon) { failures.add(1, ordering: .relaxed) }
        let error = FileError("sync", "/f", code: 5)
        let thread = Worker { syncer.run() }
        if inSync { file.gate.withLock { $0.failure = error } }
        file.allow(10)
        syncer.request(request(5) { () throws(FileError) in if !inSync { throw error } })
        #expect(throws: error) { try syncer.drain() }
        #expect(syncer.failure == error)
        syncer.request(request(6))
        #expect(throws: error) { try syncer.drain() }
        #expect(horizon.position.nextIndex == 0)
        #expect(file.gate.withLock { $0.begun } == 1)
        file.gate.withLock { $0.failure = nil }
        syncer.reset()
        #expect(syncer.failure == nil)
        // What was asked for before is forgotten.
        try syncer.drain()
        #expect(horizon.position.nextIndex == 0)
        syncer.request(request(7))
        try syncer.drain()
        #expect(horizon.position.nextIndex == 7)
        syncer.stop()
        thread.join()
        #expect(failures.load(ordering: .relaxed) == 1)
    }

    @Test func stoppingAnswersWhatWasAskedFirst() {
        let syncer = Syncer(horizon) {}
        syncer.request(request(5))
        syncer.stop()
        file.allow()
        Worker { syncer.run() }.join()
        #expect(horizon.position.nextIndex == 5)
    }
}
