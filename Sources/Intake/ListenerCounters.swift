import Synchronization
public import Telemetry

/// The numbers a listener keeps, by the names under which they are shown.
public final class ListenerCounters: Sendable {
    let octets: Counter
    let rfc5424: Counter
    let rfc3164: Counter
    let raw: Counter
    let problems: Counter
    let cut: Counter
    let empty: Counter
    let kernelDrops: Counter
    let connections: Gauge
    let accepted: Counter
    let refused: Counter
    let pauses: Counter

    /// Records dropped, whoever sent them.
    private let queueDrops = Counter()

    private let registry: MetricsRegistry
    private let listener: String
    private let dropsBySource = Mutex<[String: Counter]>([:])
    /// The most senders whose drops are shown apart; the others are counted together as `other`.
    private static let sourceLimit = 256

    /// Registers the metrics of the listener called `listener` (such as `udp 127.0.0.1:5514`).
    public init(_ registry: MetricsRegistry, listener: String) {
        self.registry = registry
        self.listener = listener
        func counter(_ name: String, _ help: String) -> Counter {
            registry.counter("waxwing_intake_\(name)_total", help, labels: ["listener": listener])
        }
        func records(_ format: String) -> Counter {
            registry.counter(
                "waxwing_intake_records_total", "Records received, by the format they were read as.",
                labels: ["listener": listener, "format": format])
        }
        octets = counter("octets", "Octets of frames received.")
        rfc5424 = records("rfc5424")
        rfc3164 = records("rfc3164")
        raw = records("raw")
        problems = counter("problems", "Records that deviate from the format they were read as.")
        cut = counter("cut", "Records cut because their frame was longer than the limit.")
        empty = counter("empty", "Datagrams with nothing in them, of which no record is made.")
        kernelDrops = counter("kernel_drops", "Datagrams the kernel dropped because the socket's buffer was full.")
        accepted = counter("connections", "Connections accepted.")
        refused = counter("refused", "Connections closed because of the limit, a wrong protocol or a deadline.")
        pauses = counter("pauses", "Times connections were not read from because the queue was full.")
        connections = registry.gauge(
            "waxwing_intake_open_connections", "Open connections.", labels: ["listener": listener])
    }

    /// Records received, in whichever format.
    public var received: UInt64 { rfc5424.current + rfc3164.current + raw.current }
    /// Records and datagrams lost because the queue, or the kernel's buffer, was full.
    public var dropped: UInt64 { queueDrops.current + kernelDrops.current }
    public var openConnections: Int { Int(connections.current) }

    /// Counts records from `source` that found the queue full.
    func noteDrops(_ count: UInt64, source: String) {
        queueDrops.add(count)
        dropsBySource.withLock { drops in
            let name = drops[source] != nil || drops.count < Self.sourceLimit ? source : "other"
            if let counter = drops[name] {
                counter.add(count)
                return
            }
            let counter = registry.counter(
                "waxwing_intake_dropped_total",
                "Records dropped because the queue was full, or too full for them, by sender.",
                labels: ["listener": listener, "source": name])
            counter.add(count)
            drops[name] = counter
        }
    }
}
