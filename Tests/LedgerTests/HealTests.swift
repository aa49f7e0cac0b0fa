import Batch
import Seal
import Synchronization
import Testing

@testable import Ledger

/// Fails system calls while the ledger runs: it has to go on as soon as they work again, and to lose nothing.
@Suite struct HealTests {
    private struct Outcome {
        var lines: [String]
        var degraded: Int
        var restored: Int
    }

    /// Runs a ledger over `sizes` while `calls`, counted from its start, fail, with a reader that follows it. Returns
    /// what the reader got.
    private func run(_ log: TestLog, _ sizes: [Int], failing calls: Range<Int>) throws -> Outcome {
        let queue = BatchQueue(byteLimit: 1 << 20)
        let events = Mutex((degraded: 0, restored: 0))
        let ledger = try log.open(queue) { event in
            switch event {
            case .degraded: events.withLock { $0.degraded += 1 }
            case .restored: events.withLock { $0.restored += 1 }
            case .lost, .failed: Issue.record("\(event)")
            }
        }
        let horizon = ledger.access.horizon
        let grown = Monitor(())
        let observation = horizon.observe { grown.signal() }
        var reader = try ledger.access.makeReader(from: 0) { Issue.record("lost \($0)") }
        log.system.fail(calls)
        ledger.start()
        for size in sizes { queue.push(TestLog.batch(size)) }
        var outcome = Outcome(lines: [], degraded: 0, restored: 0)
        let expected = sizes.reduce(0, +)
        while outcome.lines.count(where: { !$0.hasPrefix("<110>") }) < expected {
            let next = reader.nextIndex
            _ = grown.wait { _ in horizon.position.nextIndex > next ? true : nil }
            outcome.lines += try Self.lines(&reader)
        }
        observation.cancel()
        log.system.fail(0..<0)
        queue.close()
        ledger.join()
        outcome.lines += try Self.lines(&reader)
        events.withLock { (outcome.degraded, outcome.restored) = $0 }
        #expect(try log.check(ledger.access) == outcome.lines)
        return outcome
    }

    /// The reader's calls may be those that fail: it is asked again.
    private static func lines(_ reader: inout LedgerReader) throws -> [String] {
        var lines: [String] = []
        var failures = 0
        while true {
            do {
                guard let block = try reader.peek() else { return lines }
                var bytes = [UInt8](repeating: 0, count: BlockHeader.size + block.payloadLength)
                var range = 0..<0
                try unsafe bytes.withUnsafeMutableBytes { range = unsafe try reader.read(block, into: $0) }
                lines += TestLog.lines(Array(bytes[range]))
            } catch  where failures < 1000 {
                failures += 1
            }
        }
    }

    private func log() throws -> TestLog {
        var log = try TestLog()
        log.options.syncInterval = 0
        log.options.syncBytes = 600
        log.options.segmentBytes = 10_000
        return log
    }

    private static let sizes = [9, 3, 30, 8, 40, 1]

    /// Each call in turn, alone and with those that come after it.
    @Test(arguments: [1, 2, 3, 8, 30])
    func everyFailureIsHealedAndNothingIsLost(width: Int) throws {
        var (healed, operations): (Int, Set<Substring>) = (0, [])
        for call in 0..<150 {
            let log = try log()
            let before = log.system.callCount
            let outcome = try run(log, Self.sizes, failing: call..<call + width)
            #expect(outcome.degraded >= outcome.restored, "call \(call)")
            let records = outcome.lines.filter { !$0.hasPrefix("<110>") }
            #expect(records.count == Self.sizes.reduce(0, +), "call \(call)")
            healed += outcome.restored > 0 ? 1 : 0
            let trace = log.system.state.withLock { $0.trace }
            if outcome.restored > 0, width == 1, trace.count > before + call {
                operations.insert(trace[before + call].prefix { $0 != " " })
            }
            // What was released is there after the power has gone.
            let after = try log.on(log.system.crashed())
            #expect(try TestLog.storedLines(after.system).starts(with: outcome.lines), "call \(call)")
            // Not so the leaf hashes beside it, whose sync may be what failed.
            #expect(try after.check(after.run([2]).access, leaves: false).starts(with: outcome.lines), "call \(call)")
        }
        #expect(healed > 40)
        if width == 1 { #expect(operations.isSuperset(of: ["write", "sync"])) }
    }

    /// As long as the disk is full the ledger holds what it has, and takes nothing more.
    @Test func whileNothingCanBeWrittenNothingIsTaken() throws {
        var log = try log()
        log.options.retryPause = 1_000_000...1_000_000
        let queue = BatchQueue(byteLimit: 1 << 20)
        let degraded = Monitor(false)
        let ledger = try log.open(queue) { event in
            degraded.withLock { state in
                if case .degraded = event { state = true }
                if case .restored = event { state = false }
            }
            degraded.signal()
        }
        ledger.start()
        queue.push(TestLog.batch(5))
        let horizon = ledger.access.horizon
        _ = degraded.wait(until: Clock.monotonic() + 1_000_000) { $0 ? true : nil }
        log.system.fail(0..<Int.max)
        queue.push(TestLog.batch(5))
        _ = degraded.wait { $0 ? true : nil }
        #expect(log.registry.prometheusText().contains("waxwing_ledger_degraded 1\n"))
        let durable = horizon.position
        for _ in 0..<3 { queue.push(TestLog.batch(4)) }
        let waiting = queue.byteCount
        #expect(waiting > 0)
        #expect(horizon.position == durable)
        log.system.fail(0..<0)
        _ = degraded.wait { $0 ? nil : true }
        queue.close()
        ledger.join()
        #expect(try log.check(ledger.access).count(where: { !$0.hasPrefix("<110>") }) == 22)
        #expect(log.registry.prometheusText().contains("waxwing_ledger_degraded 0\n"))
    }

    /// At the end one more try is made, and what could not be kept is a failure.
    @Test func anEndWithADeadDiskIsAFailure() throws {
        let log = try log()
        let queue = BatchQueue(byteLimit: 1 << 20)
        let failure = Mutex<FileError?>(nil)
        let ledger = try log.open(queue) { event in
            if case .failed(let error) = event { failure.withLock { $0 = error as? FileError } }
        }
        log.system.fail(0..<Int.max)
        ledger.start()
        queue.push(TestLog.batch(5))
        queue.close()
        ledger.join()
        #expect(failure.withLock { $0?.code } == 5)
        #expect(ledger.access.horizon.position.nextIndex == 0)
    }
}
