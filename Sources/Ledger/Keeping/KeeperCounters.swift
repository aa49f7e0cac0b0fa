public import Telemetry

/// The numbers of the ``Keeper``, by the names under which they are shown.
public final class KeeperCounters: Sendable {
    let deleted: Counter
    let lost: Counter
    let compressed: Counter
    let failures: Counter
    let used: Gauge
    let usable: Gauge
    let level: Gauge
    let segments: Gauge
    let oldestIndex: Gauge
    let holds: Gauge

    /// What the ledger's folder took when it was last looked at.
    public var usedOctets: UInt64 { UInt64(clamping: used.current) }
    /// How often old records could not be deleted or compressed.
    public var failureCount: UInt64 { failures.current }

    public init(_ registry: MetricsRegistry) {
        deleted = registry.counter("waxwing_retention_deleted_records_total", "Records deleted on purpose.")
        lost = registry.counter(
            "waxwing_retention_lost_records_total",
            "Records deleted although a destination did not have them, since the disk was full.")
        compressed = registry.counter("waxwing_ledger_compressed_segments_total", "Segments compressed.")
        failures = registry.counter(
            "waxwing_retention_failures_total", "Times that closed segments could not be deleted or compressed.")
        used = registry.gauge("waxwing_disk_used_octets", "What the ledger's folder takes.")
        usable = registry.gauge("waxwing_disk_usable_octets", "What it may take before records are refused.")
        level = registry.gauge("waxwing_disk_level", "0 ample, 1 above 80 %, 2 above 95 %, 3 full: nothing is taken.")
        segments = registry.gauge("waxwing_ledger_segment_files", "Segments that are there.")
        oldestIndex = registry.gauge("waxwing_ledger_oldest_index", "Index of the oldest record that is there.")
        holds = registry.gauge("waxwing_ledger_holds", "Holds that keep records from being deleted.")
    }
}
