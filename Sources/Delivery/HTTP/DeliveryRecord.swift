public import Syslog

/// A record as a dialect gets it: the canonical line, and what can be read off it without allocating.
public struct DeliveryRecord: ~Escapable {
    /// The record's index in the ledger.
    public let index: UInt64
    /// The canonical line, UTF-8 without a line end.
    public let line: RawSpan

    @_lifetime(copy line)
    public init(index: UInt64, line: RawSpan) {
        self.index = index
        self.line = line
    }

    /// The parts of the line; about 60 ns. Its time is nil for a NILVALUE.
    public var message: Message { Message.parse(line, at: Self.epoch) }

    /// Stands in for a time that a canonical line always has, or says that it has not.
    private static let epoch = Timestamp(seconds: 0)
}
