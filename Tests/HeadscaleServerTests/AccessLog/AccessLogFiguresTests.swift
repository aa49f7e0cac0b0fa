import Headscale
import Telemetry
import Testing

@testable import HeadscaleServer

@Suite struct AccessLogFiguresTests {
    private let registry = MetricsRegistry()

    private func samples(_ name: String) -> [String] {
        registry.prometheusText().split(separator: "\n").map(String.init).filter {
            $0.hasPrefix("waxwing_headscale_\(name)") && !$0.hasPrefix("#")
        }
    }

    @Test func talliesAddUp() {
        let figures = AccessLogFigures(registry) { 0 }
        var tally = AccessLogTally()
        for _ in 0..<2 {
            tally.note(status: 200, elapsedMicroseconds: 1_100, isLongPoll: false)
            tally.note(status: 404, elapsedMicroseconds: 150_000_000, isLongPoll: false)
            tally.note(status: 200, elapsedMicroseconds: 5_000_000, isLongPoll: true)
            figures.take(&tally)
            #expect(tally.isEmpty)
            figures.take(&tally)
        }
        #expect(
            samples("requests_total{class=\"2xx\",kind=\"request\"}") == [
                "waxwing_headscale_requests_total{class=\"2xx\",kind=\"request\"} 2"
            ])
        #expect(samples("requests_total{class=\"2xx\",kind=\"long_poll\"}").first?.hasSuffix(" 2") == true)
        #expect(samples("requests_total{class=\"5xx\",kind=\"request\"}").first?.hasSuffix(" 0") == true)
        #expect(samples("request_duration_seconds_count") == ["waxwing_headscale_request_duration_seconds_count 4"])
        #expect(samples("request_duration_seconds_sum") == ["waxwing_headscale_request_duration_seconds_sum 300.0022"])
        #expect(samples("request_duration_seconds_bucket{le=\"0.001\"}").first?.hasSuffix(" 0") == true)
        #expect(samples("request_duration_seconds_bucket{le=\"0.0015\"}").first?.hasSuffix(" 2") == true)
        #expect(samples("request_duration_seconds_bucket{le=\"100.0\"}").first?.hasSuffix(" 2") == true)
        #expect(samples("request_duration_seconds_bucket{le=\"+Inf\"}").first?.hasSuffix(" 4") == true)
    }

    /// A server that writes no access log is not one without requests.
    @Test func withoutAnAccessLogThereIsNoRate() {
        let figures = AccessLogFigures(registry) { 30_000_000_000 }
        figures.sample(at: 0)
        for name in ["request_rate", "error_ratio", "request_latency_seconds"] { #expect(samples(name).isEmpty) }
        var tally = AccessLogTally()
        for number in 0..<60 {
            tally.note(status: number < 3 ? 500 : 200, elapsedMicroseconds: 1_500, isLongPoll: false)
        }
        figures.take(&tally)
        #expect(samples("request_rate") == ["waxwing_headscale_request_rate 2.0"])
        #expect(samples("error_ratio{class=\"5xx\"}") == ["waxwing_headscale_error_ratio{class=\"5xx\"} 0.05"])
        #expect(samples("error_ratio{class=\"4xx\"}") == ["waxwing_headscale_error_ratio{class=\"4xx\"} 0.0"])
        #expect(samples("request_latency_seconds").count == 3)
    }
}

@Suite struct AccessLogWindowTests {
    private static let second: UInt64 = 1_000_000_000
    private static let bounds: [UInt64] = [10, 100, 1_000]

    private func totals(_ requests: UInt64, errors: UInt64 = 0, durations: [UInt64] = [0, 0, 0, 0])
        -> AccessLogWindow.Totals
    {
        AccessLogWindow.Totals(requests: [0, 0, requests, 0, 0, errors], durations: durations)
    }

    @Test func onlyTheLastTenMinutesCount() throws {
        var window = AccessLogWindow()
        // One request a second for 20 minutes, then two.
        for step in 0...80 { window.add(totals(UInt64(step) * 15), at: UInt64(step) * 15 * Self.second) }
        for step in 1...20 {
            window.add(totals(1_200 + UInt64(step) * 30), at: (1_200 + UInt64(step) * 15) * Self.second)
        }
        let half = try #require(window.figures(totals(1_800), at: 1_500 * Self.second, bounds: Self.bounds))
        #expect(half.rate == 1.5)
        for step in 21...40 {
            window.add(totals(1_200 + UInt64(step) * 30), at: (1_200 + UInt64(step) * 15) * Self.second)
        }
        let whole = try #require(window.figures(totals(2_400), at: 1_800 * Self.second, bounds: Self.bounds))
        #expect(whole.rate == 2)
    }

    @Test func withoutRequestsThereAreNoShares() throws {
        var window = AccessLogWindow()
        #expect(window.figures(totals(5), at: 0, bounds: Self.bounds) == nil)
        window.add(totals(5), at: 0)
        let idle = try #require(window.figures(totals(5), at: Self.second, bounds: Self.bounds))
        #expect(idle.rate == 0 && idle.serverErrors == nil && idle.latency(0.5) == nil)
        let busy = try #require(
            window.figures(totals(8, errors: 1, durations: [4, 0, 0, 0]), at: Self.second, bounds: Self.bounds))
        #expect(busy.rate == 4 && busy.serverErrors == 0.25 && busy.clientErrors == 0 && busy.latency(1) == 10)
    }

    // MARK: - Percentiles

    @Test(
        arguments: [
            ([4, 0, 0, 0], 0.5, 5.0), ([4, 0, 0, 0], 1.0, 10.0), ([0, 10, 0, 0], 0.5, 55.0), ([1, 1, 0, 0], 0.5, 10.0),
            ([50, 40, 10, 0], 0.95, 550.0), ([50, 40, 10, 0], 0.99, 910.0), ([0, 0, 0, 1], 0.5, 1_000.0),
            ([99, 0, 0, 1], 0.99, 10.0), ([98, 0, 0, 2], 0.99, 1_000.0), ([0, 0, 1, 0], 0.0, 100.0),
        ] as [([UInt64], Double, Double)])
    func percentiles(counts: [UInt64], share: Double, expected: Double) throws {
        let value = try #require(Percentile.of(counts, Self.bounds, share))
        #expect(abs(value - expected) < 0.001)
    }

    @Test func nothingHasNoPercentile() {
        #expect(Percentile.of([0, 0, 0, 0], Self.bounds, 0.5) == nil)
    }

    /// Against the durations themselves, with the bounds that are in use: within one range.
    @Test func percentilesAreNearTheTruth() throws {
        var (state, durations, tally) = (UInt64(3), [UInt64](), AccessLogTally())
        for _ in 0..<10_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let duration = 200 + (state >> 40) % 997 * ((state >> 30) % 97)
            durations.append(duration)
            tally.note(status: 200, elapsedMicroseconds: duration, isLongPoll: false)
        }
        durations.sort()
        let bounds = AccessLogTally.bounds
        for share in [0.5, 0.95, 0.99] {
            let truth = Double(durations[Int(share * 10_000) - 1])
            let value = try #require(
                Percentile.of(
                    tally.durations.indices.map { tally.durations[$0] }, bounds.indices.map { bounds[$0] }, share))
            #expect((truth / 1.5...truth * 1.5).contains(value), "\(share): \(value), \(truth)")
        }
    }
}
