/// The bytes of records that are to be written once they are verified.
///
/// Memory is taken in chunks, and a chunk is used again once nothing in it is waited for. For an ordered export that is
/// about one batch; what is out of order stays as long as it is.
@safe
final class LeafStore {
    /// The reference of a record whose bytes are not kept.
    static let none = UInt64.max
    /// Bytes kept at most.
    static let byteLimit = 1 << 30

    private static let chunkLength = 1 << 20
    private static let lengthBytes = 4

    @safe
    private struct Chunk {
        var base: UnsafeMutableRawPointer
        var used = 0
        var live = 0
    }

    private var chunks: [Chunk] = []
    private var free: [Int] = []
    private var current = -1
    /// Whether a record was not kept because of ``byteLimit``.
    private(set) var overflowed = false

    init() {}

    deinit {
        for chunk in chunks { unsafe chunk.base.deallocate() }
    }

    /// Keeps `bytes`, shorter than a chunk, and returns a reference to them.
    func keep(_ bytes: RawSpan) -> UInt64 {
        let needed = bytes.byteCount + Self.lengthBytes
        precondition(needed <= Self.chunkLength)
        if current < 0 || Self.chunkLength - chunks[current].used < needed {
            guard openChunk() else {
                overflowed = true
                return Self.none
            }
        }
        let offset = chunks[current].used
        let target = unsafe chunks[current].base + offset
        unsafe target.storeBytes(of: UInt32(bytes.byteCount), as: UInt32.self)
        unsafe bytes.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            unsafe (target + Self.lengthBytes).copyMemory(from: start, byteCount: source.count)
        }
        chunks[current].used += (needed + 3) & ~3
        chunks[current].live += 1
        return UInt64(current) << 32 | UInt64(offset)
    }

    /// Lends the bytes of `reference` to `body`. Nothing happens for ``none``.
    func withBytes(_ reference: UInt64, _ body: (RawSpan) -> Void) {
        guard reference != Self.none else { return }
        let start = unsafe chunks[Int(reference >> 32)].base + Int(reference & 0xFFFF_FFFF)
        let length = unsafe Int(start.loadUnaligned(as: UInt32.self))
        unsafe body(RawSpan(_unsafeStart: start + Self.lengthBytes, byteCount: length))
    }

    /// Forgets the bytes of `reference`.
    func release(_ reference: UInt64) {
        guard reference != Self.none else { return }
        let chunk = Int(reference >> 32)
        chunks[chunk].live -= 1
        guard chunks[chunk].live == 0 else { return }
        chunks[chunk].used = 0
        if chunk != current { free.append(chunk) }
    }

    private func openChunk() -> Bool {
        if current >= 0 && chunks[current].live == 0 {
            chunks[current].used = 0
            return true
        }
        if let chunk = free.popLast() {
            current = chunk
            return true
        }
        guard (chunks.count + 1) * Self.chunkLength <= Self.byteLimit else { return false }
        unsafe chunks.append(Chunk(base: .allocate(byteCount: Self.chunkLength, alignment: 8)))
        current = chunks.count - 1
        return true
    }
}
