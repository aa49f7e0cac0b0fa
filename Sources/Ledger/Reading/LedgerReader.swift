import Glibc

/// Reads the ledger from an index on, block by block, up to the horizon. Belongs to one thread.
///
/// A reader holds one open file and no memory: the caller says where a payload goes. What is damaged or gone is left
/// out: the reader goes on with the next intact block, wherever that is, and says which records were lost.
public struct LedgerReader: ~Copyable {
    private let layout: Layout
    private let system: any FileSystem
    private let horizon: Horizon
    private let onLoss: (LostRecords) -> Void
    private var file: any File
    private var segment: UInt64
    /// The horizon's when ``file`` was opened.
    private var generation: UInt64
    /// Where the next block is, if the headers from ``intactOffset`` on are right.
    private var offset = UInt64(SegmentHeader.size)
    /// Where the last block that was read ends: the last place where a block is known to begin.
    private var intactOffset = UInt64(SegmentHeader.size)
    /// Whether the block at ``offset`` was found to be damaged.
    private var isDamaged = false
    /// Where the segment behind this one begins, once it is known: what lies behind that index here was given up.
    private var nextSegment: UInt64?
    /// Index of the next record to be read.
    public private(set) var nextIndex: UInt64

    /// See ``LedgerAccess/makeReader(from:onLoss:)``.
    init(
        _ layout: Layout, _ system: any FileSystem, _ horizon: Horizon, from index: UInt64,
        onLoss: @escaping (LostRecords) -> Void
    ) throws(LedgerError) {
        let segments = try files { () throws(FileError) in try layout.segmentIndexes(system) }
        guard index <= horizon.position.nextIndex, let oldest = segments.first else {
            throw LedgerError(.outOfRange, "index \(index) is not in the ledger yet")
        }
        let segment = segments.last { $0 <= index } ?? oldest
        let generation = horizon.position.generation
        let file = try files { () throws(FileError) in try layout.openSegment(segment, system) }
        if let offset = (file as? CompressedFile)?.blockOffset(before: index) {
            self.offset = offset
            intactOffset = offset
        }
        self.layout = layout
        self.system = system
        self.horizon = horizon
        self.onLoss = onLoss
        self.file = file
        self.segment = segment
        self.generation = generation
        nextIndex = index
    }

    /// The header of the next durable block with a record from ``nextIndex`` on, nil when the reader has caught up.
    /// When records were lost before it, ``nextIndex`` has moved past them.
    public mutating func peek() throws(LedgerError) -> BlockHeader? {
        let end = horizon.position
        if generation != end.generation {
            try open(segment)
            generation = end.generation
        }
        while nextIndex < end.nextIndex {
            if let block = try files({ () throws(FileError) in try nextBlock(before: end) }) {
                if block.firstIndex > nextIndex { lose(upTo: block.firstIndex) }
                return block
            }
            let segments = try files { () throws(FileError) in try layout.segmentIndexes(system) }
            guard let next = segments.first(where: { $0 > segment && $0 <= end.segment }) else {
                lose(upTo: end.nextIndex)
                return nil
            }
            try open(next)
            if segment == next, next > nextIndex { lose(upTo: next) }
        }
        return nil
    }

    /// Reads the payload of `block`, which is what ``peek()`` gave, and moves on. `buffer` takes header and payload:
    /// `BlockHeader.size + block.payloadLength` bytes. Returns the range in it of the records from ``nextIndex`` on,
    /// which is empty if the block is damaged.
    public mutating func read(
        _ block: BlockHeader, into buffer: UnsafeMutableRawBufferPointer
    ) throws(LedgerError) -> Range<Int> {
        precondition(buffer.count == BlockHeader.size + block.payloadLength)
        let count = try files { () throws(FileError) in unsafe try file.read(into: buffer, at: offset) }
        let bytes = UnsafeRawBufferPointer(buffer)
        guard count == buffer.count, unsafe BlockHeader(bytes) == block, unsafe BlockHeader.isIntact(bytes) else {
            isDamaged = true
            return 0..<0
        }
        var start = BlockHeader.size
        if nextIndex > block.firstIndex {
            var walk = RecordWalk()
            let payload = unsafe UnsafeRawBufferPointer(rebasing: bytes[BlockHeader.size...])
            for _ in block.firstIndex..<nextIndex { _ = unsafe walk.next(payload) }
            start += walk.position
        }
        offset += UInt64(buffer.count)
        intactOffset = offset
        nextIndex = block.nextIndex
        return start..<buffer.count
    }

