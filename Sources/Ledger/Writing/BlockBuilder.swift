import Batch
import OpenSSL
import Seal
import Syslog
import TransparencyLog

/// Puts together the block that is to be written next: the records with their identity, and the extents of their
/// leaves.
struct BlockBuilder: ~Copyable {
    /// Records of a block at most; more are in no batch of ordinary size.
    static let recordLimit = 4096
    /// Bytes in front of a line: its length in decimal and a space.
    private static let countLimit = 8

    private var block = Block()
    private var extents: [LeafExtent] = []
    private var hasher: SHA256Hasher
    private let identity: IdentityElement
    /// Bytes of the payload so far.
    private(set) var payloadLength = 0

    init(_ identity: IdentityElement) throws(OpenSSLError) {
        self.identity = identity
        hasher = try SHA256Hasher()
        extents.reserveCapacity(Self.recordLimit)
    }

    var recordCount: Int { extents.count }
    /// Records whose leaves the sealer has.
    var absorbedCount: Int { block.leaves.count }

    /// Whether a record of the greatest length, and a seal behind it, would not fit any more.
    var isFull: Bool {
        let needed = Batch.lineLimit + SealRecord.lengthLimit + 2 * Self.countLimit
        return extents.count >= Self.recordLimit - 2 || BlockHeader.payloadLimit - payloadLength < needed
    }

    /// Appends `record` of `batch` as record `index` of the log. Returns the length of its line.
    mutating func append(_ record: Record, of batch: borrowing Batch, index: UInt64) -> Int {
        let bytes = batch.bytes
        let length =
            record.line.count
            + identity.length(
                index: index, originalLength: record.originalLength, relay: record.relay)
        var writer = unsafe ByteWriter(
            unsafeOver: block.memory.baseAddress! + BlockHeader.size, capacity: BlockHeader.payloadLimit,
            count: payloadLength
        )
        writer.append(decimal: UInt64(length))
        writer.append(0x20)
        let start = writer.count
        writer.append(bytes, record.head)
        identity.write(index: index, originalLength: record.originalLength, relay: record.relay, into: &writer)
        writer.append(bytes, record.tail)
        precondition(!writer.overflowed && writer.count - start == length && length <= Batch.lineLimit)
        payloadLength = writer.count
        extents.append(LeafExtent(offset: UInt32(BlockHeader.size + start), length: UInt32(length)))
        return length
    }

    /// Hashes the records appended since the last call and gives them to `sealer`, in one call each.
    mutating func absorb(into sealer: inout Sealer) {
        let first = block.leaves.count
        let count = extents.count - first
        guard count > 0 else { return }
        // Both are out of `self`, without a copy, while the hasher, which is in it too, reads and writes them.
        let extents = extents
        var hashes: [Hash] = []
        swap(&hashes, &block.leaves)
        hashes.append(contentsOf: repeatElement(Hash(), count: count))
        let bytes = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(block.memory))
        var all = hashes.mutableSpan
        var new = all._mutatingExtracting(first..<first + count)
        hasher.leafHashes(of: extents.span.extracting(first..<first + count), in: bytes, into: &new)
        sealer.absorb(hashes.span.extracting(first..<first + count))
        swap(&hashes, &block.leaves)
    }

    /// Closes the batch: seals the records so far, and appends the seal as the block's last record.
    mutating func seal(
        with sealer: inout Sealer, why reason: SealReason, at time: SealTime, dropped: UInt64, host: String,
        processID: UInt32
    ) throws(SealError) -> SealedBatch {
        absorb(into: &sealer)
        // The line's length stands before it, so it is written behind a gap and moved up to its count.
        let gap = payloadLength + Self.countLimit
        var line = unsafe ByteWriter(
            unsafeOver: block.memory.baseAddress! + BlockHeader.size, capacity: BlockHeader.payloadLimit, count: gap)
        let sealed = try sealer.seal(
            why: reason, at: time, dropped: dropped, host: host, processID: processID, into: &line)
        var writer = unsafe ByteWriter(
            unsafeOver: block.memory.baseAddress! + BlockHeader.size, capacity: BlockHeader.payloadLimit,
            count: payloadLength
        )
        writer.append(decimal: UInt64(sealed.byteCount))
        writer.append(0x20)
        unsafe (block.memory.baseAddress! + BlockHeader.size + writer.count).copyMemory(
            from: block.memory.baseAddress! + BlockHeader.size + gap, byteCount: sealed.byteCount)
        extents.append(
            LeafExtent(offset: UInt32(BlockHeader.size + writer.count), length: UInt32(sealed.byteCount)))
        block.leaves.append(sealed.leaf)
        payloadLength = writer.count + sealed.byteCount
        return sealed
    }

    /// Completes the block, gives it away, and begins the next one in the memory of `empty`.
    mutating func finish(firstIndex: UInt64, endsBatch: Bool, writtenAt: UInt64, next empty: Block) -> Block {
        precondition(absorbedCount == recordCount, "every record is hashed before it is written")
        let header = BlockHeader(
            firstIndex: firstIndex, recordCount: recordCount, payloadLength: payloadLength, endsBatch: endsBatch,
            writtenAt: writtenAt)
        let finished = block
        finished.length = BlockHeader.size + payloadLength
        finished.nextIndex = header.nextIndex
        unsafe header.write(to: UnsafeMutableRawBufferPointer(rebasing: finished.memory[..<finished.length]))
        block = empty
        block.leaves.removeAll(keepingCapacity: true)
        extents.removeAll(keepingCapacity: true)
        payloadLength = 0
        return finished
    }
}
