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

    /// Where the header's fields stand in the line; about 30 ns.
    public var header: CanonicalHeader { CanonicalHeader(line) }
}
