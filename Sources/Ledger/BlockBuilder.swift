import Batch
import OpenSSL
import Seal
import Syslog
import TransparencyLog

/// Puts together the block that is to be written next, in memory that is used again for each: the records with their
/// identity, and the extents of their leaves.
@safe
struct BlockBuilder: ~Copyable {
    /// Records of a block at most; more are in no batch of ordinary size.
    static let recordLimit = 4096
    /// Bytes in front of a line: its length in decimal and a space.
    private static let countLimit = 8

    private let memory: UnsafeMutableRawBufferPointer
    private var extents: [LeafExtent] = []
    private var hashes: [Hash] = []
    private var hasher: SHA256Hasher
    private let identity: IdentityElement
    /// Bytes of the payload so far.
    private(set) var payloadLength = 0

    init(_ identity: IdentityElement) throws(OpenSSLError) {
        self.identity = identity
        hasher = try SHA256Hasher()
        unsafe memory = .allocate(byteCount: BlockHeader.size + BlockHeader.payloadLimit, alignment: 64)
        extents.reserveCapacity(Self.recordLimit)
        hashes.reserveCapacity(Self.recordLimit)
    }

    deinit { unsafe memory.deallocate() }

    var recordCount: Int { extents.count }
    /// Records whose leaves the sealer has.
    var absorbedCount: Int { hashes.count }

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
            unsafeOver: memory.baseAddress! + BlockHeader.size, capacity: BlockHeader.payloadLimit, count: payloadLength
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
        let first = hashes.count
        let count = extents.count - first
        guard count > 0 else { return }
        // Both are out of `self`, without a copy, while the hasher, which is in it too, reads and writes them.
        let extents = extents
        var hashes: [Hash] = []
        swap(&hashes, &self.hashes)
        hashes.append(contentsOf: repeatElement(Hash(), count: count))
        let bytes = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(memory))
        var all = hashes.mutableSpan
        var new = all._mutatingExtracting(first..<first + count)
        hasher.leafHashes(of: extents.span.extracting(first..<first + count), in: bytes, into: &new)
        sealer.absorb(hashes.span.extracting(first..<first + count))
        swap(&hashes, &self.hashes)
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
            unsafeOver: memory.baseAddress! + BlockHeader.size, capacity: BlockHeader.payloadLimit, count: gap)
        let sealed = try sealer.seal(
            why: reason, at: time, dropped: dropped, host: host, processID: processID, into: &line)
        var writer = unsafe ByteWriter(
            unsafeOver: memory.baseAddress! + BlockHeader.size, capacity: BlockHeader.payloadLimit, count: payloadLength
        )
        writer.append(decimal: UInt64(sealed.byteCount))
        writer.append(0x20)
        unsafe (memory.baseAddress! + BlockHeader.size + writer.count).copyMemory(
            from: memory.baseAddress! + BlockHeader.size + gap, byteCount: sealed.byteCount)
        extents.append(
            LeafExtent(offset: UInt32(BlockHeader.size + writer.count), length: UInt32(sealed.byteCount)))
        hashes.append(sealed.leaf)
        payloadLength = writer.count + sealed.byteCount
        return sealed
    }

    /// Completes the block, lends it and its leaf hashes to `write`, and begins the next one.
    mutating func finish(
        firstIndex: UInt64, endsBatch: Bool, writtenAt: UInt64,
        _ write: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(FileError) -> Void
    ) throws(FileError) {
        precondition(hashes.count == extents.count, "every record is hashed before it is written")
        let header = BlockHeader(
            firstIndex: firstIndex, recordCount: extents.count, payloadLength: payloadLength, endsBatch: endsBatch,
            writtenAt: writtenAt)
        let block = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[..<(BlockHeader.size + payloadLength)])
        unsafe header.write(to: block)
        var failure: FileError?
        unsafe hashes.withUnsafeBytes { hashes in
            do throws(FileError) { unsafe try write(UnsafeRawBufferPointer(block), hashes) } catch { failure = error }
        }
        if let failure { throw failure }
        payloadLength = 0
        extents.removeAll(keepingCapacity: true)
        hashes.removeAll(keepingCapacity: true)
    }
}
