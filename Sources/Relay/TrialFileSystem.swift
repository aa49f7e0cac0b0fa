import Glibc
import Ledger
import OpenSSL
import Synchronization

/// The file system for a start that is only tried out: what is there is read, and what is made or written is forgotten.
/// A call fails where the real one would: without the permission, in a folder that is not there, on a disk that is
/// full.
///
/// A start reads nothing that it has written itself, so that nothing of it has to be kept.
final class TrialFileSystem: FileSystem {
    private let disk = DiskFileSystem()
    private let freeBytes: @Sendable (String) -> UInt64?
    /// Folders that are not there and would have been made.
    private let made = Mutex<Set<String>>([])

    /// `freeBytes` says how much room there is on the disk of a folder; nil where that is not known.
    init(freeBytes: @escaping @Sendable (String) -> UInt64? = FreeSpace.bytes) {
        self.freeBytes = freeBytes
    }

    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> any File {
        let folder = Self.folder(of: path)
        let room: @Sendable () -> UInt64? = { [freeBytes] in freeBytes(folder) }
        if mode == .read { return TrialFile(path, try disk.open(path, .read), room) }
        if disk.exists(path) {
            guard unsafe access(path, R_OK | W_OK) == 0 else { throw FileError("open", path, code: errno) }
            return TrialFile(path, try disk.open(path, .read), room)
        }
        guard mode != .update else { throw FileError("open", path, code: ENOENT) }
        try checkWritable(folder, for: "open", path)
        return TrialFile(path, nil, room)
    }

    func list(_ directory: String) throws(FileError) -> [String] {
        made.withLock { $0.contains(directory) } ? [] : try disk.list(directory)
    }

    func makeDirectory(_ path: String) throws(FileError) {
        guard !disk.exists(path) else { return }
        try checkWritable(Self.folder(of: path), for: "make directory", path)
        made.withLock { _ = $0.insert(path) }
    }

    func exists(_ path: String) -> Bool { disk.exists(path) }

    func rename(_ path: String, to new: String) throws(FileError) {}
    func remove(_ path: String) throws(FileError) {}
    func syncDirectory(_ directory: String) throws(FileError) {}
    func replaceSecret(_ path: String, _ secret: SecretBytes) throws(FileError) {}

    private func checkWritable(_ folder: String, for operation: String, _ path: String) throws(FileError) {
        guard !made.withLock({ $0.contains(folder) }), unsafe access("\(folder)/.", W_OK | X_OK) != 0 else { return }
        throw FileError(operation, path, code: errno)
    }

    /// The folder that `path` is in.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// A file that can be read, unless it is not there, and not written.
private final class TrialFile: File {
    private let path: String
    private let file: (any File)?
    private let freeBytes: @Sendable () -> UInt64?

    init(_ path: String, _ file: (any File)?, _ freeBytes: @escaping @Sendable () -> UInt64?) {
        self.path = path
        self.file = file
        self.freeBytes = freeBytes
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(FileError) -> Int {
        unsafe try file?.read(into: buffer, at: offset) ?? 0
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(FileError) {}
    func sync() throws(FileError) {}

    func reserve(_ size: UInt64) throws(FileError) {
        guard let free = freeBytes(), free < size else { return }
        throw FileError("reserve space for", path, code: ENOSPC)
    }

    func truncate(to size: UInt64) throws(FileError) {}
    func size() throws(FileError) -> UInt64 { try file?.size() ?? 0 }
    /// Who runs on the ledger is found out otherwise.
    func lock() throws(FileError) -> Bool { true }
}
