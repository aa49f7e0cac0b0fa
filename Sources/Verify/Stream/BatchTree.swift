internal import OpenSSL
internal import TransparencyLog

/// The hash tree over the leaves of one batch and the compact range in front of them, kept whole: another leaf at one
/// place costs one path, not the batch. So many versions of a record can be tried.
struct BatchTree {
    private let base: CompactRange
    private let size: UInt64
    /// The nodes of each level that have a leaf of the batch below them and are complete, and the place of the first.
    private var levels: [(first: UInt64, nodes: [Hash])] = []
    /// Hashes computed.
    private(set) var work: UInt64 = 0

    init(base: CompactRange, leaves: [Hash], _ hasher: inout SHA256Hasher) {
        self.base = base
        size = base.size + UInt64(leaves.count)
        levels.append((base.size, leaves))
        while true {
            let level = levels.count
            let first = base.size >> UInt64(level)
            guard level < 63, size >> UInt64(level) > first else { return }
            levels.append((first, []))
            for place in first..<size >> UInt64(level) { levels[level].nodes.append(node(level, place, &hasher)) }
        }
    }

    /// Puts `leaf` at the `offset`-th place of the batch.
    mutating func set(_ offset: Int, _ leaf: Hash, _ hasher: inout SHA256Hasher) {
        levels[0].nodes[offset] = leaf
        var place = base.size + UInt64(offset)
        for level in 1..<levels.count {
            place >>= 1
            guard place < size >> UInt64(level) else { return }
            levels[level].nodes[Int(place - levels[level].first)] = node(level, place, &hasher)
        }
    }

    /// The root of the tree (RFC 6962 §2.1): the complete subtrees, bagged from the smallest to the largest.
    mutating func root(_ hasher: inout SHA256Hasher) -> Hash {
        var root: Hash?
        for level in 0..<63 where size >> UInt64(level) & 1 == 1 {
            let peak = complete(level, size >> UInt64(level) - 1)
            root = root.map { hasher.nodeHash(peak, $0) } ?? peak
            work += 1
        }
        return root ?? .emptyRoot
    }

    private mutating func node(_ level: Int, _ place: UInt64, _ hasher: inout SHA256Hasher) -> Hash {
        work += 1
        return hasher.nodeHash(complete(level - 1, place * 2), complete(level - 1, place * 2 + 1))
    }

    /// A complete node: one of the batch's, or else one of the compact range, in which it then is.
    private func complete(_ level: Int, _ place: UInt64) -> Hash {
        if level < levels.count, place >= levels[level].first {
            return levels[level].nodes[Int(place - levels[level].first)]
        }
        return base.hashes[(base.size >> UInt64(level + 1)).nonzeroBitCount]
    }
}
