/// One pass over STRUCTURED-DATA (RFC 5424 section 6.3): where it ends and what is odd about it.
struct StructuredDataScan {
    /// The offset one past the last element.
    private(set) var end: Int
    /// It follows the grammar, except for what ``problems`` says.
    private(set) var isWellFormed = false
    private(set) var problems: Problems = []
    /// Some SD-ID is `waxwing…`, `received@…`, `redacted@…` or `headscale@…`.
    private(set) var hasReservedID = false
    private var identifiers = SeenIdentifiers()

    /// The longest SD-NAME, in octets.
    static let nameLimit = 32

    /// Scans the elements from `start` on, where a `[` stands.
    @inline(__always)
    init(_ bytes: RawSpan, from start: Int, to limit: Int) {
        end = start
        repeat {
            guard element(bytes, limit) else { return }
        } while end < limit && bytes.byte(end) == UInt8(ascii: "[")
        isWellFormed = true
    }

    /// Scans `[SD-ID *(SP SD-PARAM)]`.
    @inline(__always)
    private mutating func element(_ bytes: RawSpan, _ limit: Int) -> Bool {
        let identifier = end + 1
        guard name(bytes, identifier, limit) else { return false }
        hasReservedID =
            hasReservedID
            || ReservedID.isPlausible(bytes.byte(identifier))
                && ReservedID(bytes, identifier..<end) != nil
        if identifiers.isRepeated(bytes, identifier..<end) { problems.insert(.structuredDataDuplicateID) }
        while end < limit {
            let byte = bytes.byte(end)
            if byte == UInt8(ascii: "]") {
                end += 1
                return true
            }
            guard byte == 0x20, name(bytes, end + 1, limit), value(bytes, limit) else { return false }
        }
        return false
    }

    /// Scans an SD-NAME at `start`.
    @inline(__always)
    private mutating func name(_ bytes: RawSpan, _ start: Int, _ limit: Int) -> Bool {
        guard start < limit else { return false }
        end = bytes.nameEnd(from: start, to: limit)
        if end - start > Self.nameLimit { problems.insert(.structuredDataNameTooLong) }
        return end > start
    }

    /// Scans `="PARAM-VALUE"`, in which only `\"`, `\\` and `\]` are escapes (section 6.3.3).
    @inline(__always)
    private mutating func value(_ bytes: RawSpan, _ limit: Int) -> Bool {
        guard end + 1 < limit, bytes.byte(end) == UInt8(ascii: "="), bytes.byte(end + 1) == UInt8(ascii: "\"")
        else { return false }
        end += 2
        while true {
            end = bytes.valueSpecial(from: end, to: limit)
            guard end < limit else { return false }
            switch bytes.byte(end) {
            case UInt8(ascii: "\""):
                end += 1
                return true
            case UInt8(ascii: "]"):
                return false
            case UInt8(ascii: "\\"):
                end += StructuredDataReader.escapeLength(bytes, end, limit)
            case let byte:
                let length = byte < 0x80 ? 0 : bytes.characterLength(at: end, to: limit)
                if length == 0 { problems.insert(.structuredDataOctets) }
                end += max(length, 1)
            }
        }
    }
}

/// The first few SD-IDs of a message. Those behind them are compared with these only, so that the cost stays linear.
private struct SeenIdentifiers {
    private var seen: InlineArray<16, Message.Field> = .init(repeating: Message.Field())
    private var count = 0

    @inline(__always)
    mutating func isRepeated(_ bytes: RawSpan, _ identifier: Range<Int>) -> Bool {
        for index in 0..<count where bytes.equal(seen[index].unchecked, identifier) { return true }
        if count < seen.count {
            seen[count] = Message.Field(identifier.lowerBound, identifier.upperBound)
            count += 1
        }
        return false
    }
}

/// An SD-ID of the relay's own vocabulary, which a client's element must not carry.
enum ReservedID {
    case identity, received, redacted, headscale

    /// Whether an SD-ID that begins with `first` is worth a closer look.
    @inline(__always)
    static func isPlausible(_ first: UInt8) -> Bool {
        first == UInt8(ascii: "w") || first == UInt8(ascii: "r") || first == UInt8(ascii: "h")
    }

    /// `waxwing@…`, `waxwing-anything@…`, `received@…`, `redacted@…`, `headscale@…`: whatever stands behind the `@`, which
    /// ought to be a number, so that no reader that looks only in front of it takes a client's element for the relay's.
    init?(_ bytes: RawSpan, _ identifier: Range<Int>) {
        var at = identifier.lowerBound
        while at < identifier.upperBound, bytes.byte(at) != UInt8(ascii: "@") { at += 1 }
        guard at < identifier.upperBound else { return nil }
        let name = bytes.extracting(identifier.lowerBound..<at)
        if name.has("waxwing", at: 0), name.byteCount == 7 || name.byte(7) == UInt8(ascii: "-") {
            self = .identity
        } else if name.byteCount == 8, name.has("received", at: 0) {
            self = .received
        } else if name.byteCount == 8, name.has("redacted", at: 0) {
            self = .redacted
        } else if name.byteCount == 9, name.has("headscale", at: 0) {
            self = .headscale
        } else {
            return nil
        }
    }
}
