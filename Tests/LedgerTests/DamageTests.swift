import Batch
import Seal
import Synchronization
import Testing
import Verify

@testable import Ledger

/// Damages what lies on the disk and starts again: the start succeeds, goes on in the same tree, gives no index twice, and
/// says in the log what is gone.
@Suite struct DamageTests {
    /// A log that came to an orderly end, with a few segments.
    private func logWithPast() throws -> (log: TestLog, lines: [String]) {
        let log = try TestLog()
        let run = try log.run([100, 40])
        return (log, try log.check(run.access))
    }

    private struct Start {
        var lines: [String]
        var lost: [LostRecords]
    }

    /// Starts the ledger, gives it three more records, and checks all that can be read against `known`, which is what it
    /// held before: every index once, nothing altered, and what is missing is declared, no more and no less.
    @discardableResult
    private func start(_ log: TestLog, known: [String], _ comment: String) throws -> Start {
        let queue = BatchQueue(byteLimit: 1 << 20)
        let events = Mutex<[LostRecords]>([])
        let ledger = try log.open(queue) { event in
            if case .lost(let lost) = event { events.withLock { $0.append(lost) } } else { Issue.record("\(event)") }
        }
        #expect(ledger.access.horizon.position.nextIndex == UInt64(known.count), "\(comment): where it goes on")
        ledger.start()
        queue.push(TestLog.batch(3))
        queue.close()
        ledger.join()

        var missing: [Range<UInt64>] = []
        var reader = try ledger.access.makeReader(from: 0) { missing.append($0.indexes) }
        var payload: [UInt8] = []
        while let block = try reader.peek() {
            var bytes = [UInt8](repeating: 0, count: BlockHeader.size + block.payloadLength)
            var range = 0..<0
            try unsafe bytes.withUnsafeMutableBytes { range = unsafe try reader.read(block, into: $0) }
            payload += bytes[range]
        }
        let lines = TestLog.lines(payload)
        let lost = events.withLock { $0 }
        let gone = missing.flatMap { Array($0) }
        #expect(Set(lost.flatMap { Array($0.indexes) }) == Set(gone), "\(comment): what is declared is what is gone")
        #expect(UInt64(lines.count + gone.count) == ledger.access.horizon.position.nextIndex, "\(comment)")
        let kept = known.indices.filter { !gone.contains(UInt64($0)) }.map { known[$0] }
        #expect(lines.starts(with: kept), "\(comment): what is left is as it was")
        for range in lost.map(\.indexes) {
            let element =
                "[waxwing-loss@32473 from=\"\(range.lowerBound)\" n=\"\(range.count)\" reason=\"damage\"]"
            #expect(lines.contains { $0.contains(element) }, "\(comment): \(element)")
        }
        let report = try log.verify(payload)
        #expect(report.outcome == (gone.isEmpty ? .complete : .incomplete), "\(comment): \(report.text)")
        return Start(lines: lines, lost: lost)
    }

    /// The same twice: the second start finds nothing that is lost until somebody reads.
    private func startTwice(_ log: TestLog, known: [String], _ comment: String) throws -> Start {
        let first = try start(log, known: known, comment)
        let queue = BatchQueue(byteLimit: 1 << 20)
        let events = Atomic<Int>(0)
        let ledger = try log.open(queue) { _ in events.add(1, ordering: .relaxed) }
        ledger.start()
        queue.push(TestLog.batch(2))
        queue.close()
        ledger.join()
        #expect(events.load(ordering: .relaxed) == 0, "\(comment), again")
        #expect(try log.lines(ledger.access).starts(with: first.lines), "\(comment), again")
        return first
    }

    private func newest(_ log: TestLog) throws -> UInt64 {
        try #require(try TestLog.layout.segmentIndexes(log.system).last)
    }

    // MARK: - The newest segment

    /// One bit, anywhere.
    @Test func aFlippedBitCostsItsBlock() throws {
        let (log, known) = try logWithPast()
        let path = TestLog.layout.segment(try newest(log))
        let size = try #require(log.system.contents(path)?.count)
        var total = 0
        for offset in Array(stride(from: 3, to: SegmentHeader.size, by: 700))
            + Array(stride(from: SegmentHeader.size, to: size, by: 97))
        {
            let damaged = try log.on(log.system.crashed())
            damaged.system.damage(path) { $0[offset] ^= 1 << UInt8(offset % 8) }
            let found = try startTwice(damaged, known: known, "bit at \(offset)")
            let count = found.lost.reduce(0) { $0 + $1.indexes.count }
            #expect(count <= 20, "a block has a batch of 8 records and its seal at most, or two")
            total += count
        }
        #expect(total > 0)
    }

