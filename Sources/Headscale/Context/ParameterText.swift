/// PARAM-VALUEs (RFC 5424 §6.3.3) as the canonical record has them: `"`, `\` and `]` behind a backslash, control
/// characters other than HT as `#` and three octal digits.
public enum ParameterText {
    /// Appends as much of `value` as `limit` octets hold, cut between characters.
    public static func append(_ value: String, limit: Int = .max, to text: inout [UInt8]) {
        var room = limit
        for scalar in value.unicodeScalars {
            let bytes = UTF8.encode(scalar)
            guard let bytes, bytes.count <= room else { return }
            room -= bytes.count
            for byte in bytes { append(byte, to: &text) }
        }
    }

    private static func append(_ byte: UInt8, to text: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "]"):
            text.append(UInt8(ascii: "\\"))
            text.append(byte)
        case 0x09, 0x20..<0x7F, 0x80...0xFF: text.append(byte)
        default:
            text.append(UInt8(ascii: "#"))
            for shift: UInt8 in [6, 3, 0] { text.append(0x30 + (byte >> shift & 7)) }
        }
    }
}
