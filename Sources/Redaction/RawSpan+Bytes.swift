extension RawSpan {
    /// The byte at `offset`, which is checked against the bounds.
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 {
        // "Unsafe" is only for types that are not plain bytes.
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// Whether the bytes from `offset` on are `text`.
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

    /// The first offset in `range` whose byte is `wanted`, or the end of `range`.
    func first(_ wanted: UInt8, in range: Range<Int>) -> Int {
        var at = range.lowerBound
        while at < range.upperBound, byte(at) != wanted { at += 1 }
        return at
    }

    /// The number of backslashes that end at `offset`, none of them before `start`.
    func backslashes(before offset: Int, from start: Int) -> Int {
        var at = offset
        while at > start, byte(at - 1) == UInt8(ascii: "\\") { at -= 1 }
        return offset - at
    }

    /// The number of backslashes from `offset` on, none of them at or behind `end`.
    func backslashes(from offset: Int, to end: Int) -> Int {
        var at = offset
        while at < end, byte(at) == UInt8(ascii: "\\") { at += 1 }
        return at - offset
    }
}

extension UInt8 {
    var isDigit: Bool { self &- 0x30 < 10 }
    var isLetter: Bool { lowercased &- 0x61 < 26 }
    var isUpper: Bool { self &- 0x41 < 26 }
    var isLower: Bool { self &- 0x61 < 26 }
    var isBlank: Bool { self == 0x20 || self == 0x09 }
    /// A letter, a digit or `_`.
    var isWord: Bool { isLetter || isDigit || self == 0x5F }
    var isHex: Bool { isDigit || lowercased &- 0x61 < 6 }
    var isJSONNumber: Bool { isDigit || self == 0x2D || self == 0x2E || self == 0x2B || lowercased == 0x65 }
    /// The letter in lower case; any other byte as it is.
    var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }
}
