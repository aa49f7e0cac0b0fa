internal import CScan

extension RawSpan {
    /// The byte at `offset`, which is checked against the bounds.
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 {
        // "Unsafe" is only for types that are not plain bytes.
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// Eight bytes from `offset` as a little-endian number; they must lie in the span (checked).
    @inline(__always)
    func eightBytes(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Whether the bytes from `offset` on are `text`.
    @inline(__always)
    func has(_ text: StaticString, at offset: Int) -> Bool {
        let count = text.utf8CodeUnitCount
        guard offset >= 0, count <= byteCount - offset else { return false }
        for index in 0..<count where unsafe text.utf8Start[index] != byte(offset + index) { return false }
        return true
    }

    /// Whether the bytes of `range` are `text`, but for the case of ASCII letters; `text` is in lower case.
    func isWord(_ text: StaticString, _ range: Range<Int>) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<range.count
        where unsafe text.utf8Start[index] != byte(range.lowerBound + index).lowercased { return false }
        return true
    }

    /// The offset of the first `"` or `\` in `from..<end`, or `end`.
    @inline(__always)
    func stringSpecial(from: Int, to end: Int) -> Int {
        guard from < end else { return end }
        precondition(0 <= from && end <= byteCount)
        return unsafe withUnsafeBytes { bytes in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return unsafe Int(cscan_string_special(start, from, end))
        }
    }

    /// The offset of the first byte from `start` on, before `end`, that is neither a space nor an HT; `end` if there is
    /// none.
    @inline(__always)
    func skippingBlanks(_ start: Int, _ end: Int) -> Int {
        guard start < end else { return end }
        // Most have none.
        if byte(start) > 0x20 { return start }
        var at = start
        while at < end, byte(at) == 0x20 || byte(at) == 0x09 { at += 1 }
        return at
    }

    /// The first offset in `range` whose byte is `wanted`, or the end of `range`.
    @inline(__always)
    func first(_ wanted: UInt8, in range: Range<Int>) -> Int {
        var at = range.lowerBound
        while at < range.upperBound, byte(at) != wanted { at += 1 }
        return at
    }

    /// The first offset in `range` where `text` stands, or nil.
    func first(_ text: StaticString, in range: Range<Int>) -> Int? {
        let initial = unsafe text.utf8Start[0]
        let last = range.upperBound - text.utf8CodeUnitCount
        var at = range.lowerBound
        while at <= last {
            if byte(at) == initial, has(text, at: at) { return at }
            at += 1
        }
        return nil
    }

    /// The number that the digits in `range` are; nil if there is anything else, or it is too large.
    func decimal(_ range: Range<Int>) -> UInt64? {
        guard !range.isEmpty, range.count <= 19 else { return nil }
        guard range.count <= 8, range.upperBound >= 8 else { return decimalOfMany(range) }
        // All at once, read together with what stands in front: zeros take its place, and then each digit is added to
        // its neighbour's tenfold, each two to theirs, each four to theirs.
        let missing = UInt64(8 - range.count) * 8
        let ahead: UInt64 = missing == 0 ? 0 : 0x3030_3030_3030_3030 >> (64 - missing)
        let bytes = ((eightBytes(range.upperBound - 8) >> missing) << missing) | ahead
        let values = bytes ^ 0x3030_3030_3030_3030
        guard (values | (values &+ 0x7676_7676_7676_7676)) & 0x8080_8080_8080_8080 == 0 else { return nil }
        let pairs = (values &* 10 &+ values >> 8) & 0x00FF_00FF_00FF_00FF
        let fours = (pairs &* 100 &+ pairs >> 16) & 0x0000_FFFF_0000_FFFF
        return (fours &* 10_000 &+ fours >> 32) & 0xFFFF_FFFF
    }

    private func decimalOfMany(_ range: Range<Int>) -> UInt64? {
        var value: UInt64 = 0
        for at in range {
            guard byte(at).isDigit else { return nil }
            value = value * 10 + UInt64(byte(at) &- 0x30)
        }
        return value
    }
}

extension UInt8 {
    @inline(__always) var isDigit: Bool { self &- 0x30 < 10 }
    @inline(__always) var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }
    @inline(__always) var isHex: Bool { isDigit || (self | 0x20) &- 0x61 < 6 }
    /// A letter, a digit or `_`.
    @inline(__always) var isWord: Bool { isLetter || isDigit || self == 0x5F }
    /// What the name of a field consists of behind its first letter.
    @inline(__always) var isFieldName: Bool {
        isWord || self == UInt8(ascii: ".") || self == UInt8(ascii: "-") || self == UInt8(ascii: "[")
            || self == UInt8(ascii: "]")
    }
    /// The letter in lower case; any other byte as it is.
    @inline(__always) var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }
}
