import Glibc
import Ledger

/// Files and standard input, read by a command.
enum InputFile {
    /// All bytes of the file, or of standard input for `-`, at most `limit`.
    static func read(_ path: String, limit: Int) throws(InputError) -> [UInt8] {
        let source = try LineSource(path)
        var bytes: [UInt8] = []
        while let chunk = try source.chunk() {
            bytes += chunk
            guard bytes.count <= limit else { throw InputError(path, code: EFBIG) }
        }
        return bytes
    }
}

/// An input that cannot be used.
struct InputError: Error, CustomStringConvertible {
    let description: String

    /// A file that cannot be read; `code` is the value of `errno`.
    init(_ path: String, code: Int32) {
        description = "\(path) cannot be read: \(unsafe String(cString: strerror(code)))"
    }

    init(_ description: String) {
        self.description = description
    }
}

/// Reads a file or standard input piece by piece, or line by line.
final class LineSource {
    /// The longest line that is given as one; a longer one comes in pieces.
    static let lineLimit = 64 << 20

    /// What messages call it.
    let name: String

    private let descriptor: Int32
    private var pending: [UInt8] = []
    private var start = 0
    private var scanned = 0
    private var isAtEnd = false
    /// Whether a line ends with what ``line()`` gave last.
    private(set) var isLineEnd = true

    /// Opens the file at `path`, or takes standard input for `-`.
    init(_ path: String) throws(InputError) {
        name = path == "-" ? "standard input" : path
        descriptor = unsafe path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw InputError(path, code: errno) }
    }

    deinit {
        if descriptor > STDIN_FILENO { close(descriptor) }
    }

    /// The next bytes, nil at the end.
    func chunk() throws(InputError) -> [UInt8]? {
        var failure: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
            let done = unsafe Glibc.read(descriptor, buffer.baseAddress!, buffer.count)
            if done < 0 { failure = errno }
            count = max(0, done)
        }
        guard failure == 0 else { throw InputError(name, code: failure) }
        return bytes.isEmpty ? nil : bytes
    }

    /// Whether there is a whole line that needs no more reading.
    var hasLine: Bool { pending[scanned...].contains(0x0A) }

    /// The next line without its LF, nil at the end. A last line needs no LF.
    func line() throws(InputError) -> [UInt8]? {
        while true {
            if let end = pending[scanned...].firstIndex(of: 0x0A) { return take(to: end, skipping: 1) }
            scanned = pending.count
            if scanned - start >= Self.lineLimit { return take(to: start + Self.lineLimit, skipping: 0) }
            if isAtEnd { return start < pending.count ? take(to: pending.count, skipping: 0) : nil }
            pending.removeFirst(start)
            (start, scanned) = (0, scanned - start)
            if let more = try chunk() { pending += more } else { isAtEnd = true }
        }
    }

    private func take(to end: Int, skipping count: Int) -> [UInt8] {
        defer {
            start = end + count
            scanned = start
            isLineEnd = count > 0 || isAtEnd
        }
        return Array(pending[start..<end])
    }
}

/// A folder given in the place of an export: a ledger, its `segments`, or what a file destination writes to.
enum ExportFolder {
    /// Paths of its files, in order; nil if `path` is no such folder.
    static func files(_ path: String) -> [String]? {
        let segments = [".segment", ".segment.zst"]
        return files("\(path)/segments", "", segments) ?? files(path, "", segments)
            ?? files(path, "waxwing-", [".log", ".log.gz", ".log.zst"])
    }

    private static func files(_ folder: String, _ prefix: String, _ suffixes: [String]) -> [String]? {
        let names = try? DiskFileSystem().list(folder).filter { name in
            name.hasPrefix(prefix) && suffixes.contains { name.hasSuffix($0) }
        }
        guard let names, !names.isEmpty else { return nil }
        return names.map { "\(folder)/\($0)" }
    }
}
