/// What to send over HTTP, where and when, what to do with each answer, and how far the cursor may move.
///
/// A state machine without sockets and without a clock: it takes events, with the time they happened, and returns what
/// is to be done. Times are nanoseconds of the monotonic clock.
///
/// Records travel in parcels. The cursor is the first record of the first parcel that is not settled: each record
/// before it was acknowledged by the server, or is durable in the dead letters, or is lost in the ledger. Parcels
/// behind may be settled already; after a restart they are sent once more.
public struct HTTPDeliveryMachine: Sendable {
    public struct Limits: Sendable {
        /// Requests under way at one time, and parcels that are ready to follow them.
        public var concurrency = 4
        /// Parcels that are not settled, small remainders included, beside those that wait for their acknowledgement.
        public var parcels = 256
        /// Parcels and records that wait for their acknowledgement.
        public var unacknowledgedParcels = 4_096
        public var unacknowledgedRecords = 1_000_000
        public var backoffFirst: UInt64 = 250_000_000
        public var backoffMost: UInt64 = 30_000_000_000
        /// The longest pause that a server can ask for.
        public var retryAfter: UInt64 = 300_000_000_000
        /// How long nothing is tried after the server refused everything.
        public var haltPause: UInt64 = 120_000_000_000
        public var acknowledgementInterval: UInt64 = 1_000_000_000
        /// How long a server may take to acknowledge; then the records are sent again.
        public var acknowledgement: UInt64 = 120_000_000_000
        /// Acknowledgements asked for with one request.
        public var acknowledgementsAsked = 1_000
        /// Records rejected one after another without one delivered, after which the server is taken to refuse all.
        public var rejectionsInARow = 1_000
        /// Records of a parcel that is sent again by request.
        public var resendRecords = 256
        /// Connections that end without an answer to a parcel after which it is sent in smaller pieces.
        public var interruptions = 4
        /// Failures in a row after which a stop does not wait for the servers any more.
        public var failuresAtStop = 3

        public init() {}
    }

    public enum State: Equatable, Sendable {
        case running
        /// The server refuses everything; tried again then, with one parcel.
        case halted(reason: String, until: UInt64)
        case stopped
    }

    public enum Event: Sendable {
        case tick
        /// The ledger's next records. `span` covers lost ones too; `indexes` may be empty.
        case gathered(indexes: [UInt64], span: Range<UInt64>)
        /// There is nothing more in the ledger for now.
        case caughtUp
        /// Of a parcel's records, only these are still in the ledger.
        case reread(parcel: UInt64, indexes: [UInt64])
        case judged(parcel: UInt64, Verdict)
        case failed(parcel: UInt64, HTTPFailure)
        /// The records that were to be stored in the dead letters are durable there.
        case stored(parcel: UInt64)
        case notStored(parcel: UInt64, reason: String)
        case confirmed(Route, [UInt64])
        case confirmationFailed(Route, AcknowledgementFailure)
        /// Records that were rejected once, to be sent again by request.
        case resend([UInt64])
        case stop
        /// The end, whatever is under way.
        case abandon
    }

    public enum Action: Equatable, Sendable {
        /// Sends the parcel's records, ``records(of:)``.
        case send(parcel: UInt64, Route)
        /// The parcel's body, if it is kept, is of no more use.
        case forget(parcel: UInt64)
        /// Stores records in the dead letters; ``Event/stored(parcel:)`` or ``Event/notStored(parcel:reason:)`` follows.
        case reject(parcel: UInt64, [RejectedRecord])
        case askAcknowledgements(Route, [UInt64])
        /// Records of ``Event/resend(_:)`` that have been delivered.
        case resent([UInt64])
        /// Records of ``Event/resend(_:)`` that were rejected again or are no longer in the ledger.
        case notResent([UInt64])
        case interrupted(reason: String)
        case halted(reason: String)
        case resumed
        case finished
    }

