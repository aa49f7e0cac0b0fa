/// All records of a ledger as they lie on the disk, for tools that only read: whether a relay runs on it does not
/// matter. What is damaged is passed over.
public struct StoredRecords {
    private let layout: Layout
    private let system: any FileSystem

    public init(_ layout: Layout, system: any FileSystem = DiskFileSystem()) {
        self.layout = layout
        self.system = system
    }

    /// Calls `body` with each record, in order, until it returns false. Returns how many records were passed over.
    @discardableResult
    public func visit(
        _ body: (_ index: UInt64, _ line: RawSpan) throws -> Bool
    ) throws -> UInt64 {
        let firsts = try layout.segmentIndexes(system)
        var (next, missing) = (firsts.first ?? 0, UInt64(0))
        for (first, end) in zip(firsts, firsts.dropFirst() + [.max]) {
            var blocks = IntactBlocks(try layout.openSegment(first, system), first: first, end: end)
            while let block = try blocks.next() {
                missing += block.firstIndex - min(next, block.firstIndex)
                next = block.nextIndex
                guard try Self.walk(blocks.scan.payload(of: block), from: block.firstIndex, body) else {
                    return missing
                }
            }
        }
        return missing
    }

    private static func walk(
        _ payload: ArraySlice<UInt8>, from first: UInt64, _ body: (UInt64, RawSpan) throws -> Bool
    ) throws -> Bool {
        try unsafe payload.withUnsafeBytes { bytes in
            var walk = RecordWalk()
            var index = first
            while let line = unsafe walk.next(bytes) {
                let span = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes[line]))
                guard try body(index, span) else { return false }
                index += 1
            }
            return true
        }
    }
}
