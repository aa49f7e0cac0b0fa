/// Goes through all intact blocks of a segment, whatever lies between them.
struct IntactBlocks: ~Copyable {
    private let file: any File
    private let end: UInt64
    /// What was found last, and its payload.
    private(set) var scan: SegmentScan
    /// Bytes passed over that belong to no intact block, those behind the last one not counted.
    private(set) var skippedBytes: UInt64 = 0

    /// The blocks of the segment that begins with record `first`, up to the one before record `end`.
    init(_ file: any File, first: UInt64, end: UInt64) {
        self.file = file
        self.end = end
        scan = SegmentScan(file, at: UInt64(SegmentHeader.size), index: first)
    }

    /// The blocks of a segment from the one at `offset` on, whose first record is `index`.
    init(_ file: any File, at offset: UInt64, index: UInt64) {
        self.file = file
        end = .max
        scan = SegmentScan(file, at: offset, index: index)
    }

    /// The next one, nil at the end. Its first record may be later than the last one's end tells: what is between is
    /// damaged or gone.
    mutating func next() throws(FileError) -> BlockHeader? {
        guard scan.nextIndex < end else { return nil }
        if let block = try scan.next() { return block }
        let next = try BlockSearch.first(in: file, from: scan.offset, to: .max, with: scan.nextIndex)
        guard let next, next.block.firstIndex >= scan.nextIndex, next.block.firstIndex < end else { return nil }
        skippedBytes += next.offset - scan.offset
        scan = SegmentScan(file, at: next.offset, index: next.block.firstIndex)
        return try scan.next()
    }
}
