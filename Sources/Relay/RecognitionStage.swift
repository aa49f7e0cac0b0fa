import Batch
import GeoIP
import Headscale
import Ledger
import OpenSSL
import Telemetry

/// What recognition did, by the names under which it is shown.
final class RecognitionCounters: Sendable {
    let records: Counter
    let unmatched: Counter
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

/// What the recognisers of all threads have in common.
struct RecognitionSetup: Sendable {
    let enterpriseNumber: UInt32
    let pseudonym: Pseudonym
    let counters: RecognitionCounters
    let health: HeadscaleHealth
    let state: HeadscaleState
    let places: [GeoIPDatabase]
}

/// One thread's recogniser, as a stage of the data plane.
final class RecognitionStage {
    private let setup: RecognitionSetup
    private var recogniser: Recogniser
    private var host = HostReader()

    init(_ setup: RecognitionSetup) {
        self.setup = setup
        recogniser = Recogniser(
            enterpriseNumber: setup.enterpriseNumber, pseudonym: setup.pseudonym,
            enrichment: Enrichment(places: GeoIPLookup(setup.places)))
    }

    func run(_ batch: inout Batch) {
        let before = recogniser.statistics
        recogniser.enrichment.context = setup.state.context.table
        recogniser.recognise(&batch)
        for index in recogniser.hints { HintReader.note(batch, index, setup.state.hints) }
        if let index = recogniser.headscaleRecord { host.note(batch, index, setup.state.hints) }
        guard recogniser.statistics != before else { return }
        setup.counters.add(recogniser.statistics, since: before)
        setup.health.accessLog.take(&recogniser.accessLog)
        setup.health.activity.note(at: Clock.monotonic())
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
