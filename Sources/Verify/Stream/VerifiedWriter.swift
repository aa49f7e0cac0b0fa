internal import Glibc

/// Writes verified records, one on a line, in the order in which they are verified. A regular file is put in the order
/// of the indexes at the end.
@safe
final class VerifiedWriter {
    /// Stretches of the stream that follow one another, and where their records are in the file.
    private struct Run {
        var records: Range<UInt64>
        var start: Int
    }

    private static let capacity = 256 << 10

    private let descriptor: Int32
    private let path: String
    private let base: UnsafeMutableRawPointer
    private var used = 0
    private var written = 0
    private var runs: [Run] = []
    /// Why writing stopped, if it did.
    private(set) var failure: String?
    /// Whether the records could not be put in order.
    private(set) var isUnsorted = false

    /// Creates or empties the file at `path`, mode 0600; `-` is standard output. Refuses a file that is one of
    /// `inputs`.
    init(path: String, inputs: [ExportInput]) throws(VerificationError) {
        self.path = path == "-" ? "standard output" : path
        var status = stat()
        let found = unsafe path == "-" ? fstat(STDOUT_FILENO, &status) : stat(path, &status)
        if found == 0, status.st_mode & S_IFMT == S_IFREG, inputs.contains(where: { $0.isFile(status) }) {
            throw VerificationError(.output, "\(self.path) is one of the files to verify; write to another file")
        }
        let opened =
            unsafe path == "-" ? dup(STDOUT_FILENO) : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard opened >= 0 else {
            throw VerificationError(.output, "\(path) does not open for writing: \(systemError())")
        }
        descriptor = opened
        unsafe base = .allocate(byteCount: Self.capacity, alignment: 64)
    }

    deinit {
        close(descriptor)
        unsafe base.deallocate()
    }

    /// Says that what is written next are records of `range`, some or all, in their order.
    func begin(_ range: Range<UInt64>) {
        if let last = runs.last, last.records.upperBound == range.lowerBound {
            runs[runs.count - 1].records = last.records.lowerBound..<range.upperBound
        } else {
            runs.append(Run(records: range, start: written + used))
        }
    }

    func write(_ record: RawSpan) {
        precondition(record.byteCount < Self.capacity)
        if Self.capacity - used < record.byteCount + 1 { flush() }
        // After a flush there is room for any record.
        unsafe record.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            unsafe (base + used).copyMemory(from: start, byteCount: source.count)
        }
        unsafe base.storeBytes(of: 0x0A, toByteOffset: used + record.byteCount, as: UInt8.self)
        used += record.byteCount + 1
    }

    /// Writes what is left, and puts the file in order.
    func finish() {
        flush()
        let isSorted = zip(runs, runs.dropFirst()).allSatisfy { $0.records.lowerBound < $1.records.lowerBound }
        guard failure == nil, !isSorted else { return }
        isUnsorted = !sort()
    }

    private func flush() {
        let piece = unsafe UnsafeRawBufferPointer(start: base, count: used)
        if failure == nil, unsafe !Self.write(piece, to: descriptor) {
            failure = "writing \(path) failed: \(systemError())"
        }
        written += used
        used = 0
    }

    // MARK: - Order

    /// Copies the runs in their order to a file without a name, and from there back. False if that cannot be done, and
    /// the file is as it was.
    private func sort() -> Bool {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
        let source = unsafe open(path, O_RDONLY | O_CLOEXEC)
        let sorted = UnnamedFile.open()
        defer { for descriptor in [source, sorted] where descriptor >= 0 { close(descriptor) } }
        guard source >= 0, sorted >= 0 else { return false }
        let ends = runs.dropFirst().map(\.start) + [written]
        let order = zip(runs, ends).sorted { $0.0.records.lowerBound < $1.0.records.lowerBound }
        for (run, end) in order {
            guard copy(run.start..<end, of: source, to: sorted) else { return false }
        }
        guard lseek(descriptor, 0, SEEK_SET) == 0 else { return false }
        if !copy(0..<written, of: sorted, to: descriptor) { failure = "writing \(path) failed: \(systemError())" }
        return true
    }

    /// Copies a part of one file to where another one is.
    private func copy(_ range: Range<Int>, of source: Int32, to target: Int32) -> Bool {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let count = unsafe pread(source, base, min(Self.capacity, range.upperBound - offset), offset)
            if count < 0, errno == EINTR { continue }
            guard count > 0, unsafe Self.write(UnsafeRawBufferPointer(start: base, count: count), to: target) else {
                return false
            }
            offset += count
        }
        return true
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
        var rest = unsafe bytes
        while unsafe !rest.isEmpty {
            let count = unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            unsafe rest = unsafe UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        return true
    }
}
