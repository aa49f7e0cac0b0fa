import Ledger
import NIOCore

/// Compresses an archive's closed files, one after another, and removes the oldest when there are more than are to be
/// kept. Does a little at each step, so that who writes the archive does it in between. Used by one thread.
///
/// A compressed file takes the place of its original when it is durable: a crash leaves the original, and it is
/// compressed again. It is a gzip file of several members, which gzip and `waxwing verify` read as one.
struct ArchiveKeeper: ~Copyable {
    struct Options: Sendable {
        /// Whether closed files are compressed with gzip.
        var compresses = false
        /// Closed files that are kept; nil for all.
        var keeps: Int?
    }

    /// Bytes that are compressed in one step.
    private static let stepLength = 1 << 20

    /// A file that is being compressed.
    private struct Job {
        let index: UInt64
        let source: any File
        let target: any File
        var read: UInt64 = 0
        var written: UInt64 = 0
    }

    private let folder: ArchiveFolder
    private let options: Options
    private let gzip = GzipEncoder()
    private var waiting: [UInt64] = []
    private var job: Job?

    init(_ folder: ArchiveFolder, _ options: Options) {
        self.folder = folder
        self.options = options
    }

    /// Whether ``step()`` has something to do.
    var isBusy: Bool { job != nil || !waiting.isEmpty }

    /// Looks through the folder: the files that begin before `index` are closed.
    mutating func noteClosed(before index: UInt64) throws(FileError) {
        guard options.compresses || options.keeps != nil else { return }
        try removeOldest(before: index)
        guard options.compresses else { return }
        let current = job?.index
        for left in try folder.indexes(.partial) where left != current {
            try folder.system.remove(folder.file(left, .partial))
        }
        waiting = try folder.indexes(.plain).filter { $0 < index && $0 != current }
    }

    /// Compresses the next piece. A failure gives up the file until ``noteClosed(before:)`` is called again.
    mutating func step() throws(FileError) {
        do throws(FileError) {
            if job == nil { try begin() }
            try compress()
        } catch {
            job = nil
            throw error
        }
    }

    private mutating func removeOldest(before index: UInt64) throws(FileError) {
        guard let keeps = options.keeps else { return }
        let plain = try folder.indexes(.plain).filter { $0 < index }
        let compressed = try folder.indexes(.compressed)
        for oldest in Set(plain + compressed).sorted().dropLast(keeps) where oldest != job?.index {
            if plain.contains(oldest) { try folder.system.remove(folder.file(oldest)) }
            if compressed.contains(oldest) { try folder.system.remove(folder.file(oldest, .compressed)) }
        }
    }

    private mutating func begin() throws(FileError) {
        guard !waiting.isEmpty else { return }
        let index = waiting.removeFirst()
        let source = try folder.system.open(folder.file(index), .read)
        let target = try folder.system.open(folder.file(index, .partial), .updateOrCreate)
        try target.truncate(to: 0)
        job = Job(index: index, source: source, target: target)
    }

    private mutating func compress() throws(FileError) {
        guard var job else { return }
        let bytes = try job.source.bytes(at: job.read, count: Self.stepLength)
        guard !bytes.isEmpty || job.read == 0 else { return try finish(job) }
        let member = gzip.compress(unsafe bytes.span.bytes, ByteBufferAllocator())
        try job.target.write(Array(member.readableBytesView), at: job.written)
        job.read += UInt64(bytes.count)
        job.written += UInt64(member.readableBytes)
        self.job = job
        if bytes.count < Self.stepLength { try finish(job) }
    }

    /// Puts the compressed file in the place of its original.
    private mutating func finish(_ job: Job) throws(FileError) {
        try job.target.sync()
        try folder.system.rename(folder.file(job.index, .partial), to: folder.file(job.index, .compressed))
        try folder.system.syncDirectory(folder.path)
        try folder.system.remove(folder.file(job.index))
        self.job = nil
    }
}
