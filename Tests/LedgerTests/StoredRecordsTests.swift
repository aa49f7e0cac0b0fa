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

    @Test func whatFollowsDamageInASegmentIsLeftOut() throws {
        let log = try TestLog()
        let run = try log.run([20, 30, 40])
        let lines = try log.lines(run.access)
        let second = Int(try TestLog.layout.segmentIndexes(log.system)[1])
        let file = try log.system.open(TestLog.layout.segment(0), .update)
        try file.write([0xFF, 0xFF, 0xFF, 0xFF], at: UInt64(SegmentHeader.size + BlockHeader.size + 8))
        #expect(try visit(log, limit: .max) == Array(lines[second...]))
    }

    private func visit(_ log: TestLog, limit: Int) throws -> [String] {
        var lines: [String] = []
        try StoredRecords(TestLog.layout, system: log.system).visit { _, line in
            unsafe lines.append(line.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) })
            return lines.count < limit
        }
        return lines
    }
}
