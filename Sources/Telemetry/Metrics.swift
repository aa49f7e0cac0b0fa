import Synchronization

/// A number that only grows. One atomic addition; kept by whoever counts, read by ``MetricsRegistry``.
public final class Counter: Sendable {
    private let value = Atomic<UInt64>(0)

    public init() {}

    public func add(_ amount: UInt64 = 1) {
        if amount > 0 { value.add(amount, ordering: .relaxed) }
    }

    public var current: UInt64 { value.load(ordering: .relaxed) }
}

/// A number that goes up and down.
public final class Gauge: Sendable {
    private let value = Atomic<Int64>(0)

    public init() {}

    public func set(_ new: Int64) { value.store(new, ordering: .relaxed) }
    public func add(_ amount: Int64) { value.add(amount, ordering: .relaxed) }
    public var current: Int64 { value.load(ordering: .relaxed) }
}

/// All metrics of the process, and their Prometheus text (exposition format 0.0.4).
///
/// Metrics are registered at start, or when something new appears that is itself bounded (a destination, a listener);
/// the registry refuses more than ``seriesLimit`` series, so that no peer can make it grow.
public final class MetricsRegistry: Sendable {
    /// The most series (name and label values) there can be.
    public static let seriesLimit = 4096

    private struct Family {
        let help: String
        let type: String
        var series: [Series] = []
    }

    private struct Series {
        /// Samples that it may have.
        let size: Int
        /// Its samples under the name of the family; empty while nothing is known.
        let text: @Sendable (_ name: String) -> String
    }

    private let families = Mutex<[String: Family]>([:])

    public init() {}

    /// Registers a counter. By convention `name` ends in `_total`.
    public func counter(_ name: String, _ help: String, labels: KeyValuePairs<String, String> = [:]) -> Counter {
        let counter = Counter()
        register(name, help, type: "counter", labels) { "\(Int64(clamping: counter.current))" }
        return counter
    }

    /// Registers a gauge that is set by its owner.
    public func gauge(_ name: String, _ help: String, labels: KeyValuePairs<String, String> = [:]) -> Gauge {
        let gauge = Gauge()
        register(name, help, type: "gauge", labels) { "\(gauge.current)" }
        return gauge
    }

    /// Registers a histogram of durations, whose ``DurationHistogram/bounds`` are in microseconds.
    public func histogram(
        _ name: String, _ help: String, bounds: [UInt64], labels: KeyValuePairs<String, String> = [:]
    ) -> DurationHistogram {
        let histogram = DurationHistogram(bounds: bounds)
        let labels = Self.text(labels)
        register(
            name, help, type: "histogram",
            Series(size: bounds.count + 3) { name in
                histogram.prometheusText(name, labels: labels)
            })
        return histogram
    }

    /// Registers a value that is read when it is asked for. While it is nil there is no sample: what is not known is not
    /// zero.
    public func observe(
        _ name: String, _ help: String, type: String = "gauge", labels: KeyValuePairs<String, String> = [:],
        read: @escaping @Sendable () -> Int64?
    ) {
        register(name, help, type: type, labels) { read().map { "\($0)" } }
    }

    /// The same for a value that is no whole number.
    public func observeFraction(
        _ name: String, _ help: String, labels: KeyValuePairs<String, String> = [:],
        read: @escaping @Sendable () -> Double?
    ) {
        register(name, help, type: "gauge", labels) { read().map { "\($0)" } }
    }

    private func register(
        _ name: String, _ help: String, type: String, _ labels: KeyValuePairs<String, String>,
        value: @escaping @Sendable () -> String?
    ) {
        let labels = labels.isEmpty ? "" : "{\(Self.text(labels))}"
        register(name, help, type: type, Series(size: 1) { name in value().map { "\(name)\(labels) \($0)\n" } ?? "" })
    }

    private func register(_ name: String, _ help: String, type: String, _ series: Series) {
        families.withLock { families in
            let total = families.values.reduce(0) { $0 + $1.series.reduce(0) { $0 + $1.size } }
            guard total + series.size <= Self.seriesLimit else { return }
            families[name, default: Family(help: help, type: type)].series.append(series)
        }
    }

    /// The metrics in Prometheus' text format, sorted by name.
    public func prometheusText() -> String {
        families.withLock { families in
            var text = ""
            for (name, family) in families.sorted(by: { $0.key < $1.key }) {
                let samples = family.series.map { $0.text(name) }.joined()
                guard !samples.isEmpty else { continue }
                text += "# HELP \(name) \(family.help)\n# TYPE \(name) \(family.type)\n\(samples)"
            }
            return text
        }
    }

    /// Labels as they stand between braces.
    private static func text(_ labels: KeyValuePairs<String, String>) -> String {
        labels.map { "\($0.key)=\"\(escape($0.value))\"" }.joined(separator: ",")
    }

    private static func escape(_ value: String) -> String {
        var escaped = ""
        // By scalars: CR LF is one character, and its LF would end the line.
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
