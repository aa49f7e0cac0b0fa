/// Looks at bytes eight or sixteen at a time. In each word the first byte is the lowest.
enum WordScan {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080
    private static let lows: UInt64 = 0x7F7F_7F7F_7F7F_7F7F

    /// The eight bytes from `offset`, which the caller has checked against the bounds.
    @inline(__always)
    static func word(_ bytes: RawSpan, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
    }

    // MARK: - Searches

    /// The high bit of each byte that is zero. Bytes behind the first zero one may be marked wrongly.
    @inline(__always)
    private static func firstZero(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & highs }

    /// The offset of the first byte from `start` that is `first` or `second`, or nil.
    @inline(__always)
    static func firstOffset(of first: UInt8, or second: UInt8, in bytes: RawSpan, from start: Int) -> Int? {
        let count = bytes.byteCount
        let (firsts, seconds) = (ones &* UInt64(first), ones &* UInt64(second))
        var offset = start
        while offset &+ 8 <= count {
            let word = word(bytes, offset)
            let found = firstZero(word ^ firsts) | firstZero(word ^ seconds)
            if found != 0 { return offset &+ found.trailingZeroBitCount >> 3 }
            offset &+= 8
        }
        while offset < count {
            let byte = bytes.uncheckedByte(offset)
            if byte == first || byte == second { return offset }
            offset &+= 1
        }
        return nil
    }

    /// The offset of the first `]` from `start` that is not between quotation marks, if sixteen bytes at a time suffice
    /// to find it. If not, where to go on and whether that is between quotation marks: near the end of `bytes`, or
    /// where a backslash takes a closer look.
    @inline(__always)
    static func closingBracket(in bytes: RawSpan, from start: Int) -> (offset: Int, isFound: Bool, isQuoted: Bool) {
        let count = bytes.byteCount
        var offset = start
        // 1 in each byte of a word that begins between quotation marks, else 0.
        var quoted: UInt64 = 0
        while offset &+ 16 <= count {
            // Any sixteen bytes are a vector.
            let block = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: SIMD16<UInt8>.self)
            let backslashes = words(block .== SIMD16(repeating: 0x5C))
            if backslashes.0 | backslashes.1 != 0 { break }
            let quotes = words(block .== SIMD16(repeating: 0x22))
            let brackets = words(block .== SIMD16(repeating: 0x5D))
            // Multiplied with ones, each byte becomes the number of quotation marks up to it: odd is inside.
            let first = (quotes.0 & ones) &* ones & ones ^ quoted
            let second = (quotes.1 & ones) &* ones & ones ^ (first >> 56) &* ones
            let (closingFirst, closingSecond) = (brackets.0 & ones & ~first, brackets.1 & ones & ~second)
            if closingFirst != 0 { return (offset &+ closingFirst.trailingZeroBitCount >> 3, true, false) }
            if closingSecond != 0 { return (offset &+ 8 &+ closingSecond.trailingZeroBitCount >> 3, true, false) }
            quoted = (second >> 56) &* ones
            offset &+= 16
        }
        return (offset, false, quoted != 0)
    }

    /// A mask of sixteen bytes, each of which is all ones or all zeros, as two words.
    @inline(__always)
    private static func words(_ mask: SIMDMask<SIMD16<Int8>>) -> (UInt64, UInt64) {
        // A mask is stored as a vector of 0 and -1, and a vector of sixteen bytes is two words.
        unsafe unsafeBitCast(mask, to: (UInt64, UInt64).self)
    }

    /// The offset behind the `ordinal`-th space, counted from 1, or nil if there are not so many.
    @inline(__always)
    static func offset(behindSpace ordinal: Int, in bytes: RawSpan) -> Int? {
        let count = bytes.byteCount
        let spaces = ones &* 0x20
        var missing = ordinal
        var offset = 0
        while offset &+ 8 <= count {
            let difference = word(bytes, offset) ^ spaces
            // Exact for every byte, because these are counted.
            var found = ~(((difference & lows) &+ lows) | difference | lows)
            let here = Int(truncatingIfNeeded: ((found >> 7) &* ones) >> 56)
            if here >= missing {
                for _ in 1..<missing { found &= found &- 1 }
                return offset &+ found.trailingZeroBitCount >> 3 &+ 1
            }
            missing &-= here
            offset &+= 8
        }
        while offset < count {
            if bytes.uncheckedByte(offset) == 0x20 {
                missing &-= 1
                if missing == 0 { return offset &+ 1 }
            }
            offset &+= 1
        }
        return nil
    }

    // MARK: - Numbers

    /// The number that eight lower-case hexadecimal digits spell, or nil if one is not such a digit.
    @inline(__always)
    static func hexadecimal(_ word: UInt64) -> UInt32? {
        // 1 in each byte that can only be a letter, and what each byte is worth if it is a digit at all.
        let letters = word >> 6 & ones
        let values = (word & (ones &* 0x0F)) &+ letters &* 9
        // Letters are worth 10 to 15 and digits 0 to 9, and each value has one spelling.
        let fromTen = (values &+ ones &* (0x80 - 10)) >> 7 & ones
        let fromSixteen = (values &+ ones &* (0x80 - 16)) & highs
        let spelled = values &+ ones &* 0x30 &+ letters &* 0x27
        guard fromTen == letters, fromSixteen == 0, spelled == word else { return nil }
        var number = values.byteSwapped
        number = (number | number >> 4) & 0x00FF_00FF_00FF_00FF
        number = (number | number >> 8) & 0x0000_FFFF_0000_FFFF
        return UInt32(truncatingIfNeeded: number | number >> 16)
    }
}
