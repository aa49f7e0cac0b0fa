import Glibc

/// Replaces a closed segment by a compressed one.
///
/// The new file is written under another name, synced, read back and compared, and only then takes its place beside the
/// old one; when both names are durable, the old one goes. Whatever a crash leaves, one of the two is whole, and
/// ``removeLeftovers(_:_:)`` removes the other.
struct SegmentCompressor {
    /// Bytes of the segment in a frame, after which the frame ends with the block.
    static let frameBytes = 1 << 20

    private let layout: Layout
    private let system: any FileSystem

    init(_ layout: Layout, _ system: any FileSystem) {
        self.layout = layout
        self.system = system
    }

    /// Why a segment was left as it is.
    enum Refusal: Error, Equatable {
        /// Some of its blocks are damaged or missing: what is there is kept as it is.
        case damaged
        /// `shouldGoOn` said no.
        case interrupted
        case file(FileError)
    }

    /// Compresses the segment of the records in `indexes`. `shouldGoOn` is asked after each frame; it may take its
    /// time. Returns the bytes before and after.
    func compress(
        _ indexes: Range<UInt64>, shouldGoOn: () -> Bool
    ) throws(Refusal) -> (before: UInt64, after: UInt64) {
        let first = indexes.lowerBound
        let temporary = layout.compressedSegment(first) + ".new"
        do throws(Refusal) {
            let source = try calls { () throws(FileError) in try system.open(layout.segment(first), .read) }
            let table = try write(source, temporary, indexes, shouldGoOn)
            try compare(source, temporary, shouldGoOn)
            try calls { () throws(FileError) in
                try system.rename(temporary, to: layout.compressedSegment(first))
                try system.syncDirectory(layout.segments)
                try system.remove(layout.segment(first))
                try system.syncDirectory(layout.segments)
            }
            return (table.contentSize, table.size)
        } catch {
            if system.exists(temporary) { try? system.remove(temporary) }
            throw error
        }
    }

    /// Removes what a crash left of a compression: a file without its name, and the segment beside the compressed one
    /// that took its place.
    static func removeLeftovers(_ layout: Layout, _ system: any FileSystem) throws(FileError) {
        let names = Set(try system.list(layout.segments))
        let leftovers = names.filter { name in
            name.hasSuffix(".segment.zst.new") || (name.hasSuffix(".segment") && names.contains(name + ".zst"))
        }
        guard !leftovers.isEmpty else { return }
        // The names of the compressed ones are durable before the others go.
        try system.syncDirectory(layout.segments)
        for name in leftovers.sorted() { try system.remove("\(layout.segments)/\(name)") }
        try system.syncDirectory(layout.segments)
    }

    // MARK: - Steps

    /// Writes the frames and their table to `path`, durably.
    private func write(
        _ source: any File, _ path: String, _ indexes: Range<UInt64>, _ shouldGoOn: () -> Bool
    ) throws(Refusal) -> FrameTable {
        let (target, header) = try calls { () throws(FileError) in
            let target = try system.open(path, .updateOrCreate)
            try target.truncate(to: 0)
            return (target, try source.bytes(at: 0, count: SegmentHeader.size))
        }
        guard SegmentHeader(header)?.firstIndex == indexes.lowerBound else { throw .damaged }
        let encoder = ZstandardEncoder()
        var table = FrameTable()
        var content = header
        var first = indexes.lowerBound
        var scan = SegmentScan(source, at: UInt64(SegmentHeader.size), index: first)
        while let block = try calls({ () throws(FileError) in try scan.next() }) {
            content += scan.bytes(of: block)
            guard content.count >= Self.frameBytes else { continue }
            try append(&content, first, encoder, &table, target)
            first = scan.nextIndex
            guard shouldGoOn() else { throw .interrupted }
        }
        if !content.isEmpty { try append(&content, first, encoder, &table, target) }
        let size = try calls { () throws(FileError) in try source.size() }
        guard scan.nextIndex == indexes.upperBound, scan.offset == size else { throw .damaged }
        try calls { () throws(FileError) in
            try target.write(table.encoded(), at: table.size)
            try target.sync()
        }
        return table
    }

    private func append(
        _ content: inout [UInt8], _ first: UInt64, _ encoder: borrowing ZstandardEncoder, _ table: inout FrameTable,
        _ target: any File
    ) throws(Refusal) {
        let frame = encoder.frame(content)
        let offset = table.size
        try calls { () throws(FileError) in try target.write(frame, at: offset) }
        table.append(length: frame.count, contentLength: content.count, firstIndex: first)
        content.removeAll(keepingCapacity: true)
    }

    /// Reads back what was written and compares it with the segment, byte by byte.
    private func compare(_ source: any File, _ path: String, _ shouldGoOn: () -> Bool) throws(Refusal) {
        let copy = try calls { () throws(FileError) in
            try CompressedFile(try system.open(path, .read), path)
        }
        var offset: UInt64 = 0
        while true {
            let (old, new) = try calls { () throws(FileError) in
                (
                    try source.bytes(at: offset, count: Self.frameBytes),
                    try copy.bytes(at: offset, count: Self.frameBytes)
                )
            }
            guard isEqual(old, new) else { throw .damaged }
            if old.count < Self.frameBytes { return }
            offset += UInt64(old.count)
            guard shouldGoOn() else { throw .interrupted }
        }
    }

    /// Whether two arrays are the same; `==` compares element by element.
    private func isEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        guard one.count == other.count else { return false }
        return unsafe one.withUnsafeBytes { one in
            unsafe other.withUnsafeBytes { other in
                guard let first = one.baseAddress, let second = other.baseAddress else { return true }
                return unsafe memcmp(first, second, one.count) == 0
            }
        }
    }

    private func calls<Result>(_ body: () throws(FileError) -> Result) throws(Refusal) -> Result {
        do throws(FileError) { return try body() } catch { throw .file(error) }
    }
}
