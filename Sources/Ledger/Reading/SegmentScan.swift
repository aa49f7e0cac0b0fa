/// Walks the blocks of a segment from one of them on, and stops at the first that is not whole: where the segment ends,
/// or where a crash interrupted a write. Reads the file a window at a time.
struct SegmentScan: ~Copyable {
    /// Bytes read at one go; more for a block that is longer.
    static let windowSize = 1 << 20

    private let file: any File
    private var window: [UInt8] = []
    /// Offset in the file of the window's first byte.
    private var windowOffset: UInt64
    /// Offset in the file of the block that comes next.
    private(set) var offset: UInt64
    /// Index of the first record of the block that comes next.
    private(set) var nextIndex: UInt64
    /// Offset in the file of the block that ``next()`` gave.
    private(set) var blockOffset: UInt64

    /// A scan that begins with the block at `offset`, whose first record is `index`.
    init(_ file: any File, at offset: UInt64, index: UInt64) {
        self.file = file
        self.offset = offset
        blockOffset = offset
        windowOffset = offset
        nextIndex = index
    }

    /// The next block, after checking it against its CRC; nil at the end.
    mutating func next() throws(FileError) -> BlockHeader? {
        guard try load(BlockHeader.size), let header = unsafe withWindow({ unsafe BlockHeader($0) }),
            header.firstIndex == nextIndex
        else { return nil }
        let size = BlockHeader.size + header.payloadLength
        guard try load(size),
            unsafe withWindow({ unsafe BlockHeader.isIntact(UnsafeRawBufferPointer(rebasing: $0[..<size])) })
        else { return nil }
        blockOffset = offset
        offset += UInt64(size)
        nextIndex = header.nextIndex
        return header
    }

    /// The payload of `block`, which is what ``next()`` gave.
    func payload(of block: BlockHeader) -> ArraySlice<UInt8> {
        let start = Int(blockOffset - windowOffset) + BlockHeader.size
        return window[start..<start + block.payloadLength]
    }

    /// Header and payload of `block`, which is what ``next()`` gave.
    func bytes(of block: BlockHeader) -> ArraySlice<UInt8> {
        let start = Int(blockOffset - windowOffset)
        return window[start..<start + BlockHeader.size + block.payloadLength]
    }

    /// The last line in `block`, which is what ``next()`` gave.
    func lastLine(of block: BlockHeader) -> [UInt8]? {
        let payload = payload(of: block)
        return unsafe payload.withUnsafeBytes { payload in
            var walk = RecordWalk()
            var last: Range<Int>?
            while let line = unsafe walk.next(payload) { last = line }
            return last.map { unsafe Array(payload[$0]) }
        }
    }

    /// Lends the bytes from ``offset`` on that are in memory.
    private func withWindow<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        unsafe window.withUnsafeBytes { bytes in
            unsafe body(UnsafeRawBufferPointer(rebasing: bytes[Int(offset - windowOffset)...]))
        }
    }

    /// Sees to it that `count` bytes from ``offset`` on are in memory; false if the file has fewer.
    private mutating func load(_ count: Int) throws(FileError) -> Bool {
        let end = offset + UInt64(count)
        if end <= windowOffset + UInt64(window.count) { return true }
        window = try file.bytes(at: offset, count: max(Self.windowSize, count))
        windowOffset = offset
        return count <= window.count
    }
}
