import Testing

@testable import Headscale

@Suite struct AccessLogTallyTests {
    /// The range of each duration is the first whose end is not below it: checked at each end, and beside it.
    @Test func rangesEndAtTheirBounds() {
        let bounds = AccessLogTally.bounds
        for (range, bound) in bounds.indices.map({ ($0, bounds[$0]) }) {
            #expect(AccessLogTally.range(of: bound) == range)
            #expect(AccessLogTally.range(of: bound - 1) == range)
            #expect(AccessLogTally.range(of: bound + 1) == range + 1)
        }
        #expect(AccessLogTally.range(of: 0) == 0 && AccessLogTally.range(of: 1) == 0)
        for power in 0..<64 {
            let value = UInt64(1) << UInt64(power)
            let expected = bounds.indices.first { bounds[$0] >= value } ?? bounds.count
            #expect(AccessLogTally.range(of: value) == expected)
        }
        #expect(AccessLogTally.range(of: .max) == bounds.count)
    }

    @Test func boundsRiseByAboutHalf() {
        let bounds = AccessLogTally.bounds
        for index in bounds.indices.dropFirst() {
            #expect((1.4...1.55).contains(Double(bounds[index]) / Double(bounds[index - 1])))
        }
    }

    @Test func requestsAreCountedByClass() {
        var tally = AccessLogTally()
        #expect(tally.isEmpty)
        for status in [101, 200, 204, 302, 401, 404, 500, 599, 0, 99, 600, -1, .max] {
            tally.note(status: status, elapsedMicroseconds: 1_200, isLongPoll: false)
        }
        #expect(!tally.isEmpty)
        #expect((0..<6).map { tally.requests[$0] } == [5, 1, 2, 1, 2, 2])
        #expect(tally.durations[AccessLogTally.range(of: 1_200)] == 13 && tally.microseconds == 13 * 1_200)
        #expect((0..<6).allSatisfy { tally.longPolls[$0] == 0 })
    }

    /// Their duration is that of a session.
    @Test func longPollsHaveNoDuration() {
        var tally = AccessLogTally()
        tally.note(status: 200, elapsedMicroseconds: 3_600_000_000, isLongPoll: true)
        #expect(!tally.isEmpty && tally.longPolls[2] == 1 && tally.requests[2] == 0 && tally.microseconds == 0)
        #expect(tally.durations.indices.allSatisfy { tally.durations[$0] == 0 })
    }

    /// A line can say anything.
    @Test func oneLineDoesNotSpoilTheSum() {
        var tally = AccessLogTally()
        for _ in 0..<3 { tally.note(status: 200, elapsedMicroseconds: .max, isLongPoll: false) }
        #expect(tally.microseconds == 3 * 3_600_000_000 && tally.durations[37] == 3)
    }
}
