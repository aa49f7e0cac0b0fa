/// Where one leaf lies in a buffer of many.
///
/// A leaf is the bytes `offset ..< offset + length`, followed by the bytes `tailOffset ..< tailOffset + tailLength`;
/// with a `tailLength` of 0 it lies in one piece. The two pieces let a leaf leave out bytes that were inserted into its
/// middle without being copied. In memory it is the four 32-bit integers in this order.
public struct LeafExtent: BitwiseCopyable, Hashable, Sendable {
    public var offset: UInt32
    public var length: UInt32
    public var tailOffset: UInt32
    public var tailLength: UInt32

    /// A leaf in one piece.
    @inlinable
    public init(offset: UInt32, length: UInt32) {
        self.init(offset: offset, length: length, tailOffset: 0, tailLength: 0)
    }

    /// A leaf in two pieces.
    @inlinable
    public init(offset: UInt32, length: UInt32, tailOffset: UInt32, tailLength: UInt32) {
        self.offset = offset
        self.length = length
        self.tailOffset = tailOffset
        self.tailLength = tailLength
    }

    /// Whether both pieces lie within `byteCount` bytes.
    @inlinable
    public func fits(in byteCount: Int) -> Bool {
        Int(offset) + Int(length) <= byteCount && Int(tailOffset) + Int(tailLength) <= byteCount
    }
}

/// Computes the hashes of an RFC 6962 tree. This library knows how a tree is put together; who conforms to this
/// protocol knows SHA-256.
///
/// The methods are mutating because a fast hasher keeps a context it reuses: one hasher has one owner. Two are
/// required for correctness, ``leafHash(_:_:)`` and ``nodeHash(_:_:)``, and ``digest(_:)`` for key IDs; the batch forms
/// have default implementations, which a hasher behind a language boundary replaces by one call each.
public protocol TreeHasher: ~Copyable {
    /// SHA-256 of `bytes`.
    mutating func digest(_ bytes: RawSpan) -> Hash

    /// SHA-256(0x00 ‖ head ‖ tail), the hash of the leaf `head ‖ tail` (RFC 6962 §2.1).
    mutating func leafHash(_ head: RawSpan, _ tail: RawSpan) -> Hash

    /// SHA-256(0x01 ‖ left ‖ right), the hash of an interior node (RFC 6962 §2.1).
    mutating func nodeHash(_ left: Hash, _ right: Hash) -> Hash

    /// Writes the hash of each of `leaves`, which lie in `bytes`, to the same place in `hashes`.
    /// Every extent fits in `bytes`, and `hashes` has at least as many elements as `leaves`.
    mutating func leafHashes(of leaves: Span<LeafExtent>, in bytes: RawSpan, into hashes: inout MutableSpan<Hash>)

    /// Appends `leaves` to the compact range of `size` leaves that occupies the first `size.nonzeroBitCount` elements
    /// of `stack`, largest subtree first. `stack` has ``CompactRange/hashLimit`` elements.
    mutating func append(_ leaves: Span<Hash>, to stack: inout MutableSpan<Hash>, size: UInt64)
}

extension TreeHasher where Self: ~Copyable {
    /// SHA-256(0x00 ‖ leaf).
    @inlinable
    public mutating func leafHash(_ leaf: RawSpan) -> Hash { leafHash(leaf, leaf.extracting(0..<0)) }

    /// SHA-256(0x00 ‖ leaf).
    @inlinable
    public mutating func leafHash(_ leaf: [UInt8]) -> Hash { unsafe leafHash(leaf.span.bytes) }

    /// SHA-256 of `bytes`.
    @inlinable
    public mutating func digest(_ bytes: [UInt8]) -> Hash { unsafe digest(bytes.span.bytes) }

    public mutating func leafHashes(
        of leaves: Span<LeafExtent>, in bytes: RawSpan, into hashes: inout MutableSpan<Hash>
    ) {
        for position in leaves.indices {
            let leaf = leaves[position]
            precondition(leaf.fits(in: bytes.byteCount))
            let head = bytes.extracting(Int(leaf.offset)..<Int(leaf.offset) + Int(leaf.length))
            let tail = bytes.extracting(Int(leaf.tailOffset)..<Int(leaf.tailOffset) + Int(leaf.tailLength))
            hashes[position] = leafHash(head, tail)
        }
    }

    public mutating func append(_ leaves: Span<Hash>, to stack: inout MutableSpan<Hash>, size: UInt64) {
        var count = size.nonzeroBitCount
        var size = size
        for position in leaves.indices {
            var node = leaves[position]
            var bits = size
            while bits & 1 == 1 {
                count -= 1
                node = nodeHash(stack[count], node)
                bits >>= 1
            }
            stack[count] = node
            count += 1
            size += 1
        }
    }
}
