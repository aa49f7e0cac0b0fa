/// That the tree of `newSize` leaves has the tree of `oldSize` leaves as its beginning (RFC 6962 §2.1.2).
public struct ConsistencyProof: Hashable, Sendable {
    public let oldSize: UInt64
    public let newSize: UInt64
    public let hashes: [Hash]

    /// A proof as somebody else gave it; ``isValid(oldRoot:newRoot:_:)`` checks it.
    public init(oldSize: UInt64, newSize: UInt64, hashes: [Hash]) {
        self.oldSize = oldSize
        self.newSize = newSize
        self.hashes = hashes
    }

    /// Makes the proof from the leaf hashes of the larger tree, `oldSize <= newSize`. Asks for each leaf at most once.
    /// The proof from an empty tree, or between equal sizes, has no hashes.
    public init<Hasher: TreeHasher & ~Copyable, Failure: Error>(
        oldSize: UInt64, newSize: UInt64, _ hasher: inout Hasher, leaf: (UInt64) throws(Failure) -> Hash
    ) throws(Failure) {
        precondition(oldSize <= newSize && newSize <= CompactRange.sizeLimit)
        var path: [Hash] = []
        if oldSize > 0 {
            var subtree = 0..<newSize
            // Whether the old tree is, so far, the left edge of the subtree: its root is then known to who checks.
            var isOldTree = true
            while subtree.upperBound > oldSize {
                let middle = subtree.lowerBound + Subtree.split(subtree)
                let (left, right) = (subtree.lowerBound..<middle, middle..<subtree.upperBound)
                if oldSize <= middle {
                    path.append(try Subtree.root(right, &hasher, leaf: leaf))
                    subtree = left
                } else {
                    path.append(try Subtree.root(left, &hasher, leaf: leaf))
                    subtree = right
                    isOldTree = false
                }
            }
            if !isOldTree { path.append(try Subtree.root(subtree, &hasher, leaf: leaf)) }
        }
        self.init(oldSize: oldSize, newSize: newSize, hashes: path.reversed())
    }

    /// Whether the proof leads from `oldRoot` to `newRoot` (RFC 9162 §2.1.4.2).
    public func isValid<Hasher: TreeHasher & ~Copyable>(oldRoot: Hash, newRoot: Hash, _ hasher: inout Hasher) -> Bool {
        guard oldSize > 0, oldSize < newSize else {
            guard oldSize <= newSize, hashes.isEmpty else { return false }
            return oldSize == newSize ? oldRoot == newRoot : oldRoot == .emptyRoot
        }
        var path = hashes[...]
        if oldSize.nonzeroBitCount == 1 { path = [oldRoot] + path }
        guard var old = path.popFirst() else { return false }
        var new = old
        let skipped = (~(oldSize - 1)).trailingZeroBitCount
        var node = (oldSize - 1) >> UInt64(skipped)
        var last = (newSize - 1) >> UInt64(skipped)
        for hash in path {
            guard last > 0 else { return false }
            if node & 1 == 1 || node == last {
                old = hasher.nodeHash(hash, old)
                new = hasher.nodeHash(hash, new)
                while node & 1 == 0, node != 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                new = hasher.nodeHash(new, hash)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && old == oldRoot && new == newRoot
    }
}
