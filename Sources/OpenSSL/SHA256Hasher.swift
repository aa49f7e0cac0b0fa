internal import COpenSSL
public import TransparencyLog

/// SHA-256 over trees by OpenSSL.
///
/// One hasher serves one thread at a time; the compiler sees to it, because it cannot be copied and each call needs it
/// exclusively. The batch methods make one call into the C shim for any number of records.
@safe
public struct SHA256Hasher: ~Copyable, Sendable, TreeHasher {
    // Owned by this value alone and never handed out, so that moving the value to another thread moves it along.
    nonisolated(unsafe) private let context: OpaquePointer

    /// A hasher, or an error if there is no memory.
    public init() throws(OpenSSLError) {
        guard let context = unsafe waxwing_hasher_new() else {
            throw OpenSSLError(library: "there is no memory for a hash")
        }
        unsafe self.context = unsafe context
    }

    deinit { unsafe waxwing_hasher_free(context) }

    /// SHA-256 of `bytes`, by a context of its own: for what happens once, not once a record.
    public static func digest(_ bytes: [UInt8]) throws(OpenSSLError) -> Hash {
        var hasher = try SHA256Hasher()
        return hasher.digest(bytes)
    }

    // MARK: - TreeHasher

    public mutating func digest(_ bytes: RawSpan) -> Hash {
        unsafe make { context, hash in
            unsafe bytes.withUnsafeBytes { unsafe waxwing_hasher_digest(context, $0.bytes, $0.count, hash) }
        }
    }

    public mutating func leafHash(_ head: RawSpan, _ tail: RawSpan) -> Hash {
        unsafe make { context, hash in
            unsafe head.withUnsafeBytes { head in
                unsafe tail.withUnsafeBytes { tail in
                    unsafe waxwing_hasher_leaf(context, head.bytes, head.count, tail.bytes, tail.count, hash)
                }
            }
        }
    }

    public mutating func nodeHash(_ left: Hash, _ right: Hash) -> Hash {
        unsafe make { context, hash in
            unsafe withUnsafeBytes(of: left) { left in
                unsafe withUnsafeBytes(of: right) { right in
                    unsafe waxwing_hasher_node(context, left.bytes, right.bytes, hash)
                }
            }
        }
    }

    public mutating func leafHashes(
        of leaves: Span<LeafExtent>, in bytes: RawSpan, into hashes: inout MutableSpan<Hash>
    ) {
        precondition(leaves.count <= hashes.count)
        for position in leaves.indices { precondition(leaves[position].fits(in: bytes.byteCount)) }
        let context = unsafe context
        // The extents were just checked against the bytes, and the hashes against the extents.
        let status = unsafe bytes.withUnsafeBytes { base in
            unsafe leaves.withUnsafeBytes { extents in
                unsafe hashes.withUnsafeMutableBytes { target in
                    unsafe waxwing_hasher_leaves(
                        context, base.bytes, extents.baseAddress?.assumingMemoryBound(to: UInt32.self), leaves.count,
                        target.bytes)
                }
            }
        }
        Self.check(status)
    }

    public mutating func append(_ leaves: Span<Hash>, to stack: inout MutableSpan<Hash>, size: UInt64) {
        precondition(stack.count >= CompactRange.hashLimit)
        precondition(size <= CompactRange.sizeLimit && UInt64(leaves.count) <= CompactRange.sizeLimit - size)
        let context = unsafe context
        // A tree within the size limit never has more than 63 subtrees, and one leaf more while it grows.
        let status = unsafe stack.withUnsafeMutableBytes { stack in
            unsafe leaves.withUnsafeBytes { source in
                unsafe waxwing_hasher_append(context, stack.bytes, size, source.bytes, leaves.count)
            }
        }
        Self.check(status)
    }

    // MARK: - Calls

    private func make(_ call: (OpaquePointer, UnsafeMutablePointer<UInt8>?) -> CInt) -> Hash {
        var hash = Hash()
        let status = unsafe withUnsafeMutableBytes(of: &hash) { unsafe call(context, $0.bytes) }
        Self.check(status)
        return hash
    }

    /// SHA-256 in memory fails only if the library or the machine is broken, and a log with a wrong hash in it cannot
    /// be repaired: stop instead.
    private static func check(_ status: CInt) {
        precondition(status == 1, "OpenSSL could not compute a SHA-256 hash")
    }
}
