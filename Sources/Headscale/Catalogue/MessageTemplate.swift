/// A message of the catalogue as it is searched for: literal text in lower case, with anything in between.
struct MessageTemplate: Hashable {
    /// The literal parts around the wildcards: one more than there are wildcards. Only the first and the last may be empty.
    let parts: [[UInt8]]

    /// Bytes of literal text.
    var literalCount: Int { parts.reduce(0) { $0 + $1.count } }

    var isExact: Bool { parts.count == 1 }

    /// The ways in which `text` from the table, with its escapes, is met: as it is; with the escapes of a JSON string;
    /// with those of rsyslog and others for control characters (`#012`).
    static func spellings(_ text: FixedText) -> [MessageTemplate] {
        var parts = parts(text)
        trimEnd(&parts)
        let plain = MessageTemplate(parts: parts)
        var all = [plain]
        for escape in [jsonEscape, controlEscape] {
            let other = MessageTemplate(parts: parts.map { $0.flatMap(escape) })
            if !all.contains(other) { all.append(other) }
        }
        return all
    }

    /// The parts of `text` in lower case, without the escapes of the table.
    private static func parts(_ text: FixedText) -> [[UInt8]] {
        var parts: [[UInt8]] = [[]]
        var at = 0
        while at < text.count {
            let byte = text.bytes.byte(at)
            let next = at + 1 < text.count ? text.bytes.byte(at + 1) : 0
            switch (byte, next) {
            case (UInt8(ascii: "%"), UInt8(ascii: "s")):
                // Two wildcards side by side are one.
                if parts.count == 1 || !parts[parts.count - 1].isEmpty { parts.append([]) }
                at += 1
            case (UInt8(ascii: "\\"), UInt8(ascii: "n")):
                parts[parts.count - 1].append(0x0A)
                at += 1
            case (UInt8(ascii: "\\"), UInt8(ascii: "t")):
                parts[parts.count - 1].append(0x09)
                at += 1
            case (UInt8(ascii: "\\"), _):
                parts[parts.count - 1].append(next)
                at += 1
            default: parts[parts.count - 1].append(byte.lowercased)
            }
            at += 1
        }
        return parts
    }

    /// White space at the end of a message is left away on its way, as often as not.
    private static func trimEnd(_ parts: inout [[UInt8]]) {
        while let last = parts[parts.count - 1].last, last == 0x0A || last == 0x09 || last == 0x20, parts.count == 1 {
            parts[0].removeLast()
        }
    }

    private static func jsonEscape(_ byte: UInt8) -> [UInt8] {
        switch byte {
        case 0x0A: Array("\\n".utf8)
        case 0x09: Array("\\t".utf8)
        case UInt8(ascii: "\""): Array("\\\"".utf8)
        case UInt8(ascii: "\\"): Array("\\\\".utf8)
        default: [byte]
        }
    }

    private static func controlEscape(_ byte: UInt8) -> [UInt8] {
        switch byte {
        case 0x0A: Array("#012".utf8)
        case 0x09: Array("#011".utf8)
        default: [byte]
        }
    }
}
