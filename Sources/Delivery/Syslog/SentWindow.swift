/// What was sent on a connection and may not have arrived.
///
/// A write to a TCP socket says nothing about the peer: its bytes may lie in our socket, in the peer's, or in the
/// collector's memory, and all of that is gone after a reset. Only bytes that have at least `width` bytes behind them,
/// which is more than those buffers hold, are taken for arrived, and those that the peer's system has acknowledged for
/// as long as ``patience`` says; the rest is sent again on the next connection.
public struct SentWindow: Sendable {
    private struct Mark {
        var end: UInt64
        var nextIndex: UInt64
    }

    /// Bytes behind which a record is taken for arrived.
    public let width: UInt64
    /// Nanoseconds after which a collector is taken to have read what its system has.
    public let patience: UInt64

    /// What the peer's system has had for sure since some time.
    private struct Received {
        var end: UInt64
        var since: UInt64
    }

    private var received: Received?
    private var marks: [Mark] = []
    private var sent: UInt64 = 0
    private var flushed: UInt64 = 0
    /// Index of the first record that may not have arrived.
    public private(set) var confirmedIndex: UInt64
    /// Index of the first record that was not given to this connection.
    public private(set) var nextIndex: UInt64
    /// Index of the first record that was never given to any connection.
    public private(set) var unsentIndex: UInt64

    /// A window for a stream that starts at `index`. Records up to `unsent` have been sent before.
    public init(width: Int, patience: UInt64 = 60_000_000_000, from index: UInt64, unsent: UInt64 = 0) {
        self.width = UInt64(width)
        self.patience = patience
        confirmedIndex = index
        nextIndex = index
        unsentIndex = max(index, unsent)
    }

    /// Bytes given to the connection that have not left the process yet.
    public var outstanding: Int { Int(sent - flushed) }

    /// Whether something was sent that may not have arrived.
    public var isWaiting: Bool { !marks.isEmpty }

    /// Notes that `bytes`, which are the records of `indexes`, were given to the connection. Returns how many of the
    /// records had been given to a connection before.
    @discardableResult
    public mutating func noteSent(_ bytes: Int, _ indexes: Range<UInt64>) -> UInt64 {
        let again = indexes.clamped(to: 0..<unsentIndex)
        sent += UInt64(bytes)
        nextIndex = indexes.upperBound
        unsentIndex = max(unsentIndex, nextIndex)
        guard bytes == 0 else {
            marks.append(Mark(end: sent, nextIndex: nextIndex))
            return UInt64(again.count)
        }
        // Where there is nothing to arrive, what came before decides.
        if marks.isEmpty { confirmedIndex = nextIndex } else { marks[marks.count - 1].nextIndex = nextIndex }
        return 0
    }

    /// Notes that there are no records before `index` that could be sent.
    public mutating func skip(to index: UInt64) {
        if index > nextIndex { noteSent(0, index..<index) }
    }

    /// Notes that the system has taken the next `bytes`.
    public mutating func noteFlushed(_ bytes: Int) {
        flushed += UInt64(bytes)
        if flushed >= width { confirm(upTo: flushed - width) }
    }

    /// Notes that at `now`, by the monotonic clock, the peer's system has acknowledged all bytes that the system has
    /// taken.
    public mutating func noteAcknowledged(at now: UInt64) {
        if let received, now >= received.since + patience {
            confirm(upTo: received.end)
            self.received = nil
        }
        if received == nil, isWaiting { received = Received(end: flushed, since: now) }
    }

    private mutating func confirm(upTo end: UInt64) {
        let arrived = marks.prefix { $0.end <= end }
        if let last = arrived.last { confirmedIndex = last.nextIndex }
        marks.removeFirst(arrived.count)
    }

    /// Notes that the peer has read everything and ended the connection in order.
    public mutating func confirmAll() {
        confirm(upTo: .max)
        received = nil
    }

    /// Starts over with a new connection, from the first record that may not have arrived.
    public mutating func reconnect() {
        marks = []
        received = nil
        sent = 0
        flushed = 0
        nextIndex = confirmedIndex
    }
}
