import Seal
import TransparencyLog

/// The segment that is being written, and the file of its leaf hashes beside it.
struct SegmentWriter: ~Copyable {
    let firstIndex: UInt64
    let records: any File
    private let leaves: any File
    /// Bytes of the segment so far.
    private(set) var length: UInt64
    private var leafCount: UInt64

    /// Makes a new segment that begins with the record at `state.frontier.size`.
    init(
        creating state: SealerState, at time: UInt64, reserve: UInt64, _ layout: Layout, _ system: any FileSystem
    ) throws(FileError) {
        let first = state.frontier.size
        let header = SegmentHeader(firstIndex: first, createdAt: time, state: state)
        let temporary = layout.segment(first) + ".new"
        let records = try system.open(temporary, .updateOrCreate)
        try records.truncate(to: 0)
        try records.reserve(reserve)
        try records.write(header.encoded(), at: 0)
        try records.sync()
        let leaves = try system.open(layout.leaves(first), .updateOrCreate)
        try leaves.truncate(to: 0)
        // Only now, whole and durable, does the segment get its name: there is no segment without a header.
        try system.rename(temporary, to: layout.segment(first))
        try system.syncDirectory(layout.segments)
        self.init(
            resuming: first, records: records, length: UInt64(SegmentHeader.size), leaves: leaves, leafCount: 0)
    }

    /// Goes on with a segment that was recovered.
    init(resuming firstIndex: UInt64, records: any File, length: UInt64, leaves: any File, leafCount: UInt64) {
        self.firstIndex = firstIndex
        self.records = records
        self.length = length
        self.leaves = leaves
        self.leafCount = leafCount
    }

    /// Appends a block (header and payload) and the hashes of its leaves. Nothing is durable yet.
    mutating func append(
        _ block: UnsafeRawBufferPointer, leaves hashes: UnsafeRawBufferPointer
    ) throws(FileError) {
        unsafe try records.write(block, at: length)
        unsafe try leaves.write(hashes, at: leafCount * UInt64(Hash.byteCount))
        length += UInt64(block.count)
        leafCount += UInt64(hashes.count / Hash.byteCount)
    }

    /// Makes the leaf hashes durable. The records' durability is the syncer's business; the hashes can be computed anew
    /// from the records, and are needed only when those are gone.
    func syncLeaves() throws(FileError) {
        try leaves.sync()
    }
}
