import Batch
import Ledger
import OpenSSL

/// The disk, save for the calls that a test wants to fail. A write that fails leaves the first half of its bytes; a
/// sync that succeeds does nothing, since no test here pulls the plug.
final class FaultyFileSystem: FileSystem {
    private struct State {
        var calls = 0
        var failing: Range<Int> = 0..<0
    }

    private let disk = DiskFileSystem()
    private let state = Monitor(State())
    /// ENOSPC.
    static let code: Int32 = 28

    /// Fails these calls, counted from now.
    func fail(_ calls: Range<Int>) {
        state.withLock { $0 = State(failing: calls) }
    }

    /// Calls since the last `fail`.
    var calls: Int { state.withLock { $0.calls } }

    fileprivate func check(_ operation: String, _ path: String) throws(FileError) {
        try state.withLock { (state) throws(FileError) in
            defer { state.calls += 1 }
            if state.failing.contains(state.calls) { throw FileError(operation, path, code: Self.code) }
        }
    }

    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> any File {
        try check("open", path)
        return FaultyFile(self, path, try disk.open(path, mode))
    }

    func list(_ directory: String) throws(FileError) -> [String] {
        try check("list", directory)
        return try disk.list(directory)
    }

    func makeDirectory(_ path: String) throws(FileError) {
        try check("make directory", path)
        try disk.makeDirectory(path)
    }

    func exists(_ path: String) -> Bool { disk.exists(path) }

    func rename(_ path: String, to new: String) throws(FileError) {
        try check("rename", path)
        try disk.rename(path, to: new)
    }

    func remove(_ path: String) throws(FileError) {
        try check("remove", path)
        try disk.remove(path)
    }

    func syncDirectory(_ directory: String) throws(FileError) {
        try check("sync directory", directory)
    }

    func replaceSecret(_ path: String, _ secret: SecretBytes) throws(FileError) {
        try check("replace secret", path)
        try disk.replaceSecret(path, secret)
    }
}

private final class FaultyFile: File {
    private let system: FaultyFileSystem
    private let path: String
    private let file: any File

    init(_ system: FaultyFileSystem, _ path: String, _ file: any File) {
        self.system = system
        self.path = path
        self.file = file
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(FileError) -> Int {
        try system.check("read", path)
        return unsafe try file.read(into: buffer, at: offset)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(FileError) {
        do { try system.check("write", path) } catch {
            unsafe try file.write(UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count / 2)]), at: offset)
            throw error
        }
        unsafe try file.write(bytes, at: offset)
    }

    func sync() throws(FileError) {
        try system.check("sync", path)
    }

    func reserve(_ size: UInt64) throws(FileError) {
        try system.check("reserve", path)
        try file.reserve(size)
    }

    func truncate(to size: UInt64) throws(FileError) {
        try system.check("truncate", path)
        try file.truncate(to: size)
    }

    func size() throws(FileError) -> UInt64 { try file.size() }

    func lock() throws(FileError) -> Bool { try file.lock() }
}
