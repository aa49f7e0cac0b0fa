import Seal
public import Telemetry

/// The numbers the ledger keeps, by the names under which they are shown.
public final class LedgerCounters: Sendable {
    let records: Counter
    let octets: Counter
    let seals: Counter
    let segments: Counter
    let dropped: Counter
    let lost: Counter
    let failures: Counter
    let isDegraded: Gauge
    let sealedIndex: Gauge
    let sealedAt: Gauge

    public init(_ registry: MetricsRegistry) {
        records = registry.counter("waxwing_ledger_records_total", "Records written, seals not counted.")
        octets = registry.counter("waxwing_ledger_octets_total", "Octets written.")
        seals = registry.counter("waxwing_ledger_seals_total", "Batches sealed.")
        segments = registry.counter("waxwing_ledger_segments_total", "Segments begun.")
        dropped = registry.counter("waxwing_ledger_declared_drops_total", "Lost records that seals have declared.")
        lost = registry.counter(
            "waxwing_ledger_lost_records_total", "Records that were durable once and cannot be read any more.")
        registry.observe(
            "waxwing_ledger_unreadable_octets",
            "Octets that the disk could not read, and that were taken for zeros, each time they were asked for."
        ) { Int64(clamping: UnreadableSectors.count) }
        failures = registry.counter(
            "waxwing_ledger_failures_total", "Times that the ledger's files could not be written.")
        isDegraded = registry.gauge(
            "waxwing_ledger_degraded", "1 while nothing is taken since the ledger's files cannot be written.")
        sealedIndex = registry.gauge("waxwing_ledger_sealed_index", "Index behind the newest seal.")
        sealedAt = registry.gauge("waxwing_ledger_sealed_timestamp_seconds", "Time of the newest seal.")
    }

    /// Octets written so far.
    public var writtenOctets: UInt64 { octets.current }
    /// Index behind the newest seal that was made, 0 before the first.
    public var sealedSize: UInt64 { UInt64(clamping: sealedIndex.current) }

    func noteSeal(_ sealed: SealedBatch) {
        seals.add()
        dropped.add(sealed.record.dropped)
        sealedIndex.set(Int64(sealed.record.size))
        sealedAt.set(sealed.record.time.milliseconds / 1000)
    }
}
