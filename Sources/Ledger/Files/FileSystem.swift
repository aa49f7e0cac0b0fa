public import OpenSSL

/// A system call on a file that failed: which one, on which path, and why.
public struct FileError: Error, Equatable, CustomStringConvertible {
    public let operation: String
    public let path: String
    /// The value of `errno`.
    public let code: Int32

    public init(_ operation: String, _ path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    public var description: String { "\(operation) \(path): \(DiskFileSystem.describe(code))" }
}

/// How a file is opened.
public enum OpenMode: Sendable {
    /// It must exist.
    case read
    /// It must exist.
    case update
    /// It must not exist yet; mode 0600.
    case create
    /// It is made if it does not exist; mode 0600.
    case updateOrCreate
}

/// Everything the ledger does to files, in one place, so that a test can put a file system of its own underneath that
/// loses, tears and refuses writes. The calls are those of POSIX, one each but for the last; none retries or hides a
/// failure, but for sectors that a disk cannot read any more (``UnreadableSectors``).
public protocol FileSystem: Sendable {
    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> any File
    /// Names in a directory, sorted.
    func list(_ directory: String) throws(FileError) -> [String]
    /// Makes a directory (mode 0700) unless it is there.
    func makeDirectory(_ path: String) throws(FileError)
    func exists(_ path: String) -> Bool
    func rename(_ path: String, to new: String) throws(FileError)
    func remove(_ path: String) throws(FileError)
    /// Makes creations, renames and removals in `directory` durable.
    func syncDirectory(_ directory: String) throws(FileError)
    /// Puts a file with `secret` in the place of the one at `path`, durably and at one go: mode 0600, the old bytes
    /// erased.
    func replaceSecret(_ path: String, _ secret: SecretBytes) throws(FileError)
}

extension FileSystem {
    /// Puts a file with `bytes` in the place of the one at `path`, or makes it: after a crash there is the old one or the
    /// new one, whole. The name is durable once its directory is synced.
    func replace(_ path: String, _ bytes: [UInt8]) throws(FileError) {
        let temporary = path + ".new"
        let file = try open(temporary, .updateOrCreate)
        try file.truncate(to: 0)
        try file.write(bytes, at: 0)
        try file.sync()
        try rename(temporary, to: path)
    }
}

/// An open file. Closed when the last reference goes.
public protocol File: AnyObject, Sendable {
    /// Reads up to `buffer.count` bytes at `offset`; fewer only at the end of the file. Returns their number.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(FileError) -> Int
    /// Writes all of `bytes` at `offset`.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(FileError)
    /// Makes the file's contents durable (fdatasync).
    func sync() throws(FileError)
    /// Reserves space for the file to grow to `size` bytes without changing its size. Best effort: where the file
    /// system has no such call, nothing happens.
    func reserve(_ size: UInt64) throws(FileError)
    func truncate(to size: UInt64) throws(FileError)
    func size() throws(FileError) -> UInt64
    /// Takes the exclusive lock that a process holds on its ledger. False when another process has it.
    func lock() throws(FileError) -> Bool
}

extension File {
    /// The whole file, or its first `limit` bytes.
    public func contents(limit: Int = 1 << 20) throws(FileError) -> [UInt8] {
        try bytes(at: 0, count: Int(min(try size(), UInt64(limit))))
    }

    /// Up to `count` bytes at `offset`; fewer only at the end of the file.
    public func bytes(at offset: UInt64, count: Int) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var length = 0
        var failure: FileError?
        unsafe bytes.withUnsafeMutableBytes { buffer in
            do throws(FileError) { length = unsafe try read(into: buffer, at: offset) } catch { failure = error }
        }
        if let failure { throw failure }
        bytes.removeLast(count - length)
        return bytes
    }

    /// Writes all of `bytes` at `offset`.
    public func write(_ bytes: [UInt8], at offset: UInt64) throws(FileError) {
        var failure: FileError?
        unsafe bytes.withUnsafeBytes { buffer in
            do throws(FileError) { unsafe try write(buffer, at: offset) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