    public internal(set) var state = State.running
    let limits: Limits
    var nodes: NodeSet
    var size: ParcelSize
    var parcels: [Parcel] = []
    /// What the next parcel will be called.
    public private(set) var nextParcel: UInt64 = 0
    /// Index behind the last record that was gathered.
    private(set) var gatheredIndex: UInt64
    private var isCaughtUp = false
    private var lastEventAt: UInt64 = 0
    var isStopping = false
    /// Whether one parcel is tried after a halt, and the rest waits for its fate.
    var isProbing = false
    var rejectedInARow = 0
    var askAt: UInt64 = 0
    var asked: Set<Route> = []
    /// The channel of each node that new requests are sent under.
    var channels: [Int]
    /// When the last record was acknowledged.
    public internal(set) var acknowledgedAt: UInt64?
    /// Requests that were not the first with their records.
    public internal(set) var retries: UInt64 = 0

    /// A machine whose cursor stands at `index`.
    public init(limits: Limits = Limits(), parcelLimits: ParcelLimits, nodeCount: Int, from index: UInt64) {
        self.limits = limits
        nodes = NodeSet(count: nodeCount, backoffFirst: limits.backoffFirst, backoffMost: limits.backoffMost)
        size = ParcelSize(parcelLimits)
        channels = Array(repeating: 0, count: nodeCount)
        gatheredIndex = index
    }

    // MARK: - Questions

    /// Index of the first record that the destination may not have.
    public var confirmedIndex: UInt64 { parcels.lazy.compactMap { $0.span?.lowerBound }.first ?? gatheredIndex }

    /// The most that the next parcel may hold.
    public var parcelLimits: ParcelLimits { size.current }

    /// Whether the ledger's next records are wanted.
    public var wantsRecords: Bool {
        guard state == .running else { return false }
        // After a halt one parcel is tried; if none of those there were is left, it is one of the next.
        if isProbing, parcels.contains(where: { !$0.isAwaiting && $0.state != .settled }) { return false }
        var (fresh, retried, unacknowledged, unacknowledgedRecords) = (0, 0, 0, 0)
        for parcel in parcels {
            switch parcel.state {
            case .ready where parcel.attempts == 0, .sending: fresh += 1
            case .ready, .rejecting: retried += 1
            case .awaiting:
                unacknowledged += 1
                unacknowledgedRecords += parcel.indexes.count
            case .settled: break
            }
        }
        return fresh < 2 * limits.concurrency && fresh + retried < limits.parcels
            && unacknowledged < limits.unacknowledgedParcels && unacknowledgedRecords < limits.unacknowledgedRecords
    }

    /// The records of a parcel that are still to be delivered.
    public func records(of parcel: UInt64) -> [UInt64] { parcels.first { $0.id == parcel }?.indexes ?? [] }

    /// Whether a parcel's records were rejected once, and are sent again by request.
    func isByRequest(_ parcel: UInt64) -> Bool { parcels.first { $0.id == parcel }.map { $0.span == nil } ?? false }

    /// Parcels that are not settled.
    public var parcelCount: Int { parcels.count { $0.state != .settled } }

    /// Whether some server takes records, as far as is known.
    public var isWorking: Bool { state == .running && nodes.nodes.contains { $0.isProven } }

    /// When ``Event/tick`` is due next, nil if there is nothing to wait for. It may be over already: what became due
    /// since the last event has not been done.
    public var deadline: UInt64? {
        if case .halted(_, let until) = state { return until }
        var deadline = nodes.nextEnd(after: lastEventAt)
        var isAwaiting = false
        for parcel in parcels {
            switch parcel.state {
            case .ready(let at) where at > lastEventAt: deadline = min(deadline ?? at, at)
            case .awaiting(_, _, let until):
                isAwaiting = true
                deadline = min(deadline ?? until, until)
            default: break
            }
        }
        return isAwaiting ? min(deadline ?? askAt, askAt) : deadline
    }

    // MARK: - Events

