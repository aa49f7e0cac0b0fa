import Filter
import Ledger

/// The files of a ``FileDestination``: appends records, syncs, and begins a new file where a batch has ended.
/// Used by one thread at a time.
@safe
final class ArchiveWriter: @unchecked Sendable {
    /// When a file is closed, at the end of a batch.
    struct Rotation: Sendable {
        /// Bytes after which it is.
        var bytes: UInt64 = 64 << 20
        /// Stretches of time, in milliseconds from 1970 on, for each of which there is a file of its own; nil for none.
        var interval: UInt64?
    }

    let folder: ArchiveFolder
    private let rotation: Rotation
    private let filter: RecordFilter?
    private var system: any FileSystem { folder.system }
    private var cursor: CursorFile
    private let start: UInt64
    private var file: (any File)?
    private var length: UInt64 = 0
    private var needsResuming = false
    /// Index of the open file's first record.
    private(set) var fileIndex: UInt64?
    /// When the open file's first record was written to the ledger, in milliseconds since 1970; nil if that is not
    /// known, since the file was begun by another process.
    private(set) var fileTime: UInt64?
    /// Whether there may be closed files that ``takeClosed()`` has not told of; there are at the start.
    private var hasClosed = true
    /// Whether a batch ends where the open file ends, as far as is known.
    private var hasEndedBatch = false
    private var block: [UInt8] = []
    private var lines: [UInt8] = []
    /// Index of the next record to be written.
    private(set) var nextIndex: UInt64

    init(
        _ folder: ArchiveFolder, _ rotation: Rotation, filter: RecordFilter? = nil, cursor: consuming CursorFile,
        from index: UInt64
    ) throws(FileError) {
        self.folder = folder
        self.rotation = rotation
        self.filter = filter
        start = index
        nextIndex = index
        let synced = cursor.value?.detail ?? 0
        self.cursor = cursor
        try folder.system.makeDirectory(folder.path)
        // A file of that name is there too, and is no folder.
        _ = try folder.system.list(folder.path)
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
        if beginsNewInterval(header) { try close() }
        if records > 0 {
            let file = try current(header)
            try file.write(lines, at: length)
            length += UInt64(lines.count)
        }
        nextIndex = header.nextIndex
        hasEndedBatch = header.endsBatch
        if header.endsBatch && length >= rotation.bytes { try close() }
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

    /// Index before which all files that were begun are closed, if there are more of them than at the last call.
    func takeClosed() -> UInt64? {
        defer { hasClosed = false }
        return hasClosed ? fileIndex ?? nextIndex : nil
    }

    /// Notes when the open file's first record was written to the ledger, in milliseconds since 1970.
    func noteFileTime(_ time: UInt64) { fileTime = time }

    /// Whether `header` belongs into another file than the open one because of its time.
    private func beginsNewInterval(_ header: BlockHeader) -> Bool {
        guard let interval = rotation.interval, let fileTime, hasEndedBatch else { return false }
        return header.writtenAt / interval > fileTime / interval
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
        forgetFile()
        nextIndex = cursor.value?.nextIndex ?? start
        needsResuming = true
    }

    private func close() throws(FileError) {
        try file?.sync()
        forgetFile()
        try cursor.store(CursorFile.Value(nextIndex: nextIndex))
        hasClosed = true
    }

    private func forgetFile() {
        file = nil
        fileIndex = nil
        fileTime = nil
        hasEndedBatch = false
        length = 0
    }

    private func current(_ header: BlockHeader) throws(FileError) -> any File {
        try resumeAfterFailure()
        if let file { return file }
        return try open(header)
    }

    private func resumeAfterFailure() throws(FileError) {
        if needsResuming { try resume(at: cursor.value?.detail ?? 0) }
        needsResuming = false
    }

    private func open(_ header: BlockHeader) throws(FileError) -> any File {
        let new = try system.open(folder.file(nextIndex), .updateOrCreate)
        try new.truncate(to: 0)
        try system.syncDirectory(folder.path)
        file = new
        fileIndex = nextIndex
        fileTime = header.writtenAt
        length = 0
        return new
    }

    /// Goes on with the newest file, cut to what was synced; files that were begun later are begun again.
    private func resume(at synced: UInt64) throws(FileError) {
        guard synced > 0, let newest = try folder.indexes(.plain).last(where: { $0 < nextIndex }) else { return }
        let file = try system.open(folder.file(newest), .update)
        guard let count = try Self.lineCount(file, synced),
            filter == nil ? count == nextIndex - newest : count <= nextIndex - newest
        else { return }
        try file.truncate(to: synced)
        self.file = file
        fileIndex = newest
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
}
