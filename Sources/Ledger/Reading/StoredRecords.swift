/// All records of a ledger as they lie on the disk, for tools that only read: whether a relay runs on it does not
/// matter. What follows a damaged block in its segment is left out.
public struct StoredRecords {
    private let layout: Layout
    private let system: any FileSystem

    public init(_ layout: Layout, system: any FileSystem = DiskFileSystem()) {
        self.layout = layout
        self.system = system
    }

    /// Calls `body` with each record, in order, until it returns false.
    public func visit(
        _ body: (_ index: UInt64, _ line: RawSpan) throws -> Bool
    ) throws {
        for first in try layout.segmentIndexes(system) {
            var scan = SegmentScan(
                try system.open(layout.segment(first), .read), at: UInt64(SegmentHeader.size), index: first)
            while let block = try scan.next() {
                guard try Self.walk(scan.payload(of: block), from: block.firstIndex, body) else { return }
            }
        }
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
