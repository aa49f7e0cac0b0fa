public import Telemetry

/// The number that only a destination over HTTP keeps.
public final class HTTPDestinationCounters: Sendable {
    let parcels: Gauge

    public init(_ registry: MetricsRegistry, destination: String) {
        parcels = registry.gauge(
            "waxwing_destination_batches", "Batches under way: not sent, not answered or not acknowledged yet.",
            labels: ["destination": destination])
    }
}
