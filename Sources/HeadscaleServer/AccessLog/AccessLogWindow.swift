/// The figures of the last ten minutes, out of totals that only grow: what is there now, less what was there ten minutes
/// ago. Totals are remembered every 15 seconds.
struct AccessLogWindow: Sendable {
    /// Nanoseconds between two samples.
    static let interval: UInt64 = 15_000_000_000
    /// How far back the figures go, in nanoseconds.
    static let span: UInt64 = 600_000_000_000
    private static let sampleLimit = Int(span / interval) + 1

    /// What has been counted since the start.
    struct Totals: Equatable {
        /// Requests by the first digit of their status.
        var requests: [UInt64]
        /// Requests by the range of their duration.
        var durations: [UInt64]
    }

    /// What the last ten minutes were like.
    struct Figures: Equatable {
        /// Requests in a second.
        let rate: Double
        /// Share of 4xx and 5xx among them, from 0 to 1; nil without requests.
        let clientErrors: Double?
        let serverErrors: Double?
        fileprivate let durations: [UInt64]
        fileprivate let bounds: [UInt64]

        /// The duration, in microseconds, that `share` of the requests did not exceed; nil without requests.
        func latency(_ share: Double) -> Double? { Percentile.of(durations, bounds, share) }
    }

    private var samples: [(time: UInt64, totals: Totals)] = []

    /// Remembers what has been counted until `time`.
    mutating func add(_ totals: Totals, at time: UInt64) {
        samples.append((time, totals))
        while samples.count > Self.sampleLimit || samples.count > 1 && samples[1].time + Self.span <= time {
            samples.removeFirst()
        }
    }

    /// The figures up to `now`; nil before the first sample, and while no request has ever been seen, since a server that
    /// writes no access log (up to 0.28) is no idle one.
    func figures(_ totals: Totals, at now: UInt64, bounds: [UInt64]) -> Figures? {
        guard let first = samples.first, now > first.time, totals.requests.contains(where: { $0 > 0 }) else {
            return nil
        }
        let requests = zip(totals.requests, first.totals.requests).map { $0 &- $1 }
        let count = Double(requests.reduce(0, &+))
        let share = { (index: Int) in count > 0 ? Double(requests[index]) / count : nil }
        return Figures(
            rate: count / (Double(now - first.time) / 1_000_000_000), clientErrors: share(4), serverErrors: share(5),
            durations: zip(totals.durations, first.totals.durations).map { $0 &- $1 }, bounds: bounds)
    }
}

/// Percentiles of values that were counted in ranges.
enum Percentile {
    /// The value that `share` (0 to 1) of the values do not exceed, supposed to lie in its range as if those in it were
    /// spread evenly; nil if there are none. `bounds` are the upper ends of all ranges but the last, for which the
    /// greatest bound is given.
    static func of(_ counts: [UInt64], _ bounds: [UInt64], _ share: Double) -> Double? {
        let total = counts.reduce(0, &+)
        guard total > 0 else { return nil }
        let rank = share * Double(total)
        var below: UInt64 = 0
        for (range, count) in counts.enumerated() where count > 0 {
            guard Double(below + count) >= rank else {
                below += count
                continue
            }
            guard range < bounds.count else { break }
            let lower = range > 0 ? Double(bounds[range - 1]) : 0
            let part = max(0, rank - Double(below)) / Double(count)
            return lower + (Double(bounds[range]) - lower) * part
        }
        return bounds.last.map { Double($0) }
    }
}
