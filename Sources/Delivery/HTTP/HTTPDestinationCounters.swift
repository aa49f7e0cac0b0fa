public import Telemetry

/// The numbers that only a destination over HTTP keeps.
public final class HTTPDestinationCounters: Sendable {
    let retries: Counter
    let rejected: Counter
    let parcels: Gauge
    let isHalted: Gauge
    /// Seconds since 1970.
    let acknowledgedAt: Gauge

    public init(_ registry: MetricsRegistry, destination: String) {
        func counter(_ name: String, _ help: String) -> Counter {
            registry.counter("waxwing_destination_\(name)_total", help, labels: ["destination": destination])
        }
        func gauge(_ name: String, _ help: String) -> Gauge {
            registry.gauge("waxwing_destination_\(name)", help, labels: ["destination": destination])
        }
        retries = counter("retries", "Requests that were not the first with their records.")
        rejected = counter(
            "rejected_records", "Records that the destination will never take: they are in the dead letters.")
        parcels = gauge("batches", "Batches under way: not sent, not answered or not acknowledged yet.")
        isHalted = gauge("halted", "1 while the destination refuses everything and somebody has to change something.")
        acknowledgedAt = gauge(
            "acknowledged_timestamp_seconds", "When the destination last acknowledged a record; 0 before the first.")
    }
}
