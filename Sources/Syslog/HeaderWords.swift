/// What the words of an RFC 3164 header may be. Only their form is looked at: the grammar leaves nothing else.
enum HeaderWord {
    /// The longest host name, RFC 5424 section 6.2.4, and the longest tag that is taken for one.
    static let lengthMax = 255

    /// Whether the word in `range` can be a host: a name, an IPv4 address, or an IPv6 address with or without brackets.
    static func isHost(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        guard !range.isEmpty, range.count <= lengthMax else { return false }
        return isName(bytes, range) || isIPv6(bytes, range)
    }

    private static let nameBytes = ByteSet(alphanumericsAnd: "-._")
    private static let chainBytes = ByteSet(alphanumericsAnd: "-._/")
    private static let tagBytes = ByteSet(alphanumericsAnd: "-_./%@()+#$*&~")
    private static let bareTagBytes = ByteSet(alphanumericsAnd: "-_./%")

    /// Letters, digits, `-`, `.`, `_`, beginning with a letter or a digit: host names and IPv4 addresses. Also several
    /// with `/` between them, as relays and clusters write it, unless there is no letter (2026/11/23).
    private static func isName(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        guard !range.isEmpty, bytes.byte(range.lowerBound).isAlphanumeric else { return false }
        let end = nameBytes.end(bytes, range)
        guard end < range.upperBound else { return true }
        guard chainBytes.end(bytes, end..<range.upperBound) == range.upperBound else { return false }
        return range.contains { bytes.byte($0).isLetter }
    }

    /// A sequence number: one to ten digits.
    static func isNumber(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        1...10 ~= range.count && range.allSatisfy { bytes.byte($0).isDigit }
    }

    /// Hexadecimal digits and at least two colons, perhaps with an IPv4 address at the end, a `%zone`, and brackets.
    static func isIPv6(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        var range = range
        if bytes.byte(range.lowerBound) == UInt8(ascii: "[") {
            guard range.count > 2, bytes.byte(range.upperBound - 1) == UInt8(ascii: "]") else { return false }
            range = range.lowerBound + 1..<range.upperBound - 1
        }
        var colons = 0
        for index in range {
            let byte = bytes.byte(index)
            if byte == UInt8(ascii: "%") { return colons >= 2 && isName(bytes, index + 1..<range.upperBound) }
            if byte == UInt8(ascii: ":") {
                colons += 1
            } else if !byte.isHexDigit && byte != UInt8(ascii: ".") {
                return false
            }
        }
        // `fe80::1:` is an address with the punctuation of a tag; `abc::` and the like are addresses.
        let endsInColon = bytes.byte(range.upperBound - 1) == UInt8(ascii: ":")
        return colons >= 2 && colons <= 7 && (!endsInColon || bytes.byte(range.upperBound - 2) == UInt8(ascii: ":"))
    }

    /// Four numbers with dots between them.
    static func isIPv4(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        var dots = 0
        var digits = 0
        for index in range {
            let byte = bytes.byte(index)
            if byte.isDigit {
                digits += 1
                guard digits <= 3 else { return false }
            } else {
                guard byte == UInt8(ascii: "."), digits > 0 else { return false }
                dots += 1
                digits = 0
            }
        }
        return dots == 3 && digits > 0
    }

    /// An address and a colon, as in `10.0.0.1: %SYS-5-...`: a tag is never an address.
    static func isAddressWithColon(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        guard range.count > 3, bytes.byte(range.upperBound - 1) == UInt8(ascii: ":") else { return false }
        let address = range.lowerBound..<range.upperBound - 1
        return isIPv4(bytes, address) || isIPv6(bytes, address)
    }

    // MARK: - Tags

    /// Where the longest possible tag in front of `:` or `[` ends.
    static func tagEnd(_ bytes: RawSpan, _ range: Range<Int>) -> Int {
        tagBytes.end(bytes, range)
    }

    /// Whether the word in `range` can be a tag without any punctuation: an identifier, a path or a Cisco mnemonic of at
    /// most 48 octets (RFC 5424's APP-NAME).
    static func isBareTag(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        guard !range.isEmpty, range.count <= 48 else { return false }
        let first = bytes.byte(range.lowerBound)
        let isMnemonic = first == UInt8(ascii: "%") && range.count > 1 && bytes.byte(range.lowerBound + 1).isLetter
        guard first.isLetter || first == UInt8(ascii: "/") || first == UInt8(ascii: "_") || isMnemonic else {
            return false
        }
        guard bareTagBytes.end(bytes, range) == range.upperBound else { return false }
        return !isLevel(bytes, range)
    }

    /// A log level, as applications write it at the head of their own lines: neither a host nor a tag.
    static func isLevel(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        guard range.count >= 3, range.count <= 8 else { return false }
        // zerolog's console writer, for a record without a level.
        if range.count == 3, bytes.has("???", at: range.lowerBound) { return true }
        for index in range where !bytes.byte(index).isUpper { return false }
        for level in levels where level.utf8CodeUnitCount == range.count && bytes.has(level, at: range.lowerBound) {
            return true
        }
        return false
    }

    private static let levels: [StaticString] = [
        "TRC", "DBG", "INF", "WRN", "ERR", "FTL", "PNC", "TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "WARNING", "ERROR",
        "CRITICAL", "FATAL", "PANIC",
    ]
}

/// A set of ASCII bytes.
private struct ByteSet: Sendable {
    private let low: UInt64
    private let high: UInt64

    /// Letters, digits, and the bytes of `others`.
    init(alphanumericsAnd others: StaticString) {
        var bits: (UInt64, UInt64) = (0, 0)
        for byte in UInt8(0)..<128 {
            // The index lies within the literal.
            let isOther = (0..<others.utf8CodeUnitCount).contains { unsafe others.utf8Start[$0] == byte }
            guard byte.isAlphanumeric || isOther else { continue }
            if byte < 64 { bits.0 |= 1 << UInt64(byte) } else { bits.1 |= 1 << UInt64(byte - 64) }
        }
        (low, high) = bits
    }

    /// The offset of the first byte in `range` that does not belong to the set, or the range's end.
    func end(_ bytes: RawSpan, _ range: Range<Int>) -> Int {
        for index in range {
            let byte = bytes.byte(index)
            let half = byte < 64 ? low : high
            guard byte < 128, half >> UInt64(byte & 63) & 1 == 1 else { return index }
        }
        return range.upperBound
    }
}
