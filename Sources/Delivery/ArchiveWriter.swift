import Filter
import Ledger

/// The files of a ``FileDestination``: appends records, syncs, and begins a new file where a batch has ended.
/// Used by one thread at a time.
@safe
final class ArchiveWriter: @unchecked Sendable {
    private let folder: String
    private let rotate: UInt64
    private let filter: RecordFilter?
    private let system: any FileSystem
    private var cursor: CursorFile
    private let start: UInt64
    private var file: (any File)?
    private var length: UInt64 = 0
    private var needsResuming = false
    private var block: [UInt8] = []
    private var lines: [UInt8] = []
    /// Index of the next record to be written.
    private(set) var nextIndex: UInt64

    init(
        _ folder: String, rotate: UInt64, filter: RecordFilter? = nil, cursor: consuming CursorFile, from index: UInt64,
        _ system: any FileSystem = DiskFileSystem()
    ) throws(FileError) {
        self.folder = folder
        self.rotate = rotate
        self.filter = filter
        self.system = system
        start = index
        nextIndex = index
        let synced = cursor.value?.detail ?? 0
        self.cursor = cursor
        try system.makeDirectory(folder)
        // A file of that name is there too, and is no folder.
        _ = try system.list(folder)
        try resume(at: synced)
    }

    /// Whether everything that was written is durable, and the cursor says so.
    var isSynced: Bool { cursor.value?.nextIndex == nextIndex }

    /// Appends the records of `block`, the reader's next, and closes the file if it is long enough and a batch ends
    /// here. Of a damaged block, which the reader leaves out, nothing is written. Returns how much was.
    @discardableResult
    func append(
        _ header: BlockHeader, from reader: inout LedgerReader
    ) throws -> (records: UInt64, octets: UInt64, filtered: UInt64) {
        try skip(to: reader.nextIndex)
        let size = BlockHeader.size + header.payloadLength
        if block.count < size { block = [UInt8](repeating: 0, count: size) }
        lines.removeAll(keepingCapacity: true)
        var (records, filtered) = (UInt64(0), UInt64(0))
        try unsafe block.withUnsafeMutableBytes { memory in
            let memory = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[..<size])
            let range = unsafe try reader.read(header, into: memory)
            let payload = unsafe UnsafeRawBufferPointer(rebasing: memory[range])
            var walk = RecordWalk()
            while let line = unsafe walk.next(payload) {
                let span = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: payload[line]))
                guard filter?.accepts(span) != false else {
                    filtered += 1
                    continue
                }
                records += 1
                unsafe lines.append(contentsOf: payload[line])
                lines.append(0x0A)
            }
        }
        guard records + filtered > 0 else { return (0, 0, 0) }
        if records > 0 {
            let file = try current()
            try file.write(lines, at: length)
            length += UInt64(lines.count)
        }
        nextIndex = header.nextIndex
        if header.endsBatch && length >= rotate { try close() }
        return (records, UInt64(lines.count), filtered)
    }

    /// Goes on with record `index`, since there are none before it. A file holds all records from its first to its
    /// last, so another is begun.
    func skip(to index: UInt64) throws(FileError) {
        guard index > nextIndex else { return }
        try resumeAfterFailure()
        try close()
        nextIndex = index
    }

    /// Makes everything durable, then the cursor.
    func sync() throws(FileError) {
        guard !isSynced else { return }
        try file?.sync()
        try cursor.store(CursorFile.Value(nextIndex: nextIndex, detail: length))
    }

    /// Goes back to what the cursor says is durable, after a failure: what was written since may be lost, even if a
    /// later sync succeeds, and is written again.
    func rewind() {
        file = nil
        length = 0
        nextIndex = cursor.value?.nextIndex ?? start
        needsResuming = true
    }

    private func close() throws(FileError) {
        try file?.sync()
        file = nil
        length = 0
        try cursor.store(CursorFile.Value(nextIndex: nextIndex))
    }

    private func current() throws(FileError) -> any File {
        try resumeAfterFailure()
        if let file { return file }
        return try open()
    }

    private func resumeAfterFailure() throws(FileError) {
        if needsResuming { try resume(at: cursor.value?.detail ?? 0) }
        needsResuming = false
    }

    private func open() throws(FileError) -> any File {
        let new = try system.open(path(nextIndex), .updateOrCreate)
        try new.truncate(to: 0)
        try system.syncDirectory(folder)
        file = new
        length = 0
        return new
    }

    /// Goes on with the newest file, cut to what was synced; files that were begun later are begun again.
    private func resume(at synced: UInt64) throws(FileError) {
        guard synced > 0, let newest = try indexes().last(where: { $0 < nextIndex }) else { return }
        let file = try system.open(path(newest), .update)
        guard let count = try Self.lineCount(file, synced),
            filter == nil ? count == nextIndex - newest : count <= nextIndex - newest
        else { return }
        try file.truncate(to: synced)
        self.file = file
        length = synced
    }

    /// The number of lines in the first `length` bytes, nil if there are fewer bytes or they do not end in a line's
    /// end. Tells the file that was written to from an older one, when somebody has moved it away in the meantime.
    private static func lineCount(_ file: any File, _ length: UInt64) throws(FileError) -> UInt64? {
        var (offset, count, last) = (UInt64(0), UInt64(0), UInt8(0x0A))
        while offset < length {
            let bytes = try file.bytes(at: offset, count: Int(min(length - offset, 1 << 20)))
            guard let end = bytes.last else { return nil }
            for byte in bytes where byte == 0x0A { count += 1 }
            offset += UInt64(bytes.count)
            last = end
        }
        return last == 0x0A ? count : nil
    }

    private func indexes() throws(FileError) -> [UInt64] {
        try system.list(folder).compactMap { name in
            name.hasPrefix("waxwing-") && name.hasSuffix(".log") ? UInt64(name.dropFirst(8).dropLast(4)) : nil
        }.sorted()
    }

    private func path(_ index: UInt64) -> String {
        let digits = String(index)
        return "\(folder)/waxwing-\(String(repeating: "0", count: 20 - digits.count))\(digits).log"
    }
}
