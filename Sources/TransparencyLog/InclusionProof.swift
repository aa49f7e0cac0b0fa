/// The audit path of a leaf: that it is leaf `index` of the tree of `size` leaves (RFC 6962 §2.1.1).
public struct InclusionProof: Hashable, Sendable {
    /// Hashes in a path at most.
    public static let hashLimit = 63

    /// The leaf's place in the tree, from 0.
    public let index: UInt64
    /// Leaves in the tree.
    public let size: UInt64
    /// The path, from the leaf's sibling to the root's child.
    public let hashes: [Hash]

    /// A path as somebody else gave it; ``root(of:_:)`` says whether it can be one.
    public init(index: UInt64, size: UInt64, hashes: [Hash]) {
        self.index = index
        self.size = size
        self.hashes = hashes
    }

    /// Makes the path of leaf `index` in the tree of `size` leaves, `index < size`, from the leaf hashes.
    /// Asks for every leaf but the one at `index`, each once, and in ascending order within each subtree.
    public init<Hasher: TreeHasher & ~Copyable, Failure: Error>(
        index: UInt64, size: UInt64, _ hasher: inout Hasher, leaf: (UInt64) throws(Failure) -> Hash
    ) throws(Failure) {
        precondition(index < size && size <= CompactRange.sizeLimit)
        var path: [Hash] = []
        var subtree = 0..<size
        while subtree.count > 1 {
            let middle = subtree.lowerBound + Subtree.split(subtree)
            let (left, right) = (subtree.lowerBound..<middle, middle..<subtree.upperBound)
            path.append(try Subtree.root(index < middle ? right : left, &hasher, leaf: leaf))
            subtree = index < middle ? left : right
        }
        self.init(index: index, size: size, hashes: path.reversed())
    }

    /// The root that the path leads to from a leaf's hash, or nil if no tree of this size has such a path
    /// (RFC 9162 §2.1.3.2). The leaf is included if this is the root of a head one trusts.
    public func root<Hasher: TreeHasher & ~Copyable>(of leaf: Hash, _ hasher: inout Hasher) -> Hash? {
        guard index < size else { return nil }
        var node = index
        var last = size - 1
        var root = leaf
        for sibling in hashes {
            guard last > 0 else { return nil }
            if node & 1 == 1 || node == last {
                root = hasher.nodeHash(sibling, root)
                while node & 1 == 0, node != 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                root = hasher.nodeHash(root, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 ? root : nil
    }
}

/// Subtrees by the leaves they span.
enum Subtree {
    /// Where a subtree of two leaves or more is split: the largest power of two smaller than its size (RFC 6962 §2.1).
    static func split(_ leaves: Range<UInt64>) -> UInt64 {
        let size = leaves.upperBound - leaves.lowerBound
        return 1 << UInt64(UInt64.bitWidth - 1 - (size - 1).leadingZeroBitCount)
    }

    /// The root over `leaves`, whose hashes are asked for once each and in order.
    static func root<Hasher: TreeHasher & ~Copyable, Failure: Error>(
        _ leaves: Range<UInt64>, _ hasher: inout Hasher, leaf: (UInt64) throws(Failure) -> Hash
    ) throws(Failure) -> Hash {
        var range = CompactRange()
        for index in leaves { range.append(try leaf(index), &hasher) }
        return range.root(&hasher)
    }
}
