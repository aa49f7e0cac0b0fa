import Testing

@testable import HeadscaleServer

@Suite struct LogSilenceTests {
    /// A silence that has seen a record every `gap` seconds, `count` times, and when the last one came.
    private func following(gap: Int64, count: Int) -> (silence: LogSilence, last: Int64) {
        var silence = LogSilence()
        silence.restart(at: 0)
        var last: Int64 = 0
        for number in 0...count {
            last = Int64(number) * gap
            #expect(silence.tick(lastRecord: last, isUp: true, at: last) == nil)
        }
        return (silence, last)
    }

    @Test(arguments: [(1, 300), (10, 300), (60, 300), (70, 350), (600, 3_000)] as [(Int64, Int64)])
    func theLimitIsFiveUsualGaps(gap: Int64, limit: Int64) {
        var (silence, last) = following(gap: gap, count: 100)
        #expect(silence.limit == limit)
        #expect(silence.tick(lastRecord: last, isUp: true, at: last + limit) == nil)
        #expect(
            silence.tick(lastRecord: last, isUp: true, at: last + limit + 1)
                == .began(seconds: limit + 1, limit: limit))
    }

    @Test func withFewGapsNothingIsKnown() {
        var (silence, last) = following(gap: 20, count: 7)
        #expect(silence.limit == nil)
        #expect(silence.tick(lastRecord: last, isUp: true, at: last + 1_000_000) == nil)
        var never = LogSilence()
        #expect(never.tick(lastRecord: nil, isUp: true, at: 1_000_000) == nil)
    }

    /// Many lines at once are one sign of life.
    @Test func burstsAreNotChatter() {
        var silence = LogSilence()
        for burst in 0..<20 {
            for line in 0..<9 {
                let time = Int64(burst) * 1_200 + Int64(line)
                _ = silence.tick(lastRecord: time, isUp: true, at: time)
            }
        }
        #expect(silence.limit == 6_000)
    }

    @Test func aServerThatIsDownMaySilent() {
        var (silence, last) = following(gap: 10, count: 20)
        #expect(silence.tick(lastRecord: last, isUp: false, at: last + 10_000) == nil)
        silence.restart(at: last + 10_000)
        #expect(silence.tick(lastRecord: last, isUp: true, at: last + 10_300) == nil)
        #expect(
            silence.tick(lastRecord: last, isUp: true, at: last + 10_301) == .began(seconds: 10_301, limit: 300))
    }

    /// And the silence itself is no usual gap.
    @Test func itEndsWithTheNextRecord() {
        var (silence, last) = following(gap: 10, count: 20)
        _ = silence.tick(lastRecord: last, isUp: true, at: last + 400)
        #expect(silence.isSilent)
        #expect(silence.tick(lastRecord: last + 500, isUp: true, at: last + 505) == .ended(seconds: 500))
        #expect(!silence.isSilent && silence.limit == 300)
    }

    @Test func theLimitFollowsTheLastGaps() {
        var (silence, last) = following(gap: 10, count: 100)
        for _ in 0..<LogSilence.gapLimit {
            last += 200
            _ = silence.tick(lastRecord: last, isUp: false, at: last)
        }
        #expect(silence.limit == 1_000)
    }
}
