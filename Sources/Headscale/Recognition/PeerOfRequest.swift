/// An address with or without a port, as Go writes it: `192.0.2.1:443`, `[2001:db8::1]:443`, or the address alone.
struct PeerOfRequest: Equatable {
    let address: Range<Int>
    let port: Range<Int>?
    /// The address, if it is one of IPv4.
    let v4: UInt32?

    /// What stands in `range`; nil if that is no address.
    init?(_ text: RawSpan, _ range: Range<Int>) {
        guard range.count >= 2, range.count <= 64 else { return nil }
        if let (end, number) = Self.readIPv4(text, range) {
            v4 = number
            address = range.lowerBound..<end
            guard end < range.upperBound else {
                port = nil
                return
            }
            port = end + 1..<range.upperBound
            guard text.byte(end) == UInt8(ascii: ":"), Self.isPort(text, end + 1..<range.upperBound) else { return nil }
            return
        }
        v4 = nil
        let isBracketed = text.byte(range.lowerBound) == UInt8(ascii: "[")
        let close = isBracketed ? text.first(UInt8(ascii: "]"), in: range) : range.upperBound
        address = range.lowerBound + (isBracketed ? 1 : 0)..<max(close, range.lowerBound + 1)
        port = close + 2 <= range.upperBound ? close + 2..<range.upperBound : nil
        guard close < range.upperBound || !isBracketed, Self.isIPv6(text, address) else { return nil }
        if close + 1 < range.upperBound, text.byte(close + 1) != UInt8(ascii: ":") { return nil }
        if let port, !Self.isPort(text, port) { return nil }
    }

    /// The first address with a port among the first words in `range`, perhaps with a colon behind it. Nobody sends from
    /// `[::]:3478`: a server listens there.
    init?(in text: RawSpan, _ range: Range<Int>) {
        var start = range.lowerBound
        for _ in 0..<16 where start < range.upperBound {
            let end = text.first(0x20, in: start..<range.upperBound)
            let hasColon = end > start && text.byte(end - 1) == UInt8(ascii: ":")
            if let peer = PeerOfRequest(text, start..<(hasColon ? end - 1 : end)), peer.port != nil, peer.v4 != 0,
                !text.isWord("::", peer.address)
            {
                self = peer
                return
            }
            start = min(end + 1, range.upperBound)
        }
        return nil
    }

    /// The end of the four numbers that `range` begins with, and the address that they are; nil if it does not.
    @inline(__always)
    private static func readIPv4(_ text: RawSpan, _ range: Range<Int>) -> (end: Int, address: UInt32)? {
        var at = range.lowerBound
        var address: UInt32 = 0
        for part in 0..<4 {
            let start = at
            var number = 0
            while at < range.upperBound, at - start < 4, text.byte(at).isDigit {
                number = number * 10 + Int(text.byte(at) &- 0x30)
                at += 1
            }
            // As IPAddress has it: no leading zeros, which some read as octal.
            guard at > start, at - start < 4, number <= 255, at - start == 1 || text.byte(start) != 0x30 else {
                return nil
            }
            address = address << 8 | UInt32(number)
            guard part < 3 else { break }
            guard at < range.upperBound, text.byte(at) == UInt8(ascii: ".") else { return nil }
            at += 1
        }
        return (at, address)
    }

    /// Whether it looks like IPv6, perhaps with a zone or with IPv4 in it.
    private static func isIPv6(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        var (colons, digits) = (0, 0)
        for at in range {
            switch text.byte(at) {
            case UInt8(ascii: ":"): (colons, digits) = (colons + 1, 0)
            case UInt8(ascii: ".") where colons >= 2: digits = 0
            case UInt8(ascii: "%") where colons >= 2: return isZone(text, at + 1..<range.upperBound)
            case let byte where byte.isHex:
                digits += 1
                guard digits <= 4 else { return false }
            default: return false
            }
        }
        return colons >= 2 && colons <= 8
    }

    /// Whether it is an interface's name, of characters that need no escape.
    private static func isZone(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        !range.isEmpty
            && range.allSatisfy { at in
                let byte = text.byte(at)
                return byte.isWord || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            }
    }

    private static func isPort(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        guard range.count <= 5, let number = text.decimal(range) else { return false }
        return number <= 65_535
    }
}
