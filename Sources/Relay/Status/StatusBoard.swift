import Batch
import Delivery
import Glibc
import Intake
import Ledger
import Synchronization
import Telemetry

/// Knows how the relay is: asks whoever counts, and remembers what takes time to know, rates and lags.
final class StatusBoard: Sendable {
    /// Who counts for a destination or a listener.
    typealias NamedDestination = (name: String, counters: DestinationCounters)
    typealias NamedListener = (name: String, counters: ListenerCounters)

    private struct State {
        var timeline: Timeline
        var rates: [RateMeter]
        /// The blocks that the destinations' oldest records are in, of those written before the relay was started.
        var blocks: [BlockHeader?]
        var listeners: [NamedListener] = []
    }

    private let origin: String
    private let access: LedgerAccess
    private let queue: BatchQueue
    private let counters: LedgerCounters
    private let keeperCounters: KeeperCounters
    private let destinations: [NamedDestination]
    private let hindrance: @Sendable () -> String?
    private let headscale: @Sendable () -> RelayStatus.Headscale?
    private let startedAt = Clock.monotonic()
    private let state: Mutex<State>

    init(
        origin: String, _ access: LedgerAccess, _ queue: BatchQueue, _ counters: LedgerCounters,
        _ keeperCounters: KeeperCounters, _ destinations: [NamedDestination],
        headscale: @escaping @Sendable () -> RelayStatus.Headscale?,
        hindrance: @escaping @Sendable () -> String?
    ) {
        self.origin = origin
        self.access = access
        self.queue = queue
        self.counters = counters
        self.keeperCounters = keeperCounters
        self.destinations = destinations
        self.hindrance = hindrance
        self.headscale = headscale
        let start = Timeline.Moment(
            nextIndex: access.horizon.position.nextIndex, octets: counters.writtenOctets,
            time: Clock.wall() / 1_000_000)
        state = Mutex(
            State(
                timeline: Timeline(start), rates: Array(repeating: RateMeter(), count: destinations.count),
                blocks: Array(repeating: nil, count: destinations.count)))
        noteRates()
    }

    /// To be called for each listener that runs.
    func add(_ listener: NamedListener) {
        state.withLock { $0.listeners.append(listener) }
    }

    /// To be called whenever records have become durable.
    func noteDurable() {
        let moment = Timeline.Moment(
            nextIndex: access.horizon.position.nextIndex, octets: counters.writtenOctets,
            time: Clock.wall() / 1_000_000)
        state.withLock { $0.timeline.note(moment) }
    }

    /// To be called every few seconds.
    func noteRates() {
        let now = Clock.monotonic() / 1_000_000
        state.withLock { state in
            for place in destinations.indices {
                state.rates[place].note(destinations[place].counters.snapshot.records, at: now)
            }
        }
    }

    // MARK: - Answers

    /// How things are now. May read the ledger.
    func status() -> RelayStatus {
        noteRates()
        let (durable, sealed) = (access.horizon.position.nextIndex, counters.sealedSize)
        return RelayStatus(
            version: Version.text, time: Clock.wall() / 1_000_000_000,
            uptime: (Clock.monotonic() - startedAt) / 1_000_000_000,
            ledger: RelayStatus.Ledger(
                origin: origin, durableIndex: durable, sealedIndex: sealed, octets: keeperCounters.usedOctets,
                keepingFailures: keeperCounters.failureCount,
                queueOctets: queue.byteCount, queueLimit: queue.byteLimit, hindrance: hindrance()),
            listeners: state.withLock(\.listeners).map { name, counters in
                RelayStatus.Listener(
                    name: name, received: counters.received, dropped: counters.dropped,
                    connections: counters.openConnections)
            },
            destinations: destinations.indices.map { destination($0) }, headscale: headscale())
    }

    private func destination(_ place: Int) -> RelayStatus.Destination {
        let (name, counters) = destinations[place]
        let snapshot = counters.snapshot
        let lag = lag(place, snapshot)
        return RelayStatus.Destination(
            name: name, state: snapshot.isHalted ? "halted" : snapshot.isConnected ? "connected" : "waiting",
            lagRecords: lag.records, lagOctets: lag.octets, lagMilliseconds: lag.milliseconds,
            rate: state.withLock { $0.rates[place].perSecond }, confirmedIndex: snapshot.confirmedIndex,
            retries: snapshot.retries, acknowledged: snapshot.acknowledgedAt, rejected: snapshot.rejected,
            filtered: snapshot.filtered, skipped: snapshot.skipped,
            failure: counters.lastFailure.map { RelayStatus.Destination.Failure(reason: $0.reason, time: $0.time) })
    }

    /// How far a destination is behind what is durable: with what it has not acknowledged, or, where it acknowledges
    /// nothing, with what was not sent.
    private func lag(
        _ place: Int, _ snapshot: DestinationCounters.Snapshot
    ) -> (records: UInt64, octets: UInt64, milliseconds: UInt64) {
        let (index, end) = (snapshot.lagIndex, access.horizon.position.nextIndex)
        guard index < end else { return (0, 0, 0) }
        let (now, total) = (Clock.wall() / 1_000_000, counters.writtenOctets)
        if let found = state.withLock({ $0.timeline.find(index, total: total) }) {
            return (end - index, found.octets, now - min(now, found.time))
        }
        guard let block = block(place, of: index) else { return (end - index, total, 0) }
        let octets = access.octets(from: index) ?? total
        return (end - index, octets, now - min(now, block.writtenAt))
    }

    /// The block of a record that was there before the relay was started, or that of the next one there is.
    private func block(_ place: Int, of index: UInt64) -> BlockHeader? {
        if let known = state.withLock({ $0.blocks[place] }), known.firstIndex <= index, index < known.nextIndex {
            return known
        }
        var reader = try? access.makeReader(from: index)
        let block = try? reader?.peek()
        state.withLock { $0.blocks[place] = block }
        return block
    }

    // MARK: - Metrics

    /// Shows lags and rates as metrics.
    func register(_ registry: MetricsRegistry) {
        for place in destinations.indices {
            func observe(_ name: String, _ help: String, _ read: @escaping @Sendable (StatusBoard) -> UInt64) {
                registry.observe(
                    "waxwing_destination_\(name)", help, labels: ["destination": destinations[place].name]
                ) { [weak self] in self.map { Int64(clamping: read($0)) } ?? 0 }
            }
            observe("lag_records", "Records that are durable and not acknowledged; of tcp and tls, not sent.") {
                board in
                board.lag(place, board.destinations[place].counters.snapshot).records
            }
            observe(
                "lag_octets", "Octets of the ledger that are durable and not acknowledged; of tcp and tls, not sent."
            ) { board in
                board.lag(place, board.destinations[place].counters.snapshot).octets
            }
            observe(
                "lag_seconds",
                "Time since the oldest record that is not acknowledged became durable; of tcp and tls, not sent."
            ) { board in
                board.lag(place, board.destinations[place].counters.snapshot).milliseconds / 1000
            }
            observe("records_per_second", "Records sent in a second, over the last minute.") { board in
                board.state.withLock { $0.rates[place].perSecond }
            }
        }
    }
}
