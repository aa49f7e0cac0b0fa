import Batch
public import Headscale
import Synchronization
public import Telemetry

/// The numbers of a ``StateService``, by the names under which they are shown.
public final class StateCounters: Sendable {
    private let readings: Counter
    private let failures: Counter
    private let duration: Gauge
    private let nodes: Gauge
    private let users: Gauge
    private let changes: Mutex<[String: Counter]>
    private let registry: MetricsRegistry

    public init(_ registry: MetricsRegistry, _ context: ContextStore) {
        self.registry = registry
        readings = registry.counter("waxwing_headscale_readings_total", "Times that Headscale's state was read.")
        failures = registry.counter(
            "waxwing_headscale_reading_failures_total", "Times that Headscale's state could not be read.")
        duration = registry.gauge(
            "waxwing_headscale_reading_milliseconds",
            "How long the last reading of Headscale's state took, with its comparison.")
        nodes = registry.gauge("waxwing_headscale_known_nodes", "Nodes that Headscale has, as its state was last read.")
        users = registry.gauge("waxwing_headscale_known_users", "Users that Headscale has, as its state was last read.")
        changes = Mutex([:])
        registry.observe(
            "waxwing_headscale_context_age_seconds",
            "Time since what records are enriched with was read from Headscale."
        ) { context.age(at: Clock.wall()).map { Int64(clamping: $0) } }
        registry.observe(
            "waxwing_headscale_context_excess_nodes", "Nodes that records are not enriched with: there are too many."
        ) { Int64(context.table.excess) }
    }

    func noteReading(milliseconds: Int64) {
        readings.add()
        duration.set(milliseconds)
    }

    func noteFailure() { failures.add() }

    /// Times that the state could not be read.
    public var failureCount: UInt64 { failures.current }
    /// Nodes that Headscale has, as its state was last read.
    public var nodeCount: UInt64 { UInt64(max(0, nodes.current)) }

    func note(nodes: Int, users: Int) {
        self.nodes.set(Int64(nodes))
        self.users.set(Int64(users))
    }

    /// Counts a record; of events there are some thirty.
    func noteChange(_ event: String) {
        changes.withLock { changes in
            if changes[event] == nil {
                changes[event] = registry.counter(
                    "waxwing_headscale_changes_total",
                    "Changes of Headscale's state that the watcher told of, by event.",
                    labels: ["event": event])
            }
            changes[event]?.add()
        }
    }
}