    /// Takes an event. `jitter` is a random number; a part of it spreads the retries of many relays.
    public mutating func handle(_ event: Event, now: UInt64, jitter: UInt64) -> [Action] {
        guard state != .stopped else { return [] }
        lastEventAt = now
        var actions: [Action] = []
        switch event {
        case .tick: break
        case .gathered(let indexes, let span): add(indexes, span, now)
        case .caughtUp: isCaughtUp = true
        case .reread(let id, let indexes): actions = keep(id, indexes)
        case .judged(let id, let verdict): actions = judge(id, verdict, now, jitter)
        case .failed(let id, let failure): actions = fail(id, failure, now, jitter)
        case .stored(let id): actions = noteStored(id, now)
        case .notStored(let id, let reason): actions = noteNotStored(id, reason, now, jitter)
        case .confirmed(let route, let numbers): actions = confirm(route, numbers, now)
        case .confirmationFailed(let route, let failure): actions = failConfirmation(route, failure, now)
        case .resend(let indexes):
            for start in stride(from: 0, to: indexes.count, by: limits.resendRecords) {
                addParcel(Array(indexes[start...].prefix(limits.resendRecords)), span: nil, now)
            }
        case .stop: isStopping = true
        case .abandon:
            state = .stopped
            return [.finished]
        }
        actions += advance(now)
        return actions
    }

    private mutating func add(_ indexes: [UInt64], _ span: Range<UInt64>, _ now: UInt64) {
        precondition(span.lowerBound == gatheredIndex, "the ledger is read without gaps")
        gatheredIndex = span.upperBound
        isCaughtUp = false
        addParcel(indexes, span: span, now)
    }

    /// Adds a parcel at the end. What has nothing to deliver is settled, and only keeps its place.
    mutating func addParcel(_ indexes: [UInt64], span: Range<UInt64>?, _ now: UInt64) {
        let state: Parcel.State = indexes.isEmpty ? .settled : .ready(at: now)
        parcels.append(Parcel(id: takeID(), span: span, indexes: indexes, state: state))
    }

    mutating func takeID() -> UInt64 {
        defer { nextParcel += 1 }
        return nextParcel
    }

    func position(of id: UInt64) -> Int? { parcels.firstIndex { $0.id == id } }

    /// What follows from how things stand now, whatever happened.
    private mutating func advance(_ now: UInt64) -> [Action] {
        var actions: [Action] = []
        if case .halted(_, let until) = state, now >= until, !isStopping {
            state = .running
            isProbing = true
        }
        actions += expireAcknowledgements(now)
        forgetSettled()
        if state == .running { actions += send(now) + askAcknowledgements(now) }
        if isStopping, hasEnded(now) {
            state = .stopped
            actions.append(.finished)
        }
        return actions
    }

    /// Lets go of what is settled. Behind a parcel that is not, it keeps its place, together with its neighbours: what
    /// one lost acknowledgement holds up takes no room.
    private mutating func forgetSettled() {
        parcels.removeAll { $0.state == .settled && $0.span == nil }
        parcels.removeFirst(parcels.prefix { $0.state == .settled }.count)
        guard zip(parcels, parcels.dropFirst()).contains(where: { $0.state == .settled && $1.state == .settled }) else {
            return
        }
        parcels = parcels.reduce(into: []) { kept, parcel in
            if parcel.state == .settled, let last = kept.last, last.state == .settled,
                let span = last.span, let end = parcel.span?.upperBound
            {
                kept[kept.count - 1].span = span.lowerBound..<end
                kept[kept.count - 1].indexes = []
            } else {
                kept.append(parcel)
            }
        }
    }

    private mutating func send(_ now: UInt64) -> [Action] {
        var actions: [Action] = []
        for place in parcels.indices {
            guard nodes.underWay < (isProbing ? 1 : limits.concurrency) else { break }
            guard case .ready(let at) = parcels[place].state, at <= now else { continue }
            if isProbing, refusesEverything, parcels[place].indexes.count > 1 { actions += split(place, first: 1, now) }
            guard let node = nodes.take(at: now) else { break }
            let route = Route(node: node, channel: channels[node])
            parcels[place].state = .sending(route)
            if parcels[place].attempts > 0 { retries += 1 }
            actions.append(.send(parcel: parcels[place].id, route))
        }
        return actions
    }

    /// A stop waits for what can be delivered, but neither for a server that refuses everything nor for one that does
    /// not answer: that waits for the next start.
    private func hasEnded(_ now: UInt64) -> Bool {
        if case .halted = state { return true }
        if nodes.failuresLeast >= limits.failuresAtStop { return true }
        return isCaughtUp && parcels.isEmpty
    }
}
