import Batch
import Headscale
import Ledger
import OpenSSL
import Telemetry

/// What recognition did, by the names under which it is shown.
final class RecognitionCounters: Sendable {
    private let records: Counter
    private let unmatched: Counter
    private let continuations: Counter

    init(_ registry: MetricsRegistry) {
        records = registry.counter("waxwing_headscale_records_total", "Records of Headscale's.")
        unmatched = registry.counter(
            "waxwing_headscale_unmatched_total",
            "Records of Headscale's with a message that the catalogue does not have: of a newer version, as a rule.")
        continuations = registry.counter(
            "waxwing_headscale_continuations_total", "Further lines of Headscale's records that have several.")
    }

    func add(_ now: RecognitionStatistics, since before: RecognitionStatistics) {
        records.add(now.records - before.records)
        unmatched.add(now.unmatched - before.unmatched)
        continuations.add(now.continuations - before.continuations)
    }
}

/// One thread's recogniser, as a stage of the data plane.
final class RecognitionStage {
    private var recogniser: Recogniser
    private let counters: RecognitionCounters
    private let health: HeadscaleHealth

    init(
        enterpriseNumber: UInt32, _ pseudonym: Pseudonym?, _ counters: RecognitionCounters, _ health: HeadscaleHealth
    ) {
        recogniser = Recogniser(enterpriseNumber: enterpriseNumber, pseudonym: pseudonym)
        self.counters = counters
        self.health = health
    }

    func run(_ batch: inout Batch) {
        let before = recogniser.statistics
        recogniser.recognise(&batch)
        guard recogniser.statistics != before else { return }
        counters.add(recogniser.statistics, since: before)
        health.accessLog.take(&recogniser.accessLog)
        health.activity.note(at: Clock.monotonic())
    }
}

extension Pseudonym {
    /// The maker of pseudonyms whose key is in the ledger's folder of keys; a new key the first time.
    convenience init(_ layout: Layout) throws {
        let path = "\(layout.keys)/pseudonym.key"
        if !DiskFileSystem().exists(path) { try MACKeyFile.create(path) }
        try self.init(try MACKeyFile.read(path))
    }
}
