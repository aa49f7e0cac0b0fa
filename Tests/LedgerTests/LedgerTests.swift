import Batch
import Glibc
import Seal
import Synchronization
import Syslog
import Testing
import Verify

@testable import Ledger

@Suite struct LedgerTests {
    // MARK: - Records

    @Test func recordsAreSealedAndVerify() throws {
        let log = try TestLog()
        let run = try log.run([1, 20, 300])
        let lines = try log.check(run.access)
        let seals = try TestLog.seals(lines)
        #expect(lines.count == 321 + seals.count)
        #expect(seals.map(\.number) == Array(1...UInt64(seals.count)))
        #expect(seals.last?.reason == .stop && seals.last?.size == run.end)
    }

    @Test func anEmptyRunLeavesOneSeal() throws {
        let log = try TestLog()
        let lines = try log.check(try log.run([]).access)
        #expect(try TestLog.seals(lines).map(\.reason) == [.stop])
    }

    @Test func theIdentityGoesWhereTheBatchSaysAndCountsUp() throws {
        let log = try TestLog()
        let lines = try log.lines(try log.run([3]).access)
        let tag = log.key.origin.tag
        for index in 0..<3 {
            #expect(
                lines[index]
                    == "<14>1 2026-11-23T06:15:00.000Z host app 1 ID [waxwing@32473 l=\"\(tag)\" i=\"\(index)\"]"
                    + " record \(index)")
        }
    }

    /// Who handed records on can tell when they are durable.
    @Test func theWriterTellsHowFarItHasTakenRecords() throws {
        let log = try TestLog()
        let queue = BatchQueue(byteLimit: 1 << 20)
        let ledger = try log.open(queue)
        #expect(ledger.signals.takenIndex == 0)
        ledger.start()
        let number = queue.push(TestLog.batch(3))
        while !queue.isFinished(number) { sched_yield() }
        #expect(ledger.signals.takenIndex == 3)
        queue.close()
        ledger.join()
        #expect(ledger.access.horizon.position.nextIndex >= 3)
    }

    @Test func aRecordThatWasCutSaysHowLongItWas() throws {
        let log = try TestLog()
        let queue = BatchQueue(byteLimit: 1 << 20)
        let ledger = try log.open(queue)
        ledger.start()
        queue.push(TestLog.batch(1, originalLength: 70_000))
        queue.close()
        ledger.join()
        let lines = try log.check(ledger.access)
        #expect(lines[0].contains("i=\"0\" trunc=\"70000\"] record 0"))
    }

    @Test func theLongestLinesFitWithTheirIdentity() throws {
        var log = try TestLog()
        log.options.batch = BatchPolicy()
        log.options.segmentBytes = 1 << 20
        let queue = BatchQueue(byteLimit: 1 << 30)
        let ledger = try log.open(queue)
        ledger.start()
        let text = " " + String(repeating: "x", count: Batch.lineLimit - CanonicalEncoder.identityReserve - 61)
        for _ in 0..<40 { queue.push(TestLog.batch(1, text: text, originalLength: .max)) }
        queue.close()
        ledger.join()
        let lines = try log.check(ledger.access)
        #expect(lines.filter { $0.utf8.count > 65_000 }.count == 40)
    }

    @Test func moreRecordsThanABlockHoldsMakeSeveral() throws {
        var log = try TestLog()
        log.options.batch = BatchPolicy(recordLimit: 20_000)
        log.options.segmentBytes = 8 << 20
        let lines = try log.check(try log.run([9000]).access)
        #expect(try TestLog.seals(lines).map(\.size) == [9001])
    }

    // MARK: - Batches

    @Test func aBatchIsClosedWhenItHasItsRecords() throws {
        var log = try TestLog()
        log.options.batch = BatchPolicy(recordLimit: 10)
        let seals = try TestLog.seals(try log.check(try log.run([4, 25, 1]).access))
        #expect(seals.map(\.reason) == [.count, .count, .count, .stop])
        #expect(seals.map(\.size) == [11, 22, 33, 34])
    }

    @Test func aBatchIsClosedWhenItHasItsBytes() throws {
        var log = try TestLog()
        log.options.batch = BatchPolicy(byteLimit: 300)
        let seals = try TestLog.seals(try log.check(try log.run([7]).access))
        // Each line has 96 bytes: the fourth goes over the limit.
        #expect(seals.map(\.reason) == [.bytes, .stop])
        #expect(seals.map(\.from) == [0, 5])
    }

    @Test(arguments: [(0, SealReason.idle), (2, .age)])
    func timeClosesABatch(records: Int, reason: SealReason) throws {
        var log = try TestLog()
        log.options.batch = BatchPolicy(ageMilliseconds: 1, idleMilliseconds: records > 0 ? 3_600_000 : 1)
        log.options.syncInterval = 1
        let queue = BatchQueue(byteLimit: 1 << 20)
        let ledger = try log.open(queue)
        let horizon = ledger.access.horizon
        let grown = Monitor(())
        let observation = horizon.observe { grown.signal() }
        ledger.start()
        queue.push(TestLog.batch(records))
        // The record and its seal, or a seal alone: nothing but time makes it.
        _ = grown.wait { _ in horizon.position.nextIndex > UInt64(records) ? true : nil }
        observation.cancel()
        queue.close()
        ledger.join()
        #expect(try TestLog.seals(try log.check(ledger.access)).first?.reason == reason)
    }

    // MARK: - Segments

    @Test func segmentsAreBegunWhenOneIsLongEnough() throws {
        let log = try TestLog()
        let run = try log.run([400])
        let lines = try log.check(run.access)
        let segments = try TestLog.layout.segmentIndexes(log.system)
        #expect(segments.count > 4 && segments.first == 0)
        for (first, next) in zip(segments, segments.dropFirst()) {
            let bytes = try #require(log.system.contents(TestLog.layout.segment(first)))
            #expect(bytes.count >= Int(log.options.segmentBytes))
            let leaves = try #require(log.system.contents(TestLog.layout.leaves(first)))
            #expect(leaves.count == Int(next - first) * 32)
            let header = try #require(SegmentHeader(Array(bytes.prefix(SegmentHeader.size))))
            #expect(header.firstIndex == first && header.state.frontier.size == first)
        }
        #expect(lines.count > Int(segments.last ?? 0))
    }

    @Test func aSegmentMayEndInTheMiddleOfABatch() throws {
        var log = try TestLog()
        log.options.batch = BatchPolicy()
        log.options.syncInterval = 0
        log.options.segmentBytes = 9000
        let lines = try log.check(log.run(Array(repeating: 9, count: 20)).access)
        #expect(try TestLog.seals(lines).count == 1)
        #expect(try TestLog.layout.segmentIndexes(log.system).count > 1)
        // Every start between reads the newest segment only, in the middle of a batch.
        let again = try log.run([1])
        #expect(try log.check(again.access).starts(with: lines))
    }

    // MARK: - Starts

    @Test func aStartGoesOnWithIndexesAndSeals() throws {
        let log = try TestLog()
        var lines: [String] = []
        for sizes in [[3], [], [40, 1], [200], [7, 8, 9]] {
            let run = try log.run(sizes)
            #expect(run.ledger.tornBytes == 0 && run.ledger.unsealedRecords == 0)
            let all = try log.check(run.access)
            #expect(all.starts(with: lines) && all.count > lines.count)
            lines = all
        }
        let seals = try TestLog.seals(lines)
        #expect(seals.map(\.number) == Array(1...UInt64(seals.count)))
        #expect(!seals.contains { $0.reason == .recover })
    }

    @Test func theTimeOfASealNeverGoesBack() throws {
        let log = try TestLog()
        for _ in 0..<3 { try log.run([9]) }
        let seals = try TestLog.seals(try log.lines(try log.run([1]).access))
        #expect(zip(seals, seals.dropFirst()).allSatisfy { $0.time <= $1.time })
    }

    @Test func joiningTwiceIsJoiningOnce() throws {
        let log = try TestLog()
        let run = try log.run([1])
        run.ledger.join()
        #expect(try log.check(run.access).count == 2)
    }

    // MARK: - Losses

    @Test func lossesAreDeclaredOnce() throws {
        let log = try TestLog()
        try log.run([20], lost: 7)
        try log.run([20])
        let lines = try log.check(try log.run([20], lost: 3).access)
        #expect(try TestLog.seals(lines).map(\.dropped).filter { $0 > 0 } == [7, 3])
    }

    @Test func lossesDuringARunAreAllDeclared() throws {
        let log = try TestLog()
        let queue = BatchQueue(byteLimit: 1 << 20)
        let ledger = try log.open(queue)
        ledger.start()
        for lost in 1...50 as ClosedRange<UInt64> {
            queue.push(TestLog.batch(3))
            queue.noteLost(lost)
        }
        queue.close()
        ledger.join()
        let report = try log.verify(try log.payload(ledger.access))
        #expect(report.dropped == 50 * 51 / 2)
        #expect(log.registry.prometheusText().contains("waxwing_ledger_declared_drops_total 1275\n"))
    }

    // MARK: - Counters

    @Test func theNumbersAreThoseOfTheLedger() throws {
        let log = try TestLog()
        let run = try log.run([200])
        let lines = try log.lines(run.access)
        let seals = try TestLog.seals(lines)
        let text = log.registry.prometheusText()
        for expected in [
            "waxwing_ledger_records_total 200", "waxwing_ledger_seals_total \(seals.count)",
            "waxwing_ledger_sealed_index \(run.end)",
            "waxwing_ledger_sealed_timestamp_seconds \(seals[seals.count - 1].time.milliseconds / 1000)",
            "waxwing_ledger_segments_total \(try TestLog.layout.segmentIndexes(log.system).count - 1)",
        ] { #expect(text.contains(expected + "\n"), "\(expected)") }
    }
}
