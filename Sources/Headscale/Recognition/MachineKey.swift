internal import Syslog

/// The public key of a machine or node, of which logs have the short form: the first five characters of its base64,
/// in brackets. A whole key is shortened, so that old and new records can be joined.
enum MachineKey {
    /// Appends the short form, without brackets, of the key in `range`; false if that is no key.
    static func append(_ text: RawSpan, _ range: Range<Int>, into out: inout ByteWriter) -> Bool {
        if range.count == 7, text.byte(range.lowerBound) == UInt8(ascii: "["),
            text.byte(range.upperBound - 1) == UInt8(ascii: "]")
        {
            let short = range.lowerBound + 1..<range.upperBound - 1
            guard short.allSatisfy({ isBase64(text.byte($0)) }) else { return false }
            out.append(text, short)
            return true
        }
        let head = range.lowerBound..<min(range.lowerBound + 8, range.upperBound)
        let colon = text.first(UInt8(ascii: ":"), in: head)
        let digits = (colon < head.upperBound ? colon + 1 : range.lowerBound)..<range.upperBound
        guard digits.count == 64, digits.allSatisfy({ text.byte($0).isHex }) else { return false }
        var bits: UInt32 = 0
        for at in digits.prefix(8) {
            let byte = text.byte(at)
            bits = bits << 4 | UInt32(byte.isDigit ? byte &- 0x30 : byte.lowercased &- 0x57)
        }
        for position in 0..<5 { out.append(character(bits >> UInt32(26 - 6 * position) & 63)) }
        return true
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/")
    }

    private static func character(_ value: UInt32) -> UInt8 {
        switch UInt8(value) {
        case let value where value < 26: UInt8(ascii: "A") + value
        case let value where value < 52: UInt8(ascii: "a") + value - 26
        case let value where value < 62: UInt8(ascii: "0") + value - 52
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }
}
