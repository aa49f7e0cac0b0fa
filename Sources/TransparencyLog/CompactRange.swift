/// The frontier of an append-only tree: the roots of the perfect subtrees that its leaves make, largest first.
///
/// A tree of n leaves has one such subtree for each one bit of n, so the range holds at most 63 hashes however large
/// the tree is, and yet it can be appended to and gives the root of RFC 6962 §2.1 at any time.
public struct CompactRange: Hashable, Sendable {
    /// The most leaves a tree may have.
    public static let sizeLimit: UInt64 = 1 << 63 - 1
    /// Hashes a range of any size finds room in, with one to spare while a leaf is appended.
    public static let hashLimit = 64

    /// Leaves in the tree.
    public private(set) var size: UInt64
    /// The subtree roots, largest subtree first: one for each one bit of ``size``.
    public private(set) var hashes: [Hash]

    /// The range of a tree without leaves.
    public init() {
        size = 0
        hashes = []
    }

    /// The range of a tree of `size` leaves with the subtree roots `hashes`, or nil if their number does not fit the
    /// size or the size is beyond ``sizeLimit``.
    public init?(size: UInt64, hashes: [Hash]) {
        guard size <= Self.sizeLimit, hashes.count == size.nonzeroBitCount else { return nil }
        self.size = size
        self.hashes = hashes
    }

    /// Appends one leaf, given by its hash. The tree must be smaller than ``sizeLimit``.
    @inlinable
    public mutating func append<Hasher: TreeHasher & ~Copyable>(_ leaf: Hash, _ hasher: inout Hasher) {
        var node = leaf
        for _ in 0..<(~size).trailingZeroBitCount {
            node = hasher.nodeHash(removeLast(), node)
        }
        push(node)
    }

    /// Appends `leaves` in order, given by their hashes. The tree must stay within ``sizeLimit``.
    /// Allocates at most once, however many leaves there are.
    public mutating func append<Hasher: TreeHasher & ~Copyable>(_ leaves: Span<Hash>, _ hasher: inout Hasher) {
        guard !leaves.isEmpty else { return }
        precondition(UInt64(leaves.count) <= Self.sizeLimit - size, "the tree is full")
        hashes.reserveCapacity(Self.hashLimit)
        for _ in hashes.count..<Self.hashLimit { hashes.append(Hash()) }
        let oldSize = size
        var stack = hashes.mutableSpan
        hasher.append(leaves, to: &stack, size: oldSize)
        size = oldSize + UInt64(leaves.count)
        hashes.removeLast(Self.hashLimit - size.nonzeroBitCount)
    }

    /// Appends `leaves` in order, given by their hashes. The tree must stay within ``sizeLimit``.
    public mutating func append<Hasher: TreeHasher & ~Copyable>(_ leaves: [Hash], _ hasher: inout Hasher) {
        append(leaves.span, &hasher)
    }

    /// The root of the tree (RFC 6962 §2.1): the subtree roots, bagged from the smallest to the largest.
    public func root<Hasher: TreeHasher & ~Copyable>(_ hasher: inout Hasher) -> Hash {
        guard var root = hashes.last else { return .emptyRoot }
        for subtree in hashes.dropLast().reversed() {
            root = hasher.nodeHash(subtree, root)
        }
        return root
    }

    @usableFromInline
    mutating func push(_ node: Hash) {
        precondition(size < Self.sizeLimit, "the tree is full")
        hashes.append(node)
        size += 1
    }

    @usableFromInline
    mutating func removeLast() -> Hash { hashes.removeLast() }
}
