import Batch
import Seal
import Synchronization
import Testing

@testable import Ledger

/// Pulls the plug at every moment there is, and fails each system call in turn.
@Suite struct CrashTests {
    /// Runs the ledger until it ends, in order or because its calls fail. Returns how many records were released, or nil
    /// if it did not even open.
    private func runUntilItEnds(_ log: TestLog, _ sizes: [Int]) -> (released: UInt64, failed: Bool)? {
        let queue = BatchQueue(byteLimit: 1 << 20)
        let failed = Atomic<Bool>(false)
        let opened = try? log.open(queue) { event in
            if case .failed = event { failed.store(true, ordering: .relaxed) }
        }
        guard let ledger = opened else { return nil }
        ledger.start()
        for size in sizes { queue.push(TestLog.batch(size)) }
        queue.close()
        ledger.join()
        return (ledger.access.horizon.position.nextIndex, failed.load(ordering: .relaxed))
    }

    /// Opens what is left, lets it run once more to an orderly end, and checks it against what was stored and released.
    private func checkRecovery(
        of log: TestLog, stored: [String], released: UInt64, leaves: Bool = true, _ comment: String
    ) throws -> [String] {
        let queue = BatchQueue(byteLimit: 1 << 20)
        let ledger = try log.open(queue)
        let recovered = ledger.access.horizon.position.nextIndex
        #expect(recovered >= released, "\(comment): a released record is gone")
        #expect(recovered <= UInt64(stored.count), "\(comment): there is more than was ever written")
        let unsealed = ledger.unsealedRecords
        ledger.start()
        queue.push(TestLog.batch(2))
        queue.close()
        ledger.join()
        let lines = try log.check(ledger.access, comment, leaves: leaves)
        #expect(
            lines.prefix(Int(recovered)).elementsEqual(stored.prefix(Int(recovered))), "\(comment): records changed")
        let next = try TestLog.seals(Array(lines[Int(recovered)...]))
        #expect((next.first?.reason == .recover) == (unsealed > 0), "\(comment): the seal of what was recovered")
        #expect(next.last?.reason == .stop, "\(comment): the seal of an orderly end")
        return lines
    }

    private func randomOptions(_ options: inout LedgerOptions, _ random: inout Seeded) {
        options.batch = BatchPolicy(recordLimit: .random(in: 1...12, using: &random))
        options.syncInterval = Bool.random(using: &random) ? 0 : 50_000_000
        options.syncBytes = .random(in: 1...4000, using: &random)
        options.segmentBytes = .random(in: 8300...14_000, using: &random)
    }

    /// A life of a few runs, each of which ends with a power failure at a random call.
    private func live(seed: UInt64) throws {
        var random = Seeded(seed)
        var log = try TestLog()
        var (released, known): (UInt64, [String]) = (0, [])
        for generation in 0..<Int.random(in: 1...3, using: &random) {
            randomOptions(&log.options, &random)
            log.system.fail(Int.random(in: 0..<120, using: &random)..<Int.max)
            let sizes = (0..<Int.random(in: 0...5, using: &random)).map { _ in Int.random(in: 1...9, using: &random) }
            let outcome = runUntilItEnds(log, sizes)
            log.system.fail(0..<0)
            // A ledger that never came to its folder has nothing stored.
            let stored = (try? TestLog.storedLines(log.system)) ?? []
            let comment = "seed \(seed), generation \(generation)"
            #expect(stored.starts(with: known.prefix(Int(released))), "\(comment): stored records changed")
            released = max(released, outcome?.released ?? 0)
            log = try log.on(log.system.crashed(&random))
            guard Bool.random(using: &random) else {
                known = stored
                continue
            }
            known = try checkRecovery(of: log, stored: stored, released: released, comment)
            released = UInt64(known.count)
        }
        let stored = (try? TestLog.storedLines(log.system)) ?? []
        _ = try checkRecovery(of: log, stored: stored, released: released, "seed \(seed), end")
    }

    @Test(arguments: 0..<12 as Range<UInt64>)
    func whatWasReleasedSurvivesEveryCrash(hundred: UInt64) throws {
        for seed in hundred * 100..<(hundred + 1) * 100 { try live(seed: seed) }
    }

    // MARK: - Every call

    private static let sizes = [9, 3, 30, 8]

    /// As many calls as the run below makes, and a few more.
    private static let calls = 0..<160

    private func logWithPast() throws -> TestLog {
        var log = try TestLog()
        log.options.syncInterval = 0
        log.options.segmentBytes = 10_000
        try log.run([5])
        return log
    }

    /// One call fails; the relay is started again on the same machine. Which calls there are depends on how the threads
    /// take turns, so it goes on until the run ends before the call comes.
    @Test func eachCallThatFailsLosesNothingThatWasReleased() throws {
        var operations: Set<Substring> = []
        var (call, isReached) = (0, true)
        while isReached, call < 10 * Self.calls.upperBound {
            let log = try logWithPast()
            log.system.fail(call..<call + 1)
            let first = log.system.callCount
            let outcome = runUntilItEnds(log, Self.sizes)
            log.system.fail(0..<0)
            let failed = log.system.state.withLock { state in
                state.trace.count > first + call ? state.trace[first + call].prefix { $0 != " " } : nil
            }
            isReached = failed != nil
            if let failed { operations.insert(failed) }
            let stored = try TestLog.storedLines(log.system)
            _ = try checkRecovery(of: log, stored: stored, released: outcome?.released ?? 0, "call \(call)")
            call += 1
        }
        #expect(
            operations.isSuperset(of: [
                "open", "list", "read", "write", "sync", "rename", "truncate", "reserve", "lock",
            ]))
    }

    /// One call fails, and then the power goes before anything else was synced.
    @Test func eachCallThatFailsBeforeACrashLosesNothingThatWasReleased() throws {
        for call in Self.calls {
            let log = try logWithPast()
            log.system.fail(call..<call + 1)
            let outcome = runUntilItEnds(log, Self.sizes)
            log.system.fail(0..<0)
            let stored = try TestLog.storedLines(log.system)
            // The sync of leaf hashes may be what failed; those can be made anew (`waxwing ledger repair`).
            _ = try checkRecovery(
                of: log.on(log.system.crashed()), stored: stored, released: outcome?.released ?? 0, leaves: false,
                "call \(call)")
        }
    }

    /// A call that fails while the ledger runs is reported, and nothing is released behind it.
    @Test func aFailureIsReported() throws {
        var reported = 0
        for call in Self.calls {
            let log = try logWithPast()
            log.system.fail(call..<Int.max)
            guard let outcome = runUntilItEnds(log, Self.sizes) else { continue }
            log.system.fail(0..<0)
            let durable = try TestLog.storedLines(log.on(log.system.crashed()).system)
            #expect(outcome.released <= UInt64(durable.count), "call \(call)")
            if outcome.failed { reported += 1 }
        }
        #expect(reported > 20)
    }

    // MARK: - Torn tails

    /// Whatever length the newest segment is cut to, the whole blocks in it count and the rest goes.
    @Test func aTornTailIsCutOff() throws {
        let log = try TestLog()
        try log.run([20])
        let path = TestLog.layout.segment(0)
        let whole = try #require(log.system.contents(path))
        let stored = try TestLog.storedLines(log.system)
        for length in stride(from: SegmentHeader.size, through: whole.count, by: 11) {
            let torn = try log.on(log.system.crashed())
            torn.system.damage(path) { $0 = Array(whole[..<length]) }
            // As if the plug was pulled before any of it was known to be durable.
            try torn.system.remove(TestLog.layout.durable)
            let left = try TestLog.storedLines(torn.system)
            let opened = try torn.open(BatchQueue(byteLimit: 1))
            #expect(opened.access.horizon.position.nextIndex == UInt64(left.count))
            #expect(opened.tornBytes == UInt64(length) - opened.access.horizon.position.offset)
            #expect(torn.system.contents(path)?.count == Int(opened.access.horizon.position.offset))
        }
        _ = try checkRecovery(of: log, stored: stored, released: UInt64(stored.count), "whole")
    }

    @Test func recordsWithoutASealAreSealedAtTheStart() throws {
        var log = try TestLog()
        log.options.batch = BatchPolicy()
        log.options.syncInterval = 0
        let queue = BatchQueue(byteLimit: 1 << 20)
        let ledger = try log.open(queue) { _ in }
        let horizon = ledger.access.horizon
        let grown = Monitor(())
        let observation = horizon.observe { grown.signal() }
        ledger.start()
        queue.push(TestLog.batch(7))
        _ = grown.wait { _ in horizon.position.nextIndex == 7 ? true : nil }
        observation.cancel()
        // The power goes here; what the old process does from now on is on no disk.
        let after = try log.on(log.system.crashed())
        queue.close()
        ledger.join()
        let again = try after.run([])
        #expect(again.ledger.unsealedRecords == 7)
        let seals = try TestLog.seals(try after.check(again.access))
        #expect(seals.map(\.reason) == [.recover, .stop])
        #expect(seals.map(\.size) == [8, 9])
    }

    @Test func recordsOfOtherRelaysAreRecoveredWithAllTheirIdentities() throws {
        var log = try TestLog()
        log.options.batch = BatchPolicy()
        let queue = BatchQueue(byteLimit: 1 << 20)
        let ledger = try log.open(queue)
        ledger.start()
        queue.push(TestLog.batch(3, identity: #"[waxwing@1 l="0a0b0c0d" i="7"]"#, relay: 2))
        queue.close()
        ledger.join()
        let lines = try log.check(ledger.access)
        #expect(
            lines[2].contains(#" [waxwing@1 l="0a0b0c0d" i="7"][waxwing-2@32473 l="\#(log.key.origin.tag)" i="2"] "#))
        // What a crash leaves if the seal was not yet written: the records are hashed again.
        let torn = try log.on(log.system.crashed())
        try torn.system.remove(TestLog.layout.durable)
        torn.system.damage(TestLog.layout.segment(0)) { bytes in
            let block = unsafe bytes.withUnsafeBytes {
                unsafe BlockHeader(UnsafeRawBufferPointer(rebasing: $0[SegmentHeader.size...]))
            }
            bytes = Array(bytes[..<(SegmentHeader.size + BlockHeader.size + (block?.payloadLength ?? 0))])
        }
        #expect(try torn.check(torn.run([1]).access).starts(with: lines.prefix(3)))
    }

    @Test func aSegmentThatNeverGotItsNameIsRemoved() throws {
        let log = try TestLog()
        try log.run([3])
        let unfinished = TestLog.layout.segment(99) + ".new"
        _ = try log.system.open(unfinished, .create)
        try log.run([3])
        #expect(!log.system.exists(unfinished))
    }

    @Test func leafHashesAreMadeAnewFromTheRecords() throws {
        let log = try TestLog()
        try log.run([9])
        for damage in [{ $0 = [] }, { $0[5] ^= 1 }, { $0 += [1, 2, 3] }] as [(inout [UInt8]) -> Void] {
            log.system.damage(TestLog.layout.leaves(0), damage)
            try log.check(try log.run([1]).access)
        }
    }
}
