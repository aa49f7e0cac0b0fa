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

    /// Makes a new segment that begins with the record at `state.frontier.size`, and has `blocks` from the start: what
    /// is durable in a file of that name stays so, since the new one has it as well before it takes its place. What comes
    /// before those records has to be durable when `settle` returns.
    static func begin(
        _ state: SealerState, with blocks: [Block] = [], at time: UInt64, reserve: UInt64, _ layout: Layout,
        _ system: any FileSystem, settle: () throws(FileError) -> Void = {}
    ) throws(FileError) -> SegmentWriter {
        let first = state.frontier.size
        let header = SegmentHeader(firstIndex: first, createdAt: time, state: state)
        let temporary = layout.segment(first) + ".new"
        // Files of that name that are there were given up: one whose sync has failed is not to be trusted again.
        for path in [temporary, layout.leaves(first)] where system.exists(path) { try system.remove(path) }
        let records = try system.open(temporary, .create)
        try records.reserve(reserve)
        try records.write(header.encoded(), at: 0)
        let leaves = try system.open(layout.leaves(first), .create)
        var segment = SegmentWriter(
            resuming: first, records: records, length: UInt64(SegmentHeader.size), leaves: leaves, leafCount: 0)
        for block in blocks { try segment.append(block) }
        try records.sync()
        do throws(FileError) {
            try settle()
        } catch {
            for path in [temporary, layout.leaves(first)] { try? system.remove(path) }
            throw error
        }
        // Only now, whole and durable, does the segment get its name: there is no segment without a header.
        try system.rename(temporary, to: layout.segment(first))
        try system.syncDirectory(layout.segments)
        return segment
    }

    /// Goes on with a segment that was recovered.
    init(resuming firstIndex: UInt64, records: any File, length: UInt64, leaves: any File, leafCount: UInt64) {
        self.firstIndex = firstIndex
        self.records = records
        self.length = length
        self.leaves = leaves
        self.leafCount = leafCount
    }

    /// Appends a block and the hashes of its leaves. Nothing is durable yet.
    mutating func append(_ block: Block) throws(FileError) {
        unsafe try records.write(block.bytes, at: length)
        try leaves.write(block.leaves, at: leafCount)
        length += UInt64(block.length)
        leafCount += UInt64(block.leaves.count)
    }

    /// Cuts off what lies behind `position`, as far as that can be done: it is written again, with the same bytes, to
    /// the next segment.
    func cut(to position: LedgerPosition) {
        try? records.truncate(to: position.offset)
        try? leaves.truncate(to: (position.nextIndex - firstIndex) * UInt64(Hash.byteCount))
    }

    /// Makes the leaf hashes durable. The records' durability is the syncer's business; the hashes can be computed anew
    /// from the records, and are needed only when those are gone.
    func syncLeaves() throws(FileError) {
        try leaves.sync()
    }
}

// MARK: - Files of leaf hashes

extension File {
    /// `count` hashes from number `index` on, or nil if the file has fewer.
    func hashes(at index: UInt64, count: Int) throws(FileError) -> [Hash]? {
        let there = try size() / UInt64(Hash.byteCount)
        guard index <= there, UInt64(count) <= there - index else { return nil }
        var hashes = [Hash](repeating: Hash(), count: count)
        var failure: FileError?
        let length = unsafe hashes.withUnsafeMutableBytes { buffer in
            do throws(FileError) {
                return unsafe try read(into: buffer, at: index * UInt64(Hash.byteCount))
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        return length == count * Hash.byteCount ? hashes : nil
    }

    /// Writes `hashes` as number `index` and the following.
    func write(_ hashes: [Hash], at index: UInt64) throws(FileError) {
        var failure: FileError?
        unsafe hashes.withUnsafeBytes { buffer in
            do throws(FileError) {
                unsafe try write(buffer, at: index * UInt64(Hash.byteCount))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }
}
