internal import CScan

/// The only places of this module that read memory without the span's own checks. Each search first proves that its
/// range lies in the span, and ``CScan`` reads nothing outside `0..<end`.
extension RawSpan {
    /// The byte at `offset`, which must lie in the span (checked).
    @inlinable @inline(__always)
    func byte(_ offset: Int) -> UInt8 {
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The byte at `offset`, or nil behind the end.
    @inline(__always)
    func byteIfPresent(_ offset: Int) -> UInt8? {
        offset < byteCount ? byte(offset) : nil
    }

    /// Eight bytes from `offset` as a little-endian number; they must lie in the span (checked).
    @inline(__always)
    func eightBytes(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    // MARK: - Searches in `from..<end`; each returns `end` when there is nothing to find

    /// The first LF or NUL.
    @inline(__always)
    func lineEnd(from: Int, to end: Int) -> Int {
        precondition(0 <= from && from <= end && end <= byteCount)
        return unsafe withUnsafeBytes { unsafe Int(cscan_line_end(Self.start(of: $0), from, end)) }
    }

    /// The first byte that the canonical record does not take as it is: C0 other than HT, DEL, non-ASCII.
    @inline(__always)
    func special(from: Int, to end: Int) -> Int {
        precondition(0 <= from && from <= end && end <= byteCount)
        return unsafe withUnsafeBytes { unsafe Int(cscan_special(Self.start(of: $0), from, end)) }
    }

    /// The first byte that is not PRINTUSASCII.
    @inline(__always)
    func fieldEnd(from: Int, to end: Int) -> Int {
        precondition(0 <= from && from <= end && end <= byteCount)
        return unsafe withUnsafeBytes { unsafe Int(cscan_field_end(Self.start(of: $0), from, end)) }
    }

    /// The first byte that cannot be part of an SD-NAME.
    @inline(__always)
    func nameEnd(from: Int, to end: Int) -> Int {
        precondition(0 <= from && from <= end && end <= byteCount)
        return unsafe withUnsafeBytes { unsafe Int(cscan_name_end(Self.start(of: $0), from, end)) }
    }

    /// The first byte of a PARAM-VALUE that needs a look: `"`, `\`, `]`, or a special byte.
    @inline(__always)
    func valueSpecial(from: Int, to end: Int) -> Int {
        precondition(0 <= from && from <= end && end <= byteCount)
        return unsafe withUnsafeBytes { unsafe Int(cscan_value_special(Self.start(of: $0), from, end)) }
    }

    /// Which of the 64 bytes from `from` on are quotation marks and which are backslashes, bit by bit, as far as they lie
    /// in front of `end`.
    @inline(__always)
    func stringMasks(from: Int, to end: Int) -> (quotes: UInt64, backslashes: UInt64) {
        precondition(0 <= from && from <= end && end <= byteCount)
        let masks = unsafe withUnsafeBytes { unsafe cscan_string(Self.start(of: $0), from, end) }
        return (masks.quotes, masks.backslashes)
    }

    /// An empty span may have no address; `CScan` then gets one that it does not read from.
    @inline(__always)
    private static func start(of buffer: UnsafeRawBufferPointer) -> UnsafePointer<UInt8>? {
        unsafe buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
    }

    /// The first byte from `start` on that is neither a space nor an HT.
    func skipBlanks(_ start: Int) -> Int {
        var position = start
        while position < byteCount, byte(position).isBlank { position += 1 }
        return position
    }

    // MARK: - Comparisons

    /// Whether `literal` (ASCII) stands at `offset`.
    @inline(__always)
    func has(_ literal: StaticString, at offset: Int) -> Bool {
        let length = literal.utf8CodeUnitCount
        guard offset >= 0, offset <= byteCount - length else { return false }
        for index in 0..<length where unsafe byte(offset + index) != literal.utf8Start[index] { return false }
        return true
    }

    /// Whether `literal` (lower-case ASCII) stands at `offset`, in any case.
    func hasIgnoringCase(_ literal: StaticString, at offset: Int) -> Bool {
        let length = literal.utf8CodeUnitCount
        guard offset >= 0, offset <= byteCount - length else { return false }
        for index in 0..<length where unsafe byte(offset + index).lowercased != literal.utf8Start[index] {
            return false
        }
        return true
    }

    /// Whether two ranges of the span hold the same bytes.
    func equal(_ one: Range<Int>, _ other: Range<Int>) -> Bool {
        guard one.count == other.count else { return false }
        for index in 0..<one.count where byte(one.lowerBound + index) != byte(other.lowerBound + index) { return false }
        return true
    }

    /// Octets of the well-formed UTF-8 character at `offset` that ends before `end`, or 0 when there is none: overlong
    /// forms, surrogates and what lies beyond U+10FFFF are not characters (Unicode, table 3-7).
    @inline(__always)
    func characterLength(at offset: Int, to end: Int) -> Int {
        let lead = byte(offset)
        if lead < 0x80 { return 1 }
        if lead < 0xC2 || lead > 0xF4 { return 0 }
        let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        guard end - offset >= length else { return 0 }
        let second = byte(offset + 1)
        let lowest: UInt8 = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80
        let highest: UInt8 = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF
        guard second >= lowest && second <= highest else { return 0 }
        var index = 2
        while index < length {
            guard byte(offset + index) & 0xC0 == 0x80 else { return 0 }
            index += 1
        }
        return length
    }

    /// `end` without the first octets of a character of which the others lie behind it; never in front of `start`.
    @inline(__always)
    func withoutPartOfCharacter(from start: Int, to end: Int) -> Int {
        for back in 1...3 where end - back >= start {
            let byte = byte(end - back)
            if byte & 0xC0 == 0x80 { continue }
            let isLead = byte >= 0xC2 && byte <= 0xF4
            return isLead && back < (byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4) ? end - back : end
        }
        return end
    }
}

extension UInt8 {
    @inline(__always) var isDigit: Bool { self &- 0x30 < 10 }
    @inline(__always) var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }
    @inline(__always) var isUpper: Bool { self &- 0x41 < 26 }
    @inline(__always) var isAlphanumeric: Bool { isDigit || isLetter }
    @inline(__always) var isHexDigit: Bool { isDigit || (self | 0x20) &- 0x61 < 6 }
    /// PRINTUSASCII of RFC 5424, %d33-126.
    @inline(__always) var isPrintable: Bool { self &- 0x21 < 0x5E }
    @inline(__always) var isBlank: Bool { self == 0x20 || self == 0x09 }
    @inline(__always) var lowercased: UInt8 { isUpper ? self | 0x20 : self }
    /// The value of a decimal digit.
    @inline(__always) var digitValue: Int { Int(self &- 0x30) }
}
