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
    let isConnected: Gauge
    let outstanding: Gauge
    /// Index of the first record that the destination may not have.
    let confirmed: Gauge
    /// Index of the first record not sent yet.
    let next: Gauge
    private let failure = Mutex<LastFailure?>(nil)

    /// What went wrong last, and when.
    public struct LastFailure: Sendable, Equatable {
        public var reason: String
        /// Seconds since 1970.
        public var time: UInt64
    }

    /// What went wrong last, nil if nothing did since the start.
    public var lastFailure: LastFailure? { failure.withLock { $0 } }

    func note(failure reason: String, at time: UInt64) {
        failure.withLock { $0 = LastFailure(reason: reason, time: time) }
    }

    public init(_ registry: MetricsRegistry, destination: String) {
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
        isConnected = gauge("connected", "1 while there is a connection.")
        outstanding = gauge("outstanding_octets", "Octets that wait in the process for the collector to take them.")
        confirmed = gauge("confirmed_index", "Index of the first record that may not have arrived.")
        next = gauge("next_index", "Index of the first record not sent yet.")
    }
}
