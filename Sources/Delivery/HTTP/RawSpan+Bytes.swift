// Looking at bytes.

extension RawSpan {
    /// The byte at `offset`, which is checked against the bounds.
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 {
        // "Unsafe" is only for types that are not plain bytes.
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// Whether `literal` (ASCII) is what stands in `range`.
    @inline(__always)
    func equals(_ literal: StaticString, _ range: Range<Int>) -> Bool {
        range.count == literal.utf8CodeUnitCount && hasPrefix(literal, range)
    }

    /// Whether what stands in `range` begins with `literal` (ASCII).
    @inline(__always)
    func hasPrefix(_ literal: StaticString, _ range: Range<Int>) -> Bool {
        let length = literal.utf8CodeUnitCount
        guard range.count >= length else { return false }
        // The literal has so many bytes.
        for index in 0..<length where unsafe byte(range.lowerBound + index) != literal.utf8Start[index] { return false }
        return true
    }

    /// Whether two ranges hold the same bytes.
    func equal(_ one: Range<Int>, _ other: Range<Int>) -> Bool {
        guard one.count == other.count else { return false }
        for index in 0..<one.count where byte(one.lowerBound + index) != byte(other.lowerBound + index) { return false }
        return true
    }

    /// The at most eight bytes in `range` as a number, the first the lowest.
    @inline(__always)
    func word(_ range: Range<Int>) -> UInt64 {
        guard range.lowerBound &+ 8 <= byteCount else {
            return range.reversed().reduce(0) { $0 << 8 | UInt64(byte($1)) }
        }
        let word = UInt64(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: range.lowerBound, as: UInt64.self))
        return range.isEmpty ? 0 : word & (~0 >> (64 &- 8 &* UInt64(range.count)))
    }

    /// The first byte of `from..<end` that a JSON string cannot hold as it is (`"`, `\` and C0 controls), or `end`.
    @inline(__always)
    func jsonSpecial(from: Int, to end: Int) -> Int {
        precondition(0 <= from && end <= byteCount)
        var offset = from
        while offset &+ 8 <= end {
            // Eight bytes within the bounds, and any bytes are a word.
            let word = UInt64(
                littleEndian: unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
            let special = JSONEscape.firstSpecial(word)
            if special != 0 { return offset &+ special.trailingZeroBitCount >> 3 }
            offset &+= 8
        }
        while offset < end, !JSONEscape.isSpecial(byte(offset)) { offset &+= 1 }
        return offset
    }
}

/// Which bytes a JSON string cannot hold as they are.
private enum JSONEscape {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    @inline(__always)
    static func isSpecial(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x22 || byte == 0x5C }

    /// The high bit of the first (lowest) byte of `word` that is special; bytes behind it may be marked wrongly. 0 if
    /// none is.
    @inline(__always)
    static func firstSpecial(_ word: UInt64) -> UInt64 {
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5C)
        let controls = (word &- ones &* 0x20) & ~word
        return ((quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes | controls) & highs
    }
}
