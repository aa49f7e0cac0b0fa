/// Tells the surroundings of places in a line's head (header and structured data), in ascending order at little cost.
struct HeadMap {
    /// Offsets of the head's fields: PRI and VERSION, TIMESTAMP, HOSTNAME, APP-NAME, PROCID, MSGID, structured data.
    struct Fields {
        var timestamp: Range<Int>
        var hostname: Range<Int>
        /// The end of each of HOSTNAME, APP-NAME, PROCID and MSGID.
        var ends: InlineArray<4, Int>
        /// Where the structured data begins.
        var structuredData: Int
    }

    let fields: Fields
    private let end: Int
    /// Where the scan goes on, behind ``token``.
    private var at: Int
    /// The SD-ID, PARAM-NAME or PARAM-VALUE found last; there is none between ``gap`` and it.
    private var token: Range<Int>
    private var isValue = false
    private var gap: Int

    /// The map of the head `range` of `bytes`, or nil if it is not a canonical one.
    init?(_ bytes: RawSpan, _ range: Range<Int>) {
        var starts = InlineArray<6, Int>(repeating: 0)
        var at = range.lowerBound
        for index in 0..<6 {
            at = bytes.first(0x20, in: at..<range.upperBound)
            guard at < range.upperBound else { return nil }
            at += 1
            starts[index] = at
        }
        fields = Fields(
            timestamp: starts[0]..<starts[1] - 1, hostname: starts[1]..<starts[2] - 1,
            ends: [starts[2] - 1, starts[3] - 1, starts[4] - 1, starts[5] - 1], structuredData: at)
        end = range.upperBound
        self.at = at
        token = at..<at
        gap = at
    }

    /// The surroundings of `offset`.
    mutating func surroundings(of offset: Int, _ bytes: RawSpan) -> Surroundings {
        if offset < fields.structuredData { return headerField(offset) }
        if offset < gap {
            at = fields.structuredData
            token = at..<at
            gap = at
        }
        while true {
            if offset < token.lowerBound { return .structure }
            // The offset of a closing quote belongs to the value that it closes: nothing is left of it.
            if offset < token.upperBound || (isValue && offset == token.upperBound) {
                return isValue ? .string(token) : .word(token)
            }
            guard advance(bytes) else { return .structure }
        }
    }

    private func headerField(_ offset: Int) -> Surroundings {
        var start = fields.hostname.lowerBound
        for index in 0..<4 {
            if offset < start { return .structure }
            if offset < fields.ends[index] { return .word(start..<fields.ends[index]) }
            start = fields.ends[index] + 1
        }
        return .structure
    }

    /// The offset of the `]` that ends the element whose SD-ID is `name` and `number`, or nil if there is none.
    mutating func elementEnd(_ bytes: RawSpan, named name: StaticString, number: UInt32) -> Int? {
        var isInside = false
        var last = at
        while advance(bytes) {
            if !isValue, bytes.byte(token.lowerBound - 1) == UInt8(ascii: "[") {
                if isInside { return token.lowerBound - 2 }
                isInside = bytes.isElementID(token, name, number)
            }
            last = at
        }
        return isInside ? last : nil
    }

    /// Goes to the next token; false at the end.
    private mutating func advance(_ bytes: RawSpan) -> Bool {
        gap = at
        while at < end {
            switch bytes.byte(at) {
            case UInt8(ascii: "]"), UInt8(ascii: "="), 0x20:
                at += 1
            // Elsewhere it is part of a name, which may have it (RFC 5424 section 6.3.2).
            case UInt8(ascii: "[") where at == fields.structuredData || bytes.byte(at - 1) == UInt8(ascii: "]"):
                at += 1
            case UInt8(ascii: "\""):
                let value = at + 1
                at = value
                while at < end, bytes.byte(at) != UInt8(ascii: "\"") {
                    at += bytes.byte(at) == UInt8(ascii: "\\") ? 2 : 1
                }
                guard at < end else { return false }
                token = value..<at
                isValue = true
                at += 1
                return true
            default:
                let name = at
                while at < end, !bytes.byte(at).endsName { at += 1 }
                token = name..<at
                isValue = false
                return true
            }
        }
        return false
    }
}

extension RawSpan {
    /// Whether the bytes of `range` are `name` and then `number` in decimal, without leading zeros.
    fileprivate func isElementID(_ range: Range<Int>, _ name: StaticString, _ number: UInt32) -> Bool {
        guard has(name, at: range.lowerBound) else { return false }
        var rest = number
        var at = range.upperBound
        repeat {
            at -= 1
            guard at >= range.lowerBound, byte(at) == 0x30 + UInt8(rest % 10) else { return false }
            rest /= 10
        } while rest > 0
        return at == range.lowerBound + name.utf8CodeUnitCount
    }
}

extension UInt8 {
    fileprivate var endsName: Bool { self == UInt8(ascii: "=") || self == UInt8(ascii: "]") || self == 0x20 }
}