    // MARK: - Finding blocks

    /// The next block of the segment with a record from ``nextIndex`` on, nil if there is none before `end`.
    ///
    /// One header leads to the next; only what is read is checked. Where that leads nowhere, a header that was passed
    /// may have been wrong already, so the search begins behind the last block that was intact.
    private mutating func nextBlock(before end: LedgerPosition) throws(FileError) -> BlockHeader? {
        let limit = segment == end.segment ? end.offset : segment < end.segment ? .max : 0
        let bound = try segment < end.segment ? endOfSegment() : .max
        while !isDamaged, offset < limit, nextIndex < bound, let block = try Self.readHeader(file, offset),
            block.firstIndex <= nextIndex
        {
            if block.nextIndex > nextIndex { return block }
            offset += UInt64(BlockHeader.size + block.payloadLength)
        }
        guard nextIndex < bound else { return nil }
        let found = try BlockSearch.first(in: file, from: intactOffset, to: limit, with: nextIndex)
        offset = found?.offset ?? max(intactOffset, limit)
        intactOffset = offset
        isDamaged = false
        return found.flatMap { $0.block.firstIndex < bound ? $0.block : nil }
    }

    /// Index behind the last record that counts of a segment that others follow: where the next one begins.
    private mutating func endOfSegment() throws(FileError) -> UInt64 {
        if let nextSegment { return nextSegment }
        nextSegment = try layout.segmentIndexes(system).first { $0 > segment }
        return nextSegment ?? .max
    }

    private mutating func lose(upTo index: UInt64) {
        let deleted = (try? DeletedRecords(layout, system))?.text ?? IndexRanges()
        for range in Self.parts(of: nextIndex..<index, deleted) {
            onLoss(
                LostRecords(
                    indexes: range, segment: layout.segment(segment), wereDeleted: deleted.contains(range)))
        }
        nextIndex = index
    }

    /// The parts of `range` that are in `deleted`, and those that are not.
    private static func parts(of range: Range<UInt64>, _ deleted: IndexRanges) -> [Range<UInt64>] {
        let missing = deleted.missing(from: range)
        return (missing + IndexRanges(missing).missing(from: range)).sorted { $0.lowerBound < $1.lowerBound }
    }

    /// Goes on with the segment that begins with record `index`, unless it was deleted just now.
    private mutating func open(_ index: UInt64) throws(LedgerError) {
        do throws(FileError) {
            file = try layout.openSegment(index, system)
        } catch {
            guard error.code == ENOENT else { throw LedgerError(error) }
            return
        }
        segment = index
        nextSegment = nil
        offset = UInt64(SegmentHeader.size)
        intactOffset = offset
        isDamaged = false
    }

    static func readHeader(_ file: any File, _ offset: UInt64) throws(FileError) -> BlockHeader? {
        var failure: FileError?
        let header = unsafe withUnsafeTemporaryAllocation(byteCount: BlockHeader.size, alignment: 8) {
            buffer -> BlockHeader? in
            do throws(FileError) {
                guard unsafe try file.read(into: buffer, at: offset) == BlockHeader.size else { return nil }
                return unsafe BlockHeader(UnsafeRawBufferPointer(buffer))
            } catch {
                failure = error
                return nil
            }
        }
        if let failure { throw failure }
        return header
    }
}
