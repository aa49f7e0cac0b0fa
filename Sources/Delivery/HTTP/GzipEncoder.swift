import CDeflate
import NIOCore

/// Compresses bodies with gzip, each into a buffer of its own. Belongs to one thread.
@safe
struct GzipEncoder: ~Copyable {
    private let encoder: OpaquePointer

    init() {
        guard let encoder = unsafe waxwing_deflate_create() else { fatalError("no memory for a gzip encoder") }
        unsafe self.encoder = encoder
    }

    deinit { unsafe waxwing_deflate_destroy(encoder) }

    /// `bytes` as a gzip member.
    func compress(_ bytes: RawSpan, _ allocator: ByteBufferAllocator) -> ByteBuffer {
        let bound = waxwing_deflate_bound(bytes.byteCount)
        var buffer = allocator.buffer(capacity: bound)
        unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { target in
            unsafe bytes.withUnsafeBytes { source in
                let count = unsafe waxwing_deflate_gzip(
                    encoder, source.baseAddress?.assumingMemoryBound(to: UInt8.self), source.count,
                    target.baseAddress?.assumingMemoryBound(to: UInt8.self), target.count)
                precondition(count > 0, "a body is shorter than 1 GiB and fits into its bound")
                return count
            }
        }
        return buffer
    }
}
