import Batch
import Glibc

/// A compressed segment, read as the segment that it was made of: the same bytes at the same offsets.
///
/// It keeps the content of one frame. A frame that is damaged reads as zeros, which no block is, so that readers find
/// there what they find in any damaged segment; a file whose table is damaged reads as an empty one.
final class CompressedFile: File {
    private struct Cache: ~Copyable {
        var decoder = ZstandardDecoder()
        var number: Int?
        var content: [UInt8] = []
    }

    private let file: any File
    private let path: String
    private let table: FrameTable
    private let cache = Monitor(Cache())

    init(_ file: any File, _ path: String) throws(FileError) {
        self.file = file
        self.path = path
        table = try FrameTable(of: file) ?? FrameTable()
    }

    /// Where a block begins from which on one comes to the record at `index`; nil if only the beginning is known.
    func blockOffset(before index: UInt64) -> UInt64? { table.blockOffset(before: index) }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(FileError) -> Int {
        try cache.withLock { (cache) throws(FileError) -> Int in
            var done = 0
            while done < buffer.count, let number = table.number(at: offset + UInt64(done)) {
                try load(number, &cache)
                let start = Int(offset + UInt64(done) - table.frames[number].contentOffset)
                let count = min(buffer.count - done, cache.content.count - start)
                unsafe cache.content.withUnsafeBytes { content in
                    unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + count]).copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: content[start..<start + count]))
                }
                done += count
            }
            return done
        }
    }

    private func load(_ number: Int, _ cache: inout Cache) throws(FileError) {
        guard cache.number != number else { return }
        let frame = table.frames[number]
        let bytes = try file.bytes(at: frame.offset, count: frame.length)
        cache.content =
            cache.decoder.content(of: bytes, length: frame.contentLength)
            ?? [UInt8](repeating: 0, count: frame.contentLength)
        cache.number = number
    }

    func size() throws(FileError) -> UInt64 { table.contentSize }

    // MARK: - It is never changed

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(FileError) { throw refusal("write") }
    func reserve(_ size: UInt64) throws(FileError) { throw refusal("reserve space for") }
    func truncate(to size: UInt64) throws(FileError) { throw refusal("truncate") }
    func lock() throws(FileError) -> Bool { throw refusal("lock") }

    /// It was synced before it got its name.
    func sync() throws(FileError) {}

    private func refusal(_ operation: String) -> FileError { FileError(operation, path, code: EROFS) }
}
