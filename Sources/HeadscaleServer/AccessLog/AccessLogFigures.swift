public import Headscale
import Synchronization
public import Telemetry

/// What Headscale's access log says about the server's work: requests by the class of their status and how long they took
/// since the start, and, over the last ten minutes, their rate, the share of errors and percentiles of the durations.
///
/// Threads of the data plane count for themselves (`AccessLogTally`) and hand their tallies on, a batch at a time.
public final class AccessLogFigures: Sendable {
    /// Nanoseconds between two calls of ``sample(at:)``.
    public static let sampleInterval = AccessLogWindow.interval

    private static let classNames = ["other", "1xx", "2xx", "3xx", "4xx", "5xx"]

    private let requests: [Counter]
    private let longPolls: [Counter]
    private let durations: DurationHistogram
    private let window = Mutex(AccessLogWindow())

    /// Registers the metrics. `now` is the monotonic clock, in nanoseconds.
    public init(_ registry: MetricsRegistry, now: @escaping @Sendable () -> UInt64) {
        let counters = { (kind: String) in
            Self.classNames.map { name in
                registry.counter(
                    "waxwing_headscale_requests_total",
                    "Requests in Headscale's access log, by the class of their status; long polls are sessions of nodes.",
                    labels: ["class": name, "kind": kind])
            }
        }
        requests = counters("request")
        longPolls = counters("long_poll")
        let bounds = AccessLogTally.bounds
        durations = registry.histogram(
            "waxwing_headscale_request_duration_seconds",
            "How long Headscale took for requests, by its access log, without those that wait for a node or a user.",
            bounds: bounds.indices.map { bounds[$0] })
        observe(registry, now)
    }

    /// Adds what a thread has counted, and empties it.
    @inline(__always)
    public func take(_ tally: inout AccessLogTally) {
        guard !tally.isEmpty else { return }
        add(tally)
        tally = AccessLogTally()
    }

    private func add(_ tally: AccessLogTally) {
        for index in requests.indices {
            requests[index].add(tally.requests[index])
            longPolls[index].add(tally.longPolls[index])
        }
        for range in tally.durations.indices { durations.add(tally.durations[range], inRange: range) }
        durations.add(microseconds: tally.microseconds)
    }

    /// Remembers how things stand, for the figures of the last ten minutes: to be called every
    /// ``sampleInterval``.
    public func sample(at now: UInt64) {
        let totals = totals
        window.withLock { $0.add(totals, at: now) }
    }

    private var totals: AccessLogWindow.Totals {
        AccessLogWindow.Totals(requests: requests.map(\.current), durations: durations.current.counts)
    }

    // MARK: - Metrics

    private func observe(_ registry: MetricsRegistry, _ now: @escaping @Sendable () -> UInt64) {
        let figures = { @Sendable [self] () -> AccessLogWindow.Figures? in
            let totals = totals
            return window.withLock { $0.figures(totals, at: now(), bounds: durations.bounds) }
        }
        registry.observeFraction(
            "waxwing_headscale_request_rate", "Requests per second in the last ten minutes, without long polls."
        ) { figures()?.rate }
        for (name, share) in [("4xx", \AccessLogWindow.Figures.clientErrors), ("5xx", \.serverErrors)] {
            registry.observeFraction(
                "waxwing_headscale_error_ratio", "Share of errors among the requests of the last ten minutes.",
                labels: ["class": name]
            ) { figures()?[keyPath: share] }
        }
        for quantile in [0.5, 0.95, 0.99] {
            registry.observeFraction(
                "waxwing_headscale_request_latency_seconds",
                "Percentiles of the durations of requests in the last ten minutes, of those that wait for nobody.",
                labels: ["quantile": "\(quantile)"]
            ) { figures()?.latency(quantile).map { $0 / 1_000_000 } }
        }
    }
}
