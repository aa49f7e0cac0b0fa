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
        switch self {
        case .bytes: return true
        case .standardInput: return false
        case .path(let path):
            var status = stat()
            guard unsafe stat(path, &status) == 0 else { return false }
            return status.st_mode & S_IFMT == S_IFREG
        }
    }
}

/// The text of the last error of the operating system.
func systemError() -> String {
    // strerror's text is copied before anything else can replace it.
    unsafe String(cString: strerror(errno))
}

/// Reads an ``ExportInput`` from its start to its end, in pieces.
struct InputSource: ~Copyable {
    private let descriptor: Int32
    private let isOwned: Bool
    private let memory: [UInt8]
    private var position = 0

    init(_ input: ExportInput) throws(ExportError) {
        switch input {
        case .bytes(let bytes, _):
            (descriptor, isOwned, memory) = (-1, false, bytes)
        case .standardInput:
            (descriptor, isOwned, memory) = (STDIN_FILENO, false, [])
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
            let count = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            guard errno == EINTR else { throw ExportError(.cannotRead, "reading failed: \(systemError())") }
        }
    }
}
