public import Batch
public import Syslog
import Telemetry

/// What a listener does with records when the queue in front of the ledger is full.
public enum FullPolicy: Sendable {
    /// It reads no more until there is room. UDP cannot: there it is ``dropNewest``.
    case stop
    /// It drops what comes, and counts it.
    case dropNewest
    /// It drops the least severe records, and counts them, the fuller the queue the more severe ones too; see
    /// `BatchQueue.leastSevere`.
    case dropLowest
}

/// What a listener believes of its senders, and what it makes of their clocks.
public struct SourcePolicy: Sendable {
    /// The zone of RFC 3164 time stamps, which carry none.
    public var zone: TimeZoneRule
    /// Octets of the longest frame; what is longer is cut.
    public var frameLimit: Int
    /// For senders that are trusted relays: how many relays have the record of a frame in their streams once this one
    /// has, or nil if what the frame says about that is not to be believed. Nil for all other senders.
    public var relayNumber: (@Sendable (RawSpan) -> UInt32?)?
    public var whenFull: FullPolicy

    public init(
        zone: TimeZoneRule, frameLimit: Int = 65_536, relayNumber: (@Sendable (RawSpan) -> UInt32?)? = nil,
        whenFull: FullPolicy = .stop
    ) {
        self.whenFull = whenFull
        self.zone = zone
        self.frameLimit = frameLimit
        self.relayNumber = relayNumber
    }
}

/// A stage of the data plane between parsing and the ledger.
public typealias Stage = (inout Batch) -> Void

/// What every listener needs to hand its records on.
public struct IntakePipeline: Sendable {
    public let queue: BatchQueue
    public let encoder: CanonicalEncoder
    /// Makes the stages that run over each full batch; called once for each thread, which then owns what it gets.
    public let makeStage: @Sendable () -> Stage
    /// What is known now of the sender with this address. Asked for once for each read and each new peer.
    public let describeSender: @Sendable (PeerAddress) -> SenderText?

    public init(
        queue: BatchQueue, encoder: CanonicalEncoder,
        describeSender: @escaping @Sendable (PeerAddress) -> SenderText? = { _ in nil },
        makeStage: @escaping @Sendable () -> Stage
    ) {
        self.queue = queue
        self.encoder = encoder
        self.describeSender = describeSender
        self.makeStage = makeStage
    }
}

/// The way of a record from a frame to the ledger's queue: parse, encode, and, for a whole batch at a time, the stages.
/// One for each listener and thread, and used by that thread only.
final class IntakeLane {
    let queue: BatchQueue
    private let encoder: CanonicalEncoder
    private let stage: Stage
    private let describeSender: @Sendable (PeerAddress) -> SenderText?
    /// Made once: to clear so many octets takes longer than a record.
    private let unknown = SenderText()
    private let zone: TimeZoneRule
    private let relayNumber: (@Sendable (RawSpan) -> UInt32?)?
    let whenFull: FullPolicy
    private let counters: ListenerCounters
    private var batch: Batch
    private var tally = Tally()

    /// Counts since the last flush, kept apart so that no record costs an atomic operation.
    private struct Tally {
        var octets: UInt64 = 0
        var formats = (rfc5424: UInt64(0), rfc3164: UInt64(0), raw: UInt64(0))
        var problems: UInt64 = 0
        var cut: UInt64 = 0
    }

    init(_ pipeline: IntakePipeline, _ policy: SourcePolicy, _ counters: ListenerCounters) {
        queue = pipeline.queue
        encoder = pipeline.encoder
        stage = pipeline.makeStage()
        describeSender = pipeline.describeSender
        zone = policy.zone
        relayNumber = policy.relayNumber
        whenFull = policy.whenFull
        self.counters = counters
        batch = queue.takeEmpty()
    }

    var isEmpty: Bool { batch.isEmpty }

    /// To be called at the beginning of a read: notes its time, and what is known of the peer by now.
    func renew(_ source: inout Source) {
        source.receivedAt = Timestamp.now()
        source.sender = describeSender(source.address) ?? unknown
    }

    /// Takes one frame. `source` says who sent it and when it came. Returns false if it is dropped because the queue is
    /// full, which is for the caller to count (``noteDropped(_:source:)``).
    func append(_ frame: RawSpan, originalLength: Int, source: Source) -> Bool {
        if whenFull == .dropNewest, queue.isFull { return false }
        guard let relayNumber else { return append(frame, originalLength, source, relay: 1) }
        var source = source
        let relay = relayNumber(frame)
        source.trustedRelay = relay != nil
        return append(frame, originalLength, source, relay: relay ?? 1)
    }

    /// Counts records of `source` that were dropped; the next seal will declare them.
    func noteDropped(_ count: UInt64, source: String) {
        counters.noteDrops(count, source: source)
        queue.noteLost(count)
    }

    @inline(__always)
    private func append(_ frame: RawSpan, _ originalLength: Int, _ source: Source, relay: UInt32) -> Bool {
        if batch.isFull { flush() }
        let message = Message.parse(frame, at: source.receivedAt, zone: zone)
        if whenFull == .dropLowest, message.priority.severity > queue.leastSevere { return false }
        batch.append(relay: relay) { writer in
            encoder.encode(message, from: frame, source: source, originalLength: originalLength, into: &writer)
        }
        count(message, octets: frame.byteCount, isCut: originalLength > 0)
        return true
    }

    /// Runs the stages over what has come together and hands it to the ledger.
    func flush() {
        guard !batch.isEmpty else { return }
        stage(&batch)
        var full = queue.takeEmpty()
        swap(&full, &batch)
        queue.push(full)
        publishTally()
    }

    private func count(_ message: Message, octets: Int, isCut: Bool) {
        tally.octets &+= UInt64(octets)
        switch message.format {
        case .rfc5424: tally.formats.rfc5424 &+= 1
        case .rfc3164: tally.formats.rfc3164 &+= 1
        case .raw: tally.formats.raw &+= 1
        }
        if !message.problems.isEmpty { tally.problems &+= 1 }
        if isCut { tally.cut &+= 1 }
    }

    private func publishTally() {
        counters.octets.add(tally.octets)
        counters.rfc5424.add(tally.formats.rfc5424)
        counters.rfc3164.add(tally.formats.rfc3164)
        counters.raw.add(tally.formats.raw)
        counters.problems.add(tally.problems)
        counters.cut.add(tally.cut)
        tally = Tally()
    }
}
