import Batch
import Logging

/// What a destination over HTTP tells of itself: its numbers, and in the log what keeps it from delivering. Belongs to
/// the destination's thread.
struct DeliveryReport {
    private let counters: DestinationCounters
    private let httpCounters: HTTPDestinationCounters
    private let logger: Logger
    private let interval: UInt64
    private let haltPause: UInt64
    private var countedRetries: UInt64 = 0
    private var acknowledgedAt: UInt64?
    /// When the log said which reason.
    private var reported: [String: UInt64] = [:]

    init(
        _ counters: DestinationCounters, _ httpCounters: HTTPDestinationCounters, _ logger: Logger,
        _ options: HTTPDestinationOptions
    ) {
        self.counters = counters
        self.httpCounters = httpCounters
        self.logger = logger
        interval = options.reportInterval
        haltPause = options.limits.haltPause
    }

    /// Counts records that are sent in a body of `octets`; `again` of them not for the first time.
    func sent(_ indexes: [UInt64], _ octets: Int, again: Int) {
        counters.records.add(UInt64(indexes.count))
        counters.octets.add(UInt64(octets))
        counters.resent.add(UInt64(again))
    }

    /// Shows how things stand with `machine`, for which bodies of `outstanding` octets are kept.
    mutating func publish(_ machine: borrowing HTTPDeliveryMachine, outstanding: Int) {
        counters.outstanding.set(Int64(outstanding))
        httpCounters.parcels.set(Int64(machine.parcelCount))
        counters.next.set(Int64(machine.gatheredIndex))
        counters.isConnected.set(machine.isWorking ? 1 : 0)
        if machine.acknowledgedAt != acknowledgedAt {
            acknowledgedAt = machine.acknowledgedAt
            counters.acknowledgedAt.set(Int64(Clock.wall() / 1_000_000_000))
        }
        counters.retries.add(machine.retries - countedRetries)
        countedRetries = machine.retries
    }

    /// Says which records are in the dead letters now.
    func rejected(_ records: [RejectedRecord]) {
        counters.rejected.add(UInt64(records.count))
        if let reason = records.last?.reason { counters.note(failure: reason, at: Clock.wall() / 1_000_000_000) }
        logger.warning(
            "records were rejected; they are in the dead letters",
            metadata: ["records": "\(records.count)", "reason": "\(records.first?.reason ?? "")"])
    }

    /// Says why nothing is delivered: not at each try, but the same again only after a while.
    mutating func interrupted(_ reason: String) {
        guard note(reason) else { return }
        logger.warning("delivery interrupted", metadata: ["reason": "\(reason)"])
    }

    mutating func halted(_ reason: String) {
        counters.isHalted.set(1)
        guard note(reason, isLasting: true) else { return }
        logger.error(
            "delivery stands still until somebody changes something",
            metadata: ["reason": "\(reason)", "next_try": "in \(haltPause / 1_000_000_000) s"])
    }

    mutating func resumed() {
        counters.isHalted.set(0)
        reported = [:]
        logger.notice("delivery goes on")
    }

    /// Counts a failure, and returns whether the log is to say it. What lasts is said once, until delivery goes on.
    private mutating func note(_ reason: String, isLasting: Bool = false) -> Bool {
        counters.failures.add()
        counters.note(failure: reason, at: Clock.wall() / 1_000_000_000)
        let now = Clock.monotonic()
        if let before = reported[reason], isLasting || now < before + interval { return false }
        // Reasons that servers make up are not kept for ever.
        if reported.count >= 32 { reported = [:] }
        reported[reason] = now
        return true
    }
}
