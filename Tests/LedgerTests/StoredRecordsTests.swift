import Testing

@testable import Ledger

@Suite struct StoredRecordsTests {
    @Test func allRecordsAreVisitedInOrderUntilItIsEnough() throws {
        let log = try TestLog()
        let run = try log.run([20, 30, 40])
        let lines = try log.lines(run.access)
        #expect(try TestLog.layout.segmentIndexes(log.system).count > 1)
        for limit in [1, 7, lines.count] {
            #expect(try visit(log, limit: limit) == Array(lines.prefix(limit)))
        }
    }

    @Test func whatIsDamagedIsPassedOverAndCounted() throws {
        let log = try TestLog()
        let run = try log.run([20, 30, 40])
        let lines = try log.lines(run.access)
        let file = try log.system.open(TestLog.layout.segment(0), .update)
        var scan = SegmentScan(file, at: UInt64(SegmentHeader.size), index: 0)
        let first = try #require(try scan.next())
        #expect(try scan.next() != nil, "there is more in the segment")
        try file.write([0xFF, 0xFF, 0xFF, 0xFF], at: UInt64(SegmentHeader.size + BlockHeader.size + 8))
        var missing: UInt64 = 0
        #expect(try visit(log, limit: .max, missing: &missing) == Array(lines[Int(first.nextIndex)...]))
        #expect(missing == first.nextIndex)
    }

    private func visit(_ log: TestLog, limit: Int) throws -> [String] {
        var missing: UInt64 = 0
        return try visit(log, limit: limit, missing: &missing)
    }

    private func visit(_ log: TestLog, limit: Int, missing: inout UInt64) throws -> [String] {
        var lines: [String] = []
        missing = try StoredRecords(TestLog.layout, system: log.system).visit { _, line in
            unsafe lines.append(line.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) })
            return lines.count < limit
        }
        return lines
    }
}
