import Batch
import Synchronization
public import Telemetry

/// The numbers a destination keeps, by the names under which they are shown.
public final class DestinationCounters: Sendable {
    let records: Counter
    let octets: Counter
    let connects: Counter
    let failures: Counter
    let resent: Counter
    let skipped: Counter
    let filtered: Counter
    let retries: Counter
    let rejected: Counter
    let isConnected: Gauge
    let isHalted: Gauge
    /// Seconds since 1970 of the last acknowledgement; 0 before the first.
    let acknowledgedAt: Gauge
    /// Seconds since 1970 of the last failure; 0 before the first.
    private let failedAt: Gauge
    let outstanding: Gauge
    /// Index of the first record that the destination may not have.
    let confirmed: Gauge
    /// Index of the first record not sent yet.
    let next: Gauge
    private let lagBasis: LagBasis
    private let failure = Mutex<LastFailure?>(nil)

    /// What a destination is behind with.
    public enum LagBasis: Sendable {
        /// What was not acknowledged.
        case acknowledged
        /// What was not sent, for collectors that acknowledge nothing.
        case sent
    }

    /// What went wrong last, and when.
    public struct LastFailure: Sendable, Equatable {
        public var reason: String
        /// Seconds since 1970.
        public var time: UInt64
    }

    /// What went wrong last, nil if nothing did since the start.
    public var lastFailure: LastFailure? { failure.withLock { $0 } }

    /// What is shown of the numbers in the relay's status.
    public struct Snapshot: Sendable, Equatable {
        public var records: UInt64
        public var retries: UInt64
        public var rejected: UInt64
        public var filtered: UInt64
        public var skipped: UInt64
        /// Index of the first record that the destination may not have.
        public var confirmedIndex: UInt64
        /// Index of the first record that the destination is behind with.
        public var lagIndex: UInt64
        /// Seconds since 1970, nil before the first acknowledgement.
        public var acknowledgedAt: UInt64?
        public var isConnected: Bool
        /// Whether somebody has to change something before it goes on.
        public var isHalted: Bool
    }

    /// How things are now.
    public var snapshot: Snapshot {
        Snapshot(
            records: records.current, retries: retries.current, rejected: rejected.current, filtered: filtered.current,
            skipped: skipped.current, confirmedIndex: UInt64(clamping: confirmed.current),
            lagIndex: UInt64(clamping: lagBasis == .sent ? next.current : confirmed.current),
            acknowledgedAt: acknowledgedAt.current > 0 ? UInt64(acknowledgedAt.current) : nil,
            isConnected: isConnected.current == 1, isHalted: isHalted.current == 1)
    }

    /// Notes that the destination has the records before `index`, or that nobody can give them to it.
    func acknowledge(upTo index: UInt64) {
        guard Int64(index) > confirmed.current else { return }
        confirmed.set(Int64(index))
        acknowledgedAt.set(Int64(Clock.wall() / 1_000_000_000))
    }

    func note(failure reason: String, at time: UInt64) {
        failure.withLock { $0 = LastFailure(reason: reason, time: time) }
        failedAt.set(Int64(time))
    }

    public init(_ registry: MetricsRegistry, destination: String, lagBasis: LagBasis = .acknowledged) {
        self.lagBasis = lagBasis
        func counter(_ name: String, _ help: String) -> Counter {
            registry.counter("waxwing_destination_\(name)_total", help, labels: ["destination": destination])
        }
        func gauge(_ name: String, _ help: String) -> Gauge {
            registry.gauge("waxwing_destination_\(name)", help, labels: ["destination": destination])
        }
        records = counter("records", "Records sent, those sent again included.")
        octets = counter("octets", "Octets sent.")
        connects = counter("connects", "Connections made.")
        failures = counter("failures", "Connections that failed or were given up.")
        resent = counter(
            "resent_records", "Records sent again after a connection ended, since they may not have arrived.")
        skipped = counter(
            "skipped_records", "Records left out, since the ledger has lost them: their block is damaged or gone.")
        filtered = counter("filtered_records", "Records left out because the destination's filter does not take them.")
        retries = counter("retries", "Tries that were not the first: connections after a failure, requests sent again.")
        rejected = counter(
            "rejected_records", "Records that the destination will never take: they are in the dead letters.")
        isHalted = gauge("halted", "1 while the destination refuses everything and somebody has to change something.")
        acknowledgedAt = gauge(
            "acknowledged_timestamp_seconds", "When the destination last acknowledged a record; 0 before the first.")
        failedAt = gauge(
            "last_failure_timestamp_seconds", "When something went wrong last; 0 if nothing did. The status says what.")
        isConnected = gauge("connected", "1 while there is a connection.")
        outstanding = gauge("outstanding_octets", "Octets that wait in the process for the collector to take them.")
        confirmed = gauge("confirmed_index", "Index of the first record that may not have arrived.")
        next = gauge("next_index", "Index of the first record not sent yet.")
    }
}
