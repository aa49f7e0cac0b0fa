/// When to connect to which collector, when to give a connection up, and how long to wait before the next.
///
/// Of several collectors the first that answers gets the records. While it is not the first of the list, the first is
/// tried now and then, and gets the connection back when it answers.
///
/// A state machine without sockets and without a clock: it takes events, with the time they happened, and returns what
/// is to be done. Times are nanoseconds of the monotonic clock.
public struct ConnectionMachine: Sendable {
    /// The limits of a connection, in nanoseconds.
    public struct Limits: Sendable {
        public var backoffFirst: UInt64 = 250_000_000
        public var backoffMax: UInt64 = 30_000_000_000
        /// Longest time without the system taking a byte of what is to be sent.
        public var write: UInt64 = 30_000_000_000
        /// Longest time for the peer to close after it was told that nothing more comes.
        public var close: UInt64 = 5_000_000_000
        /// Longest time that a connection with nothing to send stays open; nil: for ever.
        public var idle: UInt64?
        /// Number of collectors.
        public var targets = 1
        /// How often the first collector is tried while another has the connection.
        public var probe: UInt64 = 60_000_000_000

        public init() {}
    }

    public enum State: Equatable, Sendable {
        case waiting(until: UInt64)
        case connecting
        case streaming
        /// Everything is to be sent, then the connection is to be closed in order.
        case draining
        /// The peer has been told that nothing more comes; it has until then to close.
        case closing(until: UInt64)
        /// Closed because there was nothing to send; opened again as soon as there is.
        case resting
        case stopped
    }

    public enum Event: Sendable {
        case tick
        case connected
        case connectFailed
        /// The connection has ended. `clean`: the peer closed it in order and no error was seen.
        case disconnected(clean: Bool)
        /// The system took bytes.
        case progress
        /// There are new records.
        case wake
        /// Nothing is left to be sent, and everything given to the connection has left the process.
        case caughtUp
        /// The first collector answers, which was asked for with ``Action/probeFirst``.
        case firstAnswers
        case stop
        /// The end, whatever is under way.
        case abandon
    }

    public enum Action: Equatable, Sendable {
        /// Connects to ``target``.
        case connect
        /// Sees whether the first collector answers, beside the connection there is.
        case probeFirst
        case send
        case closeOutput
        /// Closes at once, which a disconnection then reports; the reason is for the log.
        case abort(String)
        /// All that was sent has arrived.
        case confirmAll
        case finished
    }

    public private(set) var state: State
    /// The collector that has the connection or gets the next, by its place in the list.
    public private(set) var target = 0
    private let limits: Limits
    private var failures = 0
    /// Collectors that were tried since the last back-off.
    private var tried = 0
    private var probedAt: UInt64 = 0
    private var lastProgress: UInt64 = 0
    private var connectedAt: UInt64?
    private var stopping = false
    /// Since when bytes wait to leave the process; nil while there are none.
    private var waitingSince: UInt64?
    /// Whether the connection was given up and has yet to end.
    private var isAborting = false
    /// Whether records came while the connection was being closed.
    private var isWanted = false

    public init(limits: Limits = Limits(), now: UInt64) {
        self.limits = limits
        state = .waiting(until: now)
    }

    /// Whether records may be given to the connection.
    public var maySend: Bool { !isAborting && (state == .streaming || state == .draining) }

    /// Takes an event. `outstanding`: bytes given to the connection that have not left the process.
    /// `jitter` is a random number; a part of it spreads the reconnections of many relays.
    public mutating func handle(_ event: Event, now: UInt64, outstanding: Int, jitter: UInt64) -> [Action] {
        if case .disconnected = event { isAborting = false }
        switch (event, state) {
        case (.tick, _) where isAborting:
            return []
        case (.tick, .waiting(let until)) where now >= until:
            state = .connecting
            return [.connect]
        case (.tick, .streaming), (.tick, .draining):
            return checkProgress(now, outstanding) + probe(now)
        case (.tick, .closing(let until)) where now >= until:
            return abort("the collector did not close in time")
        case (.connected, .connecting):
            lastProgress = now
            connectedAt = now
            probedAt = now
            waitingSince = nil
            state = stopping ? .draining : .streaming
            return [.send]
        case (.progress, .streaming), (.progress, .draining):
            lastProgress = now
            waitingSince = nil
            return [.send]
        case (.caughtUp, .draining):
            state = .closing(until: now + limits.close)
            return [.closeOutput]
        case (.firstAnswers, .streaming) where target > 0:
            target = 0
            isWanted = true
            state = .closing(until: now + limits.close)
            return [.closeOutput]
        case (.connectFailed, .connecting):
            return retry(now, jitter)
        case (.wake, .resting):
            state = .connecting
            return [.connect]
        case (.wake, .closing):
            isWanted = isWanted || !stopping
            return []
        case (.disconnected(let clean), .closing):
            return (clean ? [.confirmAll] : []) + afterClosing()
        case (.disconnected, .connecting), (.disconnected, .streaming), (.disconnected, .draining):
            return retry(now, jitter)
        case (.stop, _):
            return stop()
        case (.abandon, let before):
            state = .stopped
            return before == .stopped ? [] : [.finished]
        default:
            return []
        }
    }

    private mutating func checkProgress(_ now: UInt64, _ outstanding: Int) -> [Action] {
        if outstanding > 0 {
            // The time without anything to send does not count.
            let since = waitingSince ?? now
            waitingSince = since
            guard now - min(now, since) > limits.write else { return [] }
            return abort("nothing could be written for \(limits.write / 1_000_000_000) s")
        }
        waitingSince = nil
        guard state == .streaming, let idle = limits.idle, now - min(now, lastProgress) > idle else { return [] }
        state = .closing(until: now + limits.close)
        return [.closeOutput]
    }

    private mutating func probe(_ now: UInt64) -> [Action] {
        guard state == .streaming, target > 0, now - min(now, probedAt) >= limits.probe else { return [] }
        probedAt = now
        return [.probeFirst]
    }

    private mutating func abort(_ reason: String) -> [Action] {
        isAborting = true
        return [.abort(reason)]
    }

    /// What comes after a connection was closed because nothing was left to send: another, if records have come since.
    private mutating func afterClosing() -> [Action] {
        if isWanted {
            isWanted = false
            state = .connecting
            return [.connect]
        }
        state = stopping ? .stopped : .resting
        return stopping ? [.finished] : []
    }

    private mutating func stop() -> [Action] {
        stopping = true
        switch state {
        case .streaming:
            state = .draining
            return [.send]
        case .waiting, .resting:
            state = .stopped
            return [.finished]
        default:
            return []
        }
    }

    /// Goes on with the next collector at once; waits before they are all tried again, twice as long each time, and up
    /// to half as long again by chance. Only a connection that has held for a while counts as a success: a collector
    /// that hangs up at once is not stormed.
    private mutating func retry(_ now: UInt64, _ jitter: UInt64) -> [Action] {
        guard !stopping else {
            state = .stopped
            return [.finished]
        }
        if let connectedAt, now - min(now, connectedAt) >= limits.backoffMax { (failures, tried) = (0, 0) }
        connectedAt = nil
        tried += 1
        guard tried >= limits.targets else {
            target = (target + 1) % limits.targets
            state = .waiting(until: now)
            return []
        }
        (tried, target) = (0, 0)
        let delay = min(limits.backoffMax, limits.backoffFirst << UInt64(min(failures, 20)))
        failures += 1
        state = .waiting(until: now + delay + jitter % (delay / 2 + 1))
        return []
    }
}
