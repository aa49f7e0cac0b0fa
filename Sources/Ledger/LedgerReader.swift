/// Reads the ledger from an index on, block by block, up to the horizon. Belongs to one thread.
///
/// A reader holds one open file and no memory: the caller says where a payload goes.
public struct LedgerReader: ~Copyable {
    private let layout: Layout
    private let system: any FileSystem
    private let horizon: Horizon
    private var file: any File
    private var segment: UInt64
    private var offset: UInt64
    /// Index of the next record to be read.
    public private(set) var nextIndex: UInt64

    /// A reader that begins at `index`, or at the oldest record that is left when `index` is older.
    /// Throws `outOfRange` when `index` is beyond the horizon.
    init(_ layout: Layout, _ system: any FileSystem, _ horizon: Horizon, from index: UInt64) throws(LedgerError) {
        let segments = try files { () throws(FileError) in try layout.segmentIndexes(system) }
        guard index <= horizon.position.nextIndex, let oldest = segments.first else {
            throw LedgerError(.outOfRange, "index \(index) is not in the ledger yet")
        }
        let segment = segments.last { $0 <= index } ?? oldest
        let file = try files { () throws(FileError) in try system.open(layout.segment(segment), .read) }
        self.layout = layout
        self.system = system
        self.horizon = horizon
        self.file = file
        self.segment = segment
        offset = UInt64(SegmentHeader.size)
        nextIndex = max(index, oldest)
    }

    /// The header of the next durable block with a record from ``nextIndex`` on, nil when the reader has caught up.
    public mutating func peek() throws(LedgerError) -> BlockHeader? {
        let end = horizon.position
        while nextIndex < end.nextIndex {
            if segment == end.segment && offset >= end.offset { return nil }
            if let block = try files({ () throws(FileError) in try Self.readHeader(file, offset) }) {
                if block.nextIndex > nextIndex { return block }
                offset += UInt64(BlockHeader.size + block.payloadLength)
                continue
            }
            let next = try files { () throws(FileError) in try layout.segmentIndexes(system) }.first { $0 > segment }
            guard let next, next <= nextIndex else {
                throw LedgerError(
                    .damaged, "\(layout.segment(segment)) ends at offset \(offset) before index \(nextIndex)")
            }
            try open(next)
        }
        return nil
    }

    /// Reads the payload of `block`, which is what ``peek()`` gave, and moves on. `buffer` takes header and payload:
    /// `BlockHeader.size + block.payloadLength` bytes. Returns the range in it of the records from ``nextIndex`` on.
    public mutating func read(
        _ block: BlockHeader, into buffer: UnsafeMutableRawBufferPointer
    ) throws(LedgerError) -> Range<Int> {
        precondition(buffer.count == BlockHeader.size + block.payloadLength)
        let count = try files { () throws(FileError) in unsafe try file.read(into: buffer, at: offset) }
        let bytes = UnsafeRawBufferPointer(buffer)
        guard count == buffer.count, unsafe BlockHeader(bytes) == block, unsafe BlockHeader.isIntact(bytes) else {
            throw LedgerError(.damaged, "\(layout.segment(segment)): the block at offset \(offset) is damaged")
        }
        var start = BlockHeader.size
        if nextIndex > block.firstIndex {
            var walk = RecordWalk()
            let payload = unsafe UnsafeRawBufferPointer(rebasing: bytes[BlockHeader.size...])
            for _ in block.firstIndex..<nextIndex { _ = unsafe walk.next(payload) }
            start += walk.position
        }
        offset += UInt64(buffer.count)
        nextIndex = block.nextIndex
        return start..<buffer.count
    }

    private mutating func open(_ index: UInt64) throws(LedgerError) {
        file = try files { () throws(FileError) in try system.open(layout.segment(index), .read) }
        segment = index
        offset = UInt64(SegmentHeader.size)
    }

    private static func readHeader(_ file: any File, _ offset: UInt64) throws(FileError) -> BlockHeader? {
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
