/// A message of the catalogue as it is searched for: literal text in lower case, with anything in between.
struct MessageTemplate: Hashable {
    /// The literal parts around the wildcards: one more than there are wildcards. Only the first and the last may be empty.
    let parts: [[UInt8]]

    /// Bytes of literal text.
    var literalCount: Int { parts.reduce(0) { $0 + $1.count } }

    var isExact: Bool { parts.count == 1 }

    /// The ways in which `text` from the table, with its escapes, is met: as it is; with the escapes of a JSON string;
    /// with those of rsyslog and others for control characters (`#012`); without an empty value at its end.
    static func spellings(_ text: FixedText) -> [MessageTemplate] {
        var parts = parts(text)
        trimEnd(&parts)
        var all = [MessageTemplate(parts: parts)]
        for escape in [jsonEscape, controlEscape] {
            let other = MessageTemplate(parts: parts.map { $0.flatMap(escape) })
            if !all.contains(other) { all.append(other) }
        }
        if let short = withoutLast(parts) { all.append(short) }
        return all
    }

    /// What is left of a message whose last value is empty, when the space in front of it is left away on its way; nil if
    /// there is nothing like that.
    private static func withoutLast(_ parts: [[UInt8]]) -> MessageTemplate? {
        guard parts.count > 1, parts[parts.count - 1].isEmpty else { return nil }
        var rest = Array(parts.dropLast())
        guard rest[rest.count - 1].last == 0x20 else { return nil }
        rest[rest.count - 1].removeLast()
        return rest[rest.count - 1].isEmpty ? nil : MessageTemplate(parts: rest)
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
        while let last = parts[parts.count - 1].last, last == 0x0A || last == 0x09 || last == 0x20,
            parts.count == 1 || parts[parts.count - 1].count > 1
        {
            parts[parts.count - 1].removeLast()
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
