extension RawSpan {
    /// Whether the `count` bytes from `start` on are those of `other` from `otherStart` on, which are in lower case, but
    /// for the case of ASCII letters. All of them must lie in the two spans (checked).
    @inline(__always)
    func equalsLowercase(_ start: Int, _ other: RawSpan, _ otherStart: Int, count: Int) -> Bool {
        var at = 0
        while at + 8 <= count {
            if eightBytes(start + at).lowercasedBytes != other.eightBytes(otherStart + at) { return false }
            at += 8
        }
        while at < count {
            if byte(start + at).lowercased != other.byte(otherStart + at) { return false }
            at += 1
        }
        return true
    }
}

extension UInt64 {
    /// Eight bytes, with ASCII letters in lower case and all else as it is.
    @inline(__always)
    fileprivate var lowercasedBytes: UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let sevenBits = self & (0x7F * ones)
        let fromA = sevenBits &+ (0x80 - 0x41) * ones
        let behindZ = sevenBits &+ (0x80 - 0x5B) * ones
        let letters = fromA & ~behindZ & ~self & (0x80 * ones)
        return self | letters >> 2
    }
}
