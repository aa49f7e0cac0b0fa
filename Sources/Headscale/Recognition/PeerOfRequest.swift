/// An address with or without a port, as Go writes it: `192.0.2.1:443`, `[2001:db8::1]:443`, or the address alone.
struct PeerOfRequest: Equatable {
    let address: Range<Int>
    let port: Range<Int>?

    /// What stands in `range`; nil if that is no address.
    init?(_ text: RawSpan, _ range: Range<Int>) {
        guard range.count >= 2, range.count <= 64 else { return nil }
        let start = range.lowerBound
        if text.byte(start) == UInt8(ascii: "[") {
            let close = text.first(UInt8(ascii: "]"), in: range)
            guard close < range.upperBound else { return nil }
            address = start + 1..<close
            port = close + 1 < range.upperBound ? close + 2..<range.upperBound : nil
        } else {
            let colon = text.first(UInt8(ascii: ":"), in: range)
            let isAlone =
                text.first(UInt8(ascii: ":"), in: min(colon + 1, range.upperBound)..<range.upperBound)
                < range.upperBound
            address = start..<(isAlone ? range.upperBound : colon)
            port = isAlone || colon == range.upperBound ? nil : colon + 1..<range.upperBound
        }
        if let port, text.decimal(port).map({ $0 > 65_535 }) ?? true { return nil }
        guard Self.isAddress(text, address) else { return nil }
    }

    /// The first address with a port among the first words in `range`, perhaps with a colon behind it.
    init?(in text: RawSpan, _ range: Range<Int>) {
        var start = range.lowerBound
        for _ in 0..<16 where start < range.upperBound {
            let end = text.first(0x20, in: start..<range.upperBound)
            let hasColon = end > start && text.byte(end - 1) == UInt8(ascii: ":")
            if let peer = PeerOfRequest(text, start..<(hasColon ? end - 1 : end)), peer.port != nil {
                self = peer
                return
            }
            start = min(end + 1, range.upperBound)
        }
        return nil
    }

    /// Whether it is IPv4 in four numbers, or looks like IPv6.
    private static func isAddress(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        var (colons, dots, number, digits) = (0, 0, 0, 0)
        for at in range {
            switch text.byte(at) {
            case UInt8(ascii: ":"):
                colons += 1
                digits = 0
            case UInt8(ascii: "."):
                guard digits > 0, number <= 255 else { return false }
                (dots, number, digits) = (dots + 1, 0, 0)
            case UInt8(ascii: "%") where colons >= 2: return at + 1 < range.upperBound
            case let byte where byte.isHex:
                digits += 1
                guard digits <= 4 else { return false }
                if byte.isDigit { number = number * 10 + Int(byte &- 0x30) } else if colons == 0 { return false }
            default: return false
            }
        }
        return colons >= 2 || (colons == 0 && dots == 3 && digits > 0 && digits <= 3 && number <= 255)
    }
}
