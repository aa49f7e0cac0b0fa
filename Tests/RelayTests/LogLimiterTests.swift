import Testing

@testable import Relay

@Suite struct LogLimiterTests {
    private static let second: UInt64 = 1_000_000_000

    @Test func aBurstPassesAndThenOneASecond() {
        var limiter = LogLimiter()
        let start = 5 * Self.second
        for _ in 0..<LogLimiter.burst { #expect(limiter.admit(1, at: start) == 0) }
        for _ in 0..<99 { #expect(limiter.admit(1, at: start + Self.second / 2) == nil) }
        #expect(limiter.admit(1, at: start + Self.second) == 99)
        #expect(limiter.admit(1, at: start + Self.second) == nil)
        #expect(limiter.admit(1, at: start + 2 * Self.second) == 1)
    }

    @Test func aPauseEarnsABurstAndNoMore() {
        var limiter = LogLimiter()
        for _ in 0..<100 { _ = limiter.admit(1, at: 0) }
        let admitted = (0..<100).filter { _ in limiter.admit(1, at: 3600 * Self.second) != nil }
        #expect(admitted.count == LogLimiter.burst)
    }

    @Test func kindsDoNotShareALimit() {
        var limiter = LogLimiter()
        for _ in 0..<100 { _ = limiter.admit(1, at: 0) }
        #expect(limiter.admit(2, at: 0) == 0)
    }

    @Test func memoryIsBounded() {
        var limiter = LogLimiter()
        for kind in 0..<10_000 { #expect(limiter.admit(kind, at: 0) == 0) }
    }
}
