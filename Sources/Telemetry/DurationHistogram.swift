import Synchronization

/// How long something took, counted in ranges: what Prometheus calls a histogram, in seconds. Kept by whoever counts,
/// read by ``MetricsRegistry``.
public final class DurationHistogram: Sendable {
    /// What has been counted.
    public struct Reading: Sendable, Equatable {
        /// Durations in each range; the last is for those beyond all bounds.
        public var counts: [UInt64]
        /// The sum of all, in microseconds.
        public var microseconds: UInt64

        public init(counts: [UInt64], microseconds: UInt64) {
            self.counts = counts
            self.microseconds = microseconds
        }
    }

    /// Upper ends of the ranges, in microseconds, rising.
    public let bounds: [UInt64]
    private let counts: [Counter]
    /// Wraps around, which Prometheus takes for a restart: what is counted may come from strangers.
    private let sum = Atomic<UInt64>(0)

    public init(bounds: [UInt64]) {
        self.bounds = bounds
        counts = (0...bounds.count).map { _ in Counter() }
    }

    /// Adds `count` durations that lie in the range with number `range`.
    public func add(_ count: UInt64, inRange range: Int) { counts[range].add(count) }

    /// Adds to the sum of all durations.
    public func add(microseconds: UInt64) { sum.wrappingAdd(microseconds, ordering: .relaxed) }

    public var current: Reading {
        Reading(counts: counts.map(\.current), microseconds: sum.load(ordering: .relaxed))
    }

    /// Its samples in Prometheus' text format: counts up to each bound, their number, and their sum.
    func prometheusText(_ name: String, labels: String) -> String {
        let reading = current
        let others = labels.isEmpty ? "" : "\(labels),"
        var (text, total) = ("", UInt64(0))
        for (range, count) in reading.counts.enumerated() {
            total += count
            let bound = range < bounds.count ? Self.seconds(bounds[range]) : "+Inf"
            text += "\(name)_bucket{\(others)le=\"\(bound)\"} \(total)\n"
        }
        let braced = labels.isEmpty ? "" : "{\(labels)}"
        return text + "\(name)_sum\(braced) \(Self.seconds(reading.microseconds))\n\(name)_count\(braced) \(total)\n"
    }

    private static func seconds(_ microseconds: UInt64) -> String { "\(Double(microseconds) / 1_000_000)" }
}
