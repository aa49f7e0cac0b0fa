internal import Syslog

/// What a relay does with a record of another relay that it trusts: it leaves the record's identity in place and puts
/// its own behind it, under the next number. So each relay's leaf can still be told, and both streams be verified.
public enum TakeOver {
    /// Records that have been in more streams are not taken over.
    public static let relayLimit: UInt64 = 64

    /// The number of the element by which stream `own` marks `line`: 1, for `waxwing@PEN`, if it is of no stream yet,
    /// else N for `waxwing-N@PEN`.
    ///
    /// Nil if the line's identities are not to be believed: what follows the first is not what relays write, or there
    /// is none and yet a `waxwing-rekey` element, which would seem to be stream `own`'s; or the line has been in stream
    /// `own` before, because relays forward to each other in a circle.
    public static func number(of line: RawSpan, in own: LogTag) -> UInt32? {
        let shape = CanonicalLine(line)
        guard shape.kind != .foreign else { return isRekey(line) ? nil : 1 }
        guard shape.violation == nil, shape.log != own else { return nil }
        var cursor = LineCursor(line, at: shape.relayElements.lowerBound)
        var number: UInt64 = 1
        while let next = cursor.takeRelayElement() {
            guard next.log != own else { return nil }
            number = next.number
        }
        return number < relayLimit ? UInt32(number + 1) : nil
    }

    /// Whether a line has an element by which a stream replaces its key.
    private static func isRekey(_ line: RawSpan) -> Bool {
        guard let start = WordScan.offset(behindSpace: CanonicalLine.headerSpaces, in: line) else { return false }
        var cursor = LineCursor(line, at: start)
        while cursor.next == 0x5B {
            if cursor.take("[waxwing-rekey@") { return true }
            guard cursor.skipElement() else { return false }
        }
        return false
    }
}
