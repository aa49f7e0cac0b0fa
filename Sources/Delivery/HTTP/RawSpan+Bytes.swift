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
