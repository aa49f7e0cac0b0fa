internal import Syslog

/// The public key of a machine or node, of which logs have the short form: the first five characters of its base64,
/// in brackets. A whole key is shortened, so that old and new records can be joined.
enum MachineKey {
    /// Appends the short form, without brackets, of the key in `range`; false if that is no key.
    static func append(_ text: RawSpan, _ range: Range<Int>, into out: inout ByteWriter) -> Bool {
        if let short = short(text, range) {
            out.append(text, short)
            return true
        }
        guard let digits = digits(text, range) else { return false }
        var bits: UInt32 = 0
        for at in digits.prefix(8) {
            let byte = text.byte(at)
            bits = bits << 4 | UInt32(byte.isDigit ? byte &- 0x30 : byte.lowercased &- 0x57)
        }
        for position in 0..<5 { out.append(character(bits >> UInt32(26 - 6 * position) & 63)) }
        return true
    }

    /// Whether the text in `range` is a key, of either form.
    static func isKey(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        short(text, range) != nil || digits(text, range) != nil
    }

    /// What stands in the brackets of the short form.
    private static func short(_ text: RawSpan, _ range: Range<Int>) -> Range<Int>? {
        guard range.count == 7, text.byte(range.lowerBound) == UInt8(ascii: "["),
            text.byte(range.upperBound - 1) == UInt8(ascii: "]")
        else { return nil }
        let short = range.lowerBound + 1..<range.upperBound - 1
        return short.allSatisfy { isBase64(text.byte($0)) } ? short : nil
    }

    /// The digits of a whole key, behind `mkey:` or nothing.
    private static func digits(_ text: RawSpan, _ range: Range<Int>) -> Range<Int>? {
        let head = range.lowerBound..<min(range.lowerBound + 8, range.upperBound)
        let colon = text.first(UInt8(ascii: ":"), in: head)
        let digits = (colon < head.upperBound ? colon + 1 : range.lowerBound)..<range.upperBound
        return digits.count == 64 && digits.allSatisfy { text.byte($0).isHex } ? digits : nil
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
