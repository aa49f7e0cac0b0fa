internal import Batch
internal import Syslog

/// Writes a line with its secrets replaced.
struct RedactedLine {
    let hits: SecretHits
    let ruleSet: RuleSet
    let pen: UInt32

    /// The longest line that is written, with the rest left for the identity element.
    static let lineLimit = Batch.lineLimit - Redactor.identityReserve

    /// Whether head and `redacted` element are sure to fit into a line.
    func fits(_ record: Record) -> Bool {
        record.head.count + hits.replacementLength + elementLength <= Self.lineLimit
    }

    /// Writes the record `line`, whose head ends at `split`, and returns where the new head ends, and false if the MSG
    /// was cut because the line would have grown too long. A `redacted` element that is there already, of a relay before this one, is added to:
    /// an SD-ID may not occur twice (RFC 5424 section 6.3.2).
    func write(_ line: RawSpan, split: Int, into out: inout ByteWriter) -> (split: Int, isWhole: Bool) {
        let start = out.count
        if let end = elementEnd(line, split) {
            write(line, 0..<end, room: .max, into: &out)
            writeRules(into: &out)
            write(line, end..<split, room: .max, into: &out)
        } else {
            write(line, 0..<split, room: .max, into: &out)
            Self.beginElement(pen, into: &out)
            writeRules(into: &out)
            out.append(UInt8(ascii: "]"))
        }
        let head = out.count - start
        return (head, write(line, split..<line.byteCount, room: Self.lineLimit - head, into: &out))
    }

    // MARK: - Text

    /// Writes the bytes of `range` with the secrets in it replaced, at most `room` of them: then text is cut at the
    /// end of a character, without blanks at its end, and a placeholder is left out. Whether all went in.
    @discardableResult
    func write(_ line: RawSpan, _ range: Range<Int>, room: Int, into out: inout ByteWriter) -> Bool {
        var room = room
        var at = range.lowerBound
        for index in 0..<hits.count {
            let hit = hits[index]
            guard hit.range.lowerBound >= range.lowerBound, hit.range.lowerBound < range.upperBound else { continue }
            guard copy(line, at..<hit.range.lowerBound, &room, into: &out) else { return false }
            guard hit.replacementLength <= room else { return false }
            room -= hit.replacementLength
            writeQuote(hit.quotes, into: &out)
            out.append(Redactor.placeholder)
            writeQuote(hit.quotes, into: &out)
            at = hit.range.upperBound
        }
        return copy(line, at..<range.upperBound, &room, into: &out)
    }

    private func writeQuote(_ backslashes: Int?, into out: inout ByteWriter) {
        guard let backslashes else { return }
        for _ in 0..<backslashes { out.append(UInt8(ascii: "\\")) }
        out.append(UInt8(ascii: "\""))
    }

    /// Copies `range`, or as much of it as there is room for; false if it was cut.
    private func copy(_ line: RawSpan, _ range: Range<Int>, _ room: inout Int, into out: inout ByteWriter) -> Bool {
        guard range.count > room else {
            out.append(line, range)
            room -= range.count
            return true
        }
        var end = range.lowerBound + room
        while end > range.lowerBound, line.byte(end) & 0xC0 == 0x80 { end -= 1 }
        while end > range.lowerBound, line.byte(end - 1).isBlank { end -= 1 }
        out.append(line, range.lowerBound..<end)
        return false
    }

    // MARK: - The element

    /// An upper bound of what is added to the head.
    private var elementLength: Int {
        var length = 32
        hits.forEachRule { rule, _ in length += ruleSet.rules[rule].name.utf8.count + 24 }
        return length
    }

    /// Writes ` rule="…" n="…"` for each rule.
    private func writeRules(into out: inout ByteWriter) {
        hits.forEachRule { rule, count in
            out.append(" rule=\"")
            for byte in ruleSet.rules[rule].name.utf8 { out.append(byte) }
            out.append("\" n=\"")
            out.append(decimal: UInt64(count))
            out.append(UInt8(ascii: "\""))
        }
    }

    /// The offset of the `]` of the head's `redacted` element, if it has one.
    private func elementEnd(_ line: RawSpan, _ split: Int) -> Int? {
        guard var map = HeadMap(line, 0..<split) else { return nil }
        return map.elementEnd(line, named: "redacted@", number: pen)
    }

    private static func beginElement(_ pen: UInt32, into out: inout ByteWriter) {
        out.append("[redacted@")
        out.append(decimal: UInt64(pen))
    }

    // MARK: - Replacing a record

    /// Writes what may be kept of a record that could not be examined, and returns where its head ends.
    static func writeReplacement(_ line: RawSpan, split: Int, pen: UInt32, into out: inout ByteWriter) -> Int {
        let start = out.count
        if let fields = HeadMap(line, 0..<split)?.fields {
            out.append(line, 0..<fields.timestamp.upperBound + 1)
            if isPlainName(line, fields.hostname) {
                out.append(line, fields.hostname)
            } else {
                out.append(UInt8(ascii: "-"))
            }
        } else {
            out.append("<13>1 - -")
        }
        out.append(" - - - ")
        beginElement(pen, into: &out)
        out.append(" rule=\"")
        out.append(Redactor.errorRule)
        out.append("\" n=\"1\"]")
        let head = out.count - start
        out.append(UInt8(ascii: " "))
        out.append(Redactor.placeholder)
        return head
    }

    /// Whether a HOSTNAME is a host's name or address, with labels too short for a secret.
    private static func isPlainName(_ line: RawSpan, _ range: Range<Int>) -> Bool {
        guard range.count <= 255 else { return false }
        var label = 0
        for at in range {
            let byte = line.byte(at)
            label = byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":") ? 0 : label + 1
            guard label <= 40, byte.isWord || byte == 0x2D || byte == 0x2E || byte == 0x3A,
                !line.has("skey-", at: at)
            else { return false }
        }
        return true
    }
}
