internal import Glibc

/// Something an export is read from.
public enum ExportInput: Hashable, Sendable {
    /// A file, by its path.
    case path(String)
    /// Standard input, until it ends.
    case standardInput
    /// Bytes in memory, and what to call them.
    case bytes([UInt8], name: String)

    /// The input a command-line argument names: a path, or `-` for standard input.
    public init(argument: String) {
        self = argument == "-" ? .standardInput : .path(argument)
    }

    /// What reports call it.
    public var name: String {
        switch self {
        case .path(let path): path
        case .standardInput: "standard input"
        case .bytes(_, let name): name
        }
    }

    /// Whether it can be read a second time: memory and regular files can, pipes cannot.
    public var isRereadable: Bool {
        if case .bytes = self { return true }
        return status.map { $0.st_mode & S_IFMT == S_IFREG } ?? false
    }

    /// Whether it is the file of which `status` was taken.
    func isFile(_ other: stat) -> Bool {
        status.map { $0.st_dev == other.st_dev && $0.st_ino == other.st_ino } ?? false
    }

    /// What the operating system says of it; nil if it is not there, or no file.
    private var status: stat? {
        var status = stat()
        switch self {
        case .bytes: return nil
        case .standardInput: return unsafe fstat(STDIN_FILENO, &status) == 0 ? status : nil
        case .path(let path): return unsafe stat(path, &status) == 0 ? status : nil
        }
    }
}

/// The text of the last error of the operating system.
func systemError() -> String {
    // strerror's text is copied before anything else can replace it.
    unsafe String(cString: strerror(errno))
}

/// Reads an ``ExportInput`` from its start to its end, in pieces. Standard input that is a file is read from where it
/// is without moving there, so that it can be read again.
struct InputSource: ~Copyable {
    private let descriptor: Int32
    private let isOwned: Bool
    private let memory: [UInt8]
    /// How far `memory` was read, or where in a file that is standard input.
    private var position = 0
    private var isPositioned = false

    init(_ input: ExportInput) throws(ExportError) {
        switch input {
        case .bytes(let bytes, _):
            (descriptor, isOwned, memory) = (-1, false, bytes)
        case .standardInput:
            (descriptor, isOwned, memory) = (STDIN_FILENO, false, [])
            isPositioned = input.isRereadable
            if isPositioned { position = max(0, lseek(STDIN_FILENO, 0, SEEK_CUR)) }
        case .path(let path):
            let opened = unsafe open(path, O_RDONLY | O_CLOEXEC)
            guard opened >= 0 else { throw ExportError(.cannotOpen, "\(path) does not open: \(systemError())") }
            (descriptor, isOwned, memory) = (opened, true, [])
        }
    }

    deinit {
        if isOwned { close(descriptor) }
    }

    /// Fills up to all of `buffer`, which is not empty, and returns how many bytes there were: 0 only at the end.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(ExportError) -> Int {
        guard descriptor >= 0 else {
            let count = min(buffer.count, memory.count - position)
            unsafe memory.withUnsafeBytes { bytes in
                unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[position..<position + count]))
            }
            position += count
            return count
        }
        while true {
            let count =
                isPositioned
                ? unsafe pread(descriptor, buffer.baseAddress, buffer.count, position)
                : unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 {
                position += count
                return count
            }
            guard errno == EINTR else { throw ExportError(.cannotRead, "reading failed: \(systemError())") }
        }
    }
}
