import Batch
@testable import Ledger
import Seal
import Synchronization
import Testing
import Verify

/// Pulls the plug at random moments, and fails each system call in turn.
@Suite struct CrashTests {
    @Test(arguments: 0..<300 as Range<UInt64>)
    func whatWasReleasedSurvivesACrash(seed: UInt64) throws {
        var random = Seeded(seed)
        var log = try TestLog()
        var released: [String] = []
        for _ in 0..<4 {
            let queue = BatchQueue(byteLimit: 1 << 20)
            let ledger = try log.open(queue)
            ledger.start()
            for _ in 0..<Int.random(in: 0...6, using: &random) { queue.push(TestLog.batch(.random(in: 1...30, using: &random))) }
            let isStopped = Bool.random(using: &random)
            if isStopped {
                queue.close()
                ledger.join()
            }
            let durable = try log.lines(from: 0, ledger.access)
            // The plug is pulled while the ledger may be at work.
            let crashed = log.system.crashed { Bool.random(using: &random) ? .random(in: 0...$0, using: &random) : $0 }
            if !isStopped {
                queue.close()
                ledger.join()
            }
            #expect(Array(durable.prefix(released.count)) == released, "seed \(seed)")
            released = durable
            log = try TestLog(system: crashed, key: log.key)
        }
        try log.run([1])
        let report = try log.verify()
        #expect(report.outcome == .complete, "seed \(seed): \(report.text)")
        #expect(report.verifiedRecords >= UInt64(released.count), "seed \(seed)")
    }

    @Test(arguments: 0..<120)
    func eachFailingCallLosesNothingThatWasReleased(call: Int) throws {
        let log = try TestLog()
        try log.run([5])
        let before = try log.verify().verifiedRecords
        let failed = Mutex(false)
        log.system.state.withLock { state in
            state.calls = 0
            state.failingCall = call
        }
        do {
            let queue = BatchQueue(byteLimit: 1 << 20)
            let ledger = try log.open(queue) { _ in failed.withLock { $0 = true } }
            ledger.start()
            for _ in 0..<12 { queue.push(TestLog.batch(25)) }
            queue.close()
            ledger.join()
            let released = ledger.access.horizon.position.nextIndex
            log.system.state.withLock { $0.failingCall = nil }
            let again = try TestLog(system: log.system.crashed { _ in 0 }, key: log.key)
            let end = try again.run([1])
            #expect(end > released)
            #expect(try again.verify().outcome == .complete, "call \(call)")
        } catch is FileError, is LedgerError {
            log.system.state.withLock { $0.failingCall = nil }
            try log.run([1])
            #expect(try log.verify().verifiedRecords > before)
        }
    }
}