    @Test func aTruncatedSegmentCostsWhatWasCut() throws {
        let (log, known) = try logWithPast()
        let path = TestLog.layout.segment(try newest(log))
        let size = try #require(log.system.contents(path)?.count)
        for length in [0, 1, 100] + Array(stride(from: SegmentHeader.size, to: size, by: 311)) {
            let damaged = try log.on(log.system.crashed())
            damaged.system.damage(path) { $0.removeLast($0.count - length) }
            let found = try startTwice(damaged, known: known, "cut to \(length)")
            #expect(!found.lost.isEmpty)
        }
    }

    @Test func aZeroedSegmentIsSetAside() throws {
        let (log, known) = try logWithPast()
        let first = try newest(log)
        log.system.damage(TestLog.layout.segment(first)) { $0 = [UInt8](repeating: 0, count: $0.count) }
        let found = try startTwice(log, known: known, "zeros")
        #expect(found.lost.map(\.indexes) == [first..<UInt64(known.count)])
        // It stays under its name: its first index is not that of the segment that was begun.
        #expect(log.system.exists(TestLog.layout.segment(first)))
    }

    @Test(arguments: [1, 2, 99])
    func segmentsThatAreGoneAreDeclared(count: Int) throws {
        let (log, known) = try logWithPast()
        let segments = try TestLog.layout.segmentIndexes(log.system)
        for first in segments.suffix(count) { try log.system.remove(TestLog.layout.segment(first)) }
        let from = count < segments.count ? segments[segments.count - count] : 0
        let found = try startTwice(log, known: known, "\(count) gone")
        #expect(found.lost.map(\.indexes) == [from..<UInt64(known.count)])
    }

    /// A segment in which nothing was durable yet has the name of the one that is begun in its place.
    @Test func whatIsSetAsideReplacesNothing() throws {
        let (log, layout) = (try logWithPast().log, TestLog.layout)
        try log.system.makeDirectory(layout.damaged)
        let place = "\(layout.damaged)/00000000000000000000.segment"
        #expect(layout.unusedDamaged(layout.segment(0), log.system) == place)
        _ = try log.system.open(place, .create)
        #expect(layout.unusedDamaged(layout.segment(0), log.system) == place + ".2")
    }

    @Test func anEmptySegmentWithADamagedHeaderMakesWay() throws {
        var log = try TestLog()
        log.options.segmentBytes = 8300
        let known = try log.check(try log.run([9]).access)
        let first = try newest(log)
        #expect(first == UInt64(known.count))
        log.system.damage(TestLog.layout.segment(first)) { $0[50] ^= 1 }
        let found = try startTwice(log, known: known, "empty")
        #expect(found.lost.isEmpty)
        #expect(log.system.exists("\(TestLog.layout.damaged)/\(Layout.name(first)).segment"))
        #expect(log.system.exists("\(TestLog.layout.damaged)/\(Layout.name(first)).leaves"))
    }

    // MARK: - The mark

    @Test func oneSlotOfTheMarkIsEnough() throws {
        for slot in [0, 8192] {
            let (log, known) = try logWithPast()
            log.system.damage(TestLog.layout.durable) { if $0.count > slot + 30 { $0[slot + 30] ^= 1 } }
            try start(log, known: known, "slot at \(slot)")
        }
    }

    @Test func withoutTheMarkTheRecordsAreEnough() throws {
        let (log, known) = try logWithPast()
        try log.system.remove(TestLog.layout.durable)
        _ = try startTwice(log, known: known, "no mark")
    }

    // MARK: - Older segments

    /// What is damaged before the newest segment is found by who reads it, and declared once, whoever reads it again.
    @Test func damageThatAReaderFindsIsDeclaredOnce() throws {
        let (log, known) = try logWithPast()
        log.system.damage(TestLog.layout.segment(0)) { $0[SegmentHeader.size + 60] ^= 1 }
        let queue = BatchQueue(byteLimit: 1 << 20)
        let lost = Mutex<[LostRecords]>([])
        let ledger = try log.open(queue) { event in
            if case .lost(let records) = event { lost.withLock { $0.append(records) } }
        }
        ledger.start()
        for _ in 0..<3 { _ = try log.lines(ledger.access) }
        queue.close()
        ledger.join()
        #expect(lost.withLock { $0 }.count == 1)
        let range = try #require(lost.withLock { $0 }.first?.indexes)
        #expect(range.lowerBound == 0 && range.upperBound <= 9)
        let lines = try log.lines(ledger.access)
        #expect(lines.count(where: { $0.contains("[waxwing-loss@32473 from=\"0\" ") }) == 1)
        #expect(lines.starts(with: known.dropFirst(range.count)))
        #expect(log.registry.prometheusText().contains("waxwing_ledger_lost_records_total \(range.count)\n"))
    }
}
