import TransparencyLog

/// A hash that is quick and mixes well enough to tell trees apart. It stands in for SHA-256 where a test is about the
/// shape of trees: this library does not know what hash it is given.
struct MixingHasher: TreeHasher {
    private func mix(_ bytes: RawSpan, _ seed: UInt64) -> (UInt64, UInt64) {
        var (first, second) = (seed &* 0x9E37_79B9_7F4A_7C15, seed ^ 0xD6E8_FEB8_6659_FD93)
        for offset in stride(from: 0, to: bytes.byteCount - 7, by: 8) {
            let word = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
            first = (first ^ word) &* 0xFF51_AFD7_ED55_8CCD
            first ^= first >> 31
            second = (second &+ word &+ first) &* 0xC4CE_B9FE_1A85_EC53
            second ^= second >> 29
        }
        for offset in bytes.byteCount & ~7..<bytes.byteCount {
            first =
                (first ^ UInt64(unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)))
                &* 0xFF51_AFD7_ED55_8CCD
            second = (second &+ first) &* 0xC4CE_B9FE_1A85_EC53
        }
        return (first, second)
    }

    private func hash(_ words: InlineArray<4, UInt64>) -> Hash {
        unsafe Hash(words.span.bytes)!
    }

    mutating func digest(_ bytes: RawSpan) -> Hash {
        let (first, second) = mix(bytes, 3)
        return hash([first, second, first &+ second, 0])
    }

    mutating func leafHash(_ head: RawSpan, _ tail: RawSpan) -> Hash {
        let (first, second) = (mix(head, 0), mix(tail, 1))
        return hash([first.0, first.1, second.0, second.1])
    }

    mutating func nodeHash(_ left: Hash, _ right: Hash) -> Hash {
        let (first, second) = (left.withBytes { mix($0, 4) }, right.withBytes { mix($0, 5) })
        return hash([first.0 ^ second.1, first.1 &+ second.0, first.0 &- second.0, first.1 ^ second.1 &* 3])
    }
}

/// The definitions of RFC 6962 §2.1, word for word and without a thought for speed.
struct NaiveTree {
    var hasher = MixingHasher()
    let leaves: [Hash]

    /// A tree of so many different leaves.
    init(_ count: Int) {
        var hasher = hasher
        leaves = (0..<count).map { hasher.leafHash(Array("leaf \($0)".utf8)) }
    }

    private func split(_ count: Int) -> Int {
        var power = 1
        while power * 2 < count { power *= 2 }
        return power
    }

    mutating func root(_ range: Range<Int>) -> Hash {
        if range.isEmpty { return .emptyRoot }
        if range.count == 1 { return leaves[range.lowerBound] }
        let middle = range.lowerBound + split(range.count)
        let left = root(range.lowerBound..<middle)
        return hasher.nodeHash(left, root(middle..<range.upperBound))
    }

    /// PATH(m, D[n])
    mutating func path(_ index: Int, _ range: Range<Int>) -> [Hash] {
        if range.count == 1 { return [] }
        let middle = range.lowerBound + split(range.count)
        return index < middle
            ? path(index, range.lowerBound..<middle) + [root(middle..<range.upperBound)]
            : path(index, middle..<range.upperBound) + [root(range.lowerBound..<middle)]
    }

    /// SUBPROOF(m, D[n], b)
    mutating func subproof(_ old: Int, _ range: Range<Int>, _ isComplete: Bool) -> [Hash] {
        let count = range.count
        if old == count { return isComplete ? [] : [root(range)] }
        let middle = range.lowerBound + split(count)
        return old <= middle - range.lowerBound
            ? subproof(old, range.lowerBound..<middle, isComplete) + [root(middle..<range.upperBound)]
            : subproof(old - (middle - range.lowerBound), middle..<range.upperBound, false)
                + [root(range.lowerBound..<middle)]
    }
}

extension Hash {
    /// The hash with one bit changed.
    var tampered: Hash {
        var bytes = bytes
        bytes[13] ^= 0x10
        return Hash(bytes)!
    }
}
