internal import CScan
internal import Syslog

/// Writing values of a line as PARAM-VALUEs: the escapes of JSON and Go undone, those of RFC 5424 section 6.3.3 made, so
/// that nothing in a value can end it.
extension ByteWriter {
    /// Appends ` name="value"`, of which `opening` is what stands in front of the value, which is cut in front of the
    /// character that would make it longer than `limit` octets.
    @inline(__always)
    mutating func append(_ opening: StaticString, _ text: RawSpan, _ value: FieldValue, limit: Int = 256) {
        append(opening)
        appendValue(text, value, limit: limit)
    }

    /// Appends a value and the quote that closes it.
    @inline(__always)
    mutating func appendValue(_ text: RawSpan, _ value: FieldValue, limit: Int) {
        append(value: text, value.range, value.form, limit: limit)
        append(UInt8(ascii: "\""))
    }

    /// Appends a value.
    @inline(__always)
    mutating func append(value text: RawSpan, _ range: Range<Int>, _ form: FieldValue.Form, limit: Int) {
        if form == .plain, range.count <= limit, !text.needsEscape(range) {
            append(short: text, range)
        } else {
            append(unusualValue: text, range, form, limit: limit)
        }
    }

    private mutating func append(unusualValue text: RawSpan, _ range: Range<Int>, _ form: FieldValue.Form, limit: Int) {
        let full = count + limit
        var at = range.lowerBound
        while at < range.upperBound, count < full, !overflowed {
            let before = count
            if form != .plain, text.byte(at) == UInt8(ascii: "\\"), at + 1 < range.upperBound {
                switch Self.unescape(text, &at, range.upperBound, form) {
                case .character(let value): appendEscaping(value)
                case .octet(let octet): append(octal: octet)
                }
            } else {
                let length = min(text.characterLength(at), range.upperBound - at)
                appendEscaping(text, at..<at + length)
                at += length
            }
            if count > full { return truncate(to: before) }
        }
    }

    /// Appends the contents of a JSON string as a record's text: without its escapes, controls as `#` and three octal
    /// digits, a line end at its end left out.
    mutating func append(unescaped text: RawSpan, _ range: Range<Int>) {
        var at = range.lowerBound
        while at < range.upperBound, !overflowed {
            guard text.byte(at) == UInt8(ascii: "\\"), at + 1 < range.upperBound else {
                append(text.byte(at))
                at += 1
                continue
            }
            guard case .character(let value) = Self.unescape(text, &at, range.upperBound, .json) else { continue }
            switch value {
            case 0x0A where at == range.upperBound: break
            case 0x09: append(0x09)
            case 0..<0x20, 0x7F: append(octal: UInt8(value))
            default: append(character: value)
            }
        }
    }

    private mutating func appendEscaping(_ text: RawSpan, _ character: Range<Int>) {
        let byte = text.byte(character.lowerBound)
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "]") {
            append(UInt8(ascii: "\\"))
        }
        append(text, character)
    }

    /// What the escape at `at` stands for; moves behind it.
    private static func unescape(
        _ text: RawSpan, _ at: inout Int, _ end: Int, _ form: FieldValue.Form
    ) -> Unescaped {
        let kind = text.byte(at + 1)
        at += 2
        switch kind {
        case UInt8(ascii: "n"): return .character(0x0A)
        case UInt8(ascii: "r"): return .character(0x0D)
        case UInt8(ascii: "t"): return .character(0x09)
        case UInt8(ascii: "b"): return .character(0x08)
        case UInt8(ascii: "f"): return .character(0x0C)
        case UInt8(ascii: "a") where form == .quoted: return .character(0x07)
        case UInt8(ascii: "v") where form == .quoted: return .character(0x0B)
        case UInt8(ascii: "x") where form == .quoted:
            guard let octet = number(text, &at, end, digits: 2) else { return .character(0xFFFD) }
            return octet < 0x80 ? .character(octet) : .octet(UInt8(octet))
        case UInt8(ascii: "U") where form == .quoted: return .character(number(text, &at, end, digits: 8) ?? 0xFFFD)
        case UInt8(ascii: "u"): return .character(codePoint(text, &at, end))
        case 0x80...:
            // No escape of anybody's. The character behind the backslash has several octets, and is read next.
            at -= 1
            return .character(0x5C)
        default: return .character(UInt32(kind))
        }
    }

    /// The character of `\u` and four digits, or of two of them (RFC 8259, section 7): U+FFFD for half a pair.
    private static func codePoint(_ text: RawSpan, _ at: inout Int, _ end: Int) -> UInt32 {
        guard let unit = number(text, &at, end, digits: 4) else { return 0xFFFD }
        guard unit & 0xFC00 == 0xD800, at + 6 <= end, text.has("\\u", at: at) else { return unit }
        var next = at + 2
        guard let low = number(text, &next, end, digits: 4), low & 0xFC00 == 0xDC00 else { return 0xFFFD }
        at = next
        return 0x10000 + (unit & 0x3FF) << 10 + low & 0x3FF
    }

    /// The number of so many hexadecimal digits at `at`; nil, and nothing read, if they are not there.
    private static func number(_ text: RawSpan, _ at: inout Int, _ end: Int, digits: Int) -> UInt32? {
        guard at + digits <= end else { return nil }
        var value: UInt32 = 0
        for offset in at..<at + digits {
            let byte = text.byte(offset)
            guard byte.isHex else { return nil }
            value = value << 4 | UInt32(byte.isDigit ? byte &- 0x30 : byte.lowercased &- 0x57)
        }
        at += digits
        return value
    }

    /// A character with the escapes of a PARAM-VALUE; controls other than HT as `#` and three octal digits, as everywhere
    /// in a record.
    private mutating func appendEscaping(_ value: UInt32) {
        switch value {
        case 0x22, 0x5C, 0x5D:
            append(UInt8(ascii: "\\"))
            append(UInt8(value))
        case 0x09: append(0x09)
        case 0..<0x20, 0x7F: append(octal: UInt8(value))
        default: append(character: value)
        }
    }

    /// A character in UTF-8, U+FFFD for what is none.
    private mutating func append(character value: UInt32) {
        guard let scalar = Unicode.Scalar(value), let encoded = UTF8.encode(scalar) else {
            return append("\u{FFFD}")
        }
        for byte in encoded { append(byte) }
    }

    private mutating func append(octal byte: UInt8) {
        append(UInt8(ascii: "#"))
        append(0x30 + (byte >> 6))
        append(0x30 + (byte >> 3 & 7))
        append(0x30 + (byte & 7))
    }
}

/// What an escape stands for.
private enum Unescaped {
    case character(UInt32)
    /// A byte of a Go string that is no text.
    case octet(UInt8)
}

extension RawSpan {
    /// Whether a PARAM-VALUE may not hold these bytes as they are, or they are not all ASCII.
    @inline(__always)
    fileprivate func needsEscape(_ range: Range<Int>) -> Bool {
        guard !range.isEmpty else { return false }
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        return unsafe withUnsafeBytes { bytes in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return unsafe Int(cscan_value_special(start, range.lowerBound, range.upperBound)) < range.upperBound
        }
    }

    /// Octets of the character at `at`. The text is well-formed UTF-8: the canonical record's encoder saw to it.
    fileprivate func characterLength(_ at: Int) -> Int {
        switch byte(at) {
        case 0..<0xC0: 1
        case 0xC0..<0xE0: 2
        case 0xE0..<0xF0: 3
        default: 4
        }
    }
}
