import Batch
import Seal
import Testing
import Verify

@testable import Ledger

@Suite struct LedgerExportTests {
    private func export(
        _ log: TestLog, _ format: LedgerExport.Format = .lines, indexes: ClosedRange<UInt64> = 0...UInt64.max,
        times: ClosedRange<UInt64> = 0...UInt64.max
    ) throws -> (bytes: [UInt8], summary: LedgerExport.Summary) {
        var export = LedgerExport(try LedgerArchive(TestLog.directory, system: log.system), format: format)
        var bytes: [UInt8] = []
        let summary = try export.run(indexes: indexes, times: times) { bytes += $0 }
        return (bytes, summary)
    }

    @Test func everyFormatVerifies() throws {
        let log = try LedgerCheckTests.log()
        for format in [LedgerExport.Format.lines, .octetCounted, .ndjson] {
            let (bytes, summary) = try export(log, format)
            let report = try log.verify(bytes)
            #expect(report.outcome == .complete && report.verifiedRecords == summary.records, "\(report.text)")
            #expect(summary.records > 250 && summary.lost.isEmpty)
        }
    }

    @Test func aRangeOfIndexesIsExact() throws {
        let log = try LedgerCheckTests.log()
        let all = String(decoding: try export(log).bytes, as: UTF8.self).split(separator: "\n")
        for (from, to) in [(0, 0), (5, 17), (100, 200), (250, 10_000)] {
            let (bytes, summary) = try export(log, indexes: UInt64(from)...UInt64(to))
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            #expect(lines == Array(all[from..<min(to + 1, all.count)]))
            #expect(summary.records == UInt64(lines.count))
        }
        #expect(try export(log, indexes: 100_000...100_001).summary.records == 0)
    }

    @Test func aRangeOfTimesIsThatOfTheBlocks() throws {
        let clock = KeptLog.TestClock()
        let kept = try KeptLog(RetentionPolicy(), clock: clock)
        var starts: [(index: UInt64, time: UInt64)] = []
        for _ in 0..<6 {
            // A whole batch, so that nothing waits.
            starts.append((kept.ledger.access.horizon.position.nextIndex, clock.now))
            kept.write(56)
            clock.advance(seconds: 100)
        }
        kept.stop()
        let (bytes, summary) = try export(kept.log, times: starts[2].time...starts[3].time)
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        #expect(summary.records >= 2 * 56 && summary.records <= 2 * 64)
        #expect(lines.first?.contains("i=\"\(starts[2].index)\"") == true, "\(lines.first ?? "")")
        #expect(try export(kept.log, times: starts[2].time + 1...starts[3].time - 1).summary.records == 0)
    }

    @Test func whatWasDeletedIsNoDamage() throws {
        let log = try LedgerCheckTests.log()
        let firsts = try TestLog.layout.segmentIndexes(log.system)
        var deleted = DeletedRecords()
        deleted.text.insert(0..<firsts[1])
        try deleted.store(TestLog.layout, log.system)
        try log.system.remove(TestLog.layout.compressedSegment(0))
        let summary = try export(log).summary
        #expect(summary.lost.isEmpty && summary.deleted == [0..<firsts[1]])
        #expect(try export(log, indexes: firsts[1]...UInt64.max).summary.deleted.isEmpty)
    }

    @Test func whatIsDamagedIsLeftOutAndSaid() throws {
        let log = try LedgerCheckTests.log()
        let first = try TestLog.layout.segmentIndexes(log.system)[2]
        log.system.damage(TestLog.layout.segment(first)) { $0[$0.count - 2000] ^= 1 }
        let gap = try #require(try LedgerCheckTests.check(log).findings.first?.indexes)
        let (bytes, summary) = try export(log)
        #expect(summary.lost == [gap])
        #expect(try log.verify(bytes).outcome == .incomplete)
        #expect(try export(log, indexes: 0...gap.lowerBound - 1).summary.lost.isEmpty)
    }
}
