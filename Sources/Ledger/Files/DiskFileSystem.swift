import CFile
import Glibc
public import OpenSSL

/// The real file system.
public struct DiskFileSystem: FileSystem {
    public init() {}

    public func open(_ path: String, _ mode: OpenMode) throws(FileError) -> any File {
        let flags: Int32 =
            switch mode {
            case .read: O_RDONLY
            case .update: O_RDWR
            case .create: O_RDWR | O_CREAT | O_EXCL
            case .updateOrCreate: O_RDWR | O_CREAT
            }
        // A FIFO that somebody has put there is no file, and must not be waited for.
        let descriptor = unsafe Glibc.open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { throw FileError("open", path, code: errno) }
        let file = DiskFile(descriptor, path)
        guard file.isRegular else { throw FileError("open", path, code: EINVAL) }
        return file
    }

    public func list(_ directory: String) throws(FileError) -> [String] {
        guard let stream = unsafe opendir(directory) else { throw FileError("open directory", directory, code: errno) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw FileError("read directory", directory, code: errno) }
        return names.sorted()
    }

    public func makeDirectory(_ path: String) throws(FileError) {
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw FileError("make directory", path, code: errno)
        }
    }

    public func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    public func rename(_ path: String, to new: String) throws(FileError) {
        guard unsafe Glibc.rename(path, new) == 0 else { throw FileError("rename", path, code: errno) }
    }

    public func remove(_ path: String) throws(FileError) {
        guard unsafe unlink(path) == 0 else { throw FileError("remove", path, code: errno) }
    }

    public func syncDirectory(_ directory: String) throws(FileError) {
        let descriptor = unsafe Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open directory", directory, code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError("sync directory", directory, code: errno) }
    }

    public func replaceSecret(_ path: String, _ secret: SecretBytes) throws(FileError) {
        do { try SecretFile.replace(path, secret) } catch { throw FileError("store", path, code: errno) }
    }

    static func describe(_ code: Int32) -> String {
        unsafe String(cString: strerror(code))
    }
}

private final class DiskFile: File {
    private let descriptor: Int32
    private let path: String

    init(_ descriptor: Int32, _ path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    var isRegular: Bool {
        var status = stat()
        return unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(FileError) -> Int {
        do throws(FileError) {
            return unsafe try readOnce(into: buffer, at: offset)
        } catch {
            guard error.code == EIO, UnreadableSectors.takesWrites(Layout.folder(of: path)) else { throw error }
            let size = try size()
            let count = Int(min(UInt64(buffer.count), size - min(size, offset)))
            unsafe try UnreadableSectors.read(
                into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]), at: offset
            ) { (piece, offset) throws(FileError) in
                _ = unsafe try readOnce(into: piece, at: offset)
            }
            return count
        }
    }

    private func readOnce(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(FileError) -> Int {
        var done = 0
        while done < buffer.count {
            let count = unsafe pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset) + done)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError("read", path, code: errno)
            }
            done += count
        }
        return done
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(FileError) {
        var done = 0
        while done < bytes.count {
            let count = unsafe pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset) + done)
            if count <= 0 {
                if count < 0 && errno == EINTR { continue }
                throw FileError("write", path, code: count < 0 ? errno : EIO)
            }
            done += count
        }
    }

    func sync() throws(FileError) {
        guard fdatasync(descriptor) == 0 else { throw FileError("sync", path, code: errno) }
    }

    func reserve(_ size: UInt64) throws(FileError) {
        guard waxwing_reserve(descriptor, Int64(size)) == 0 || errno == EOPNOTSUPP || errno == ENOSYS else {
            throw FileError("reserve space for", path, code: errno)
        }
    }

    func truncate(to size: UInt64) throws(FileError) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw FileError("truncate", path, code: errno) }
    }

    func size() throws(FileError) -> UInt64 {
        let end = lseek(descriptor, 0, SEEK_END)
        guard end >= 0 else { throw FileError("measure", path, code: errno) }
        return UInt64(end)
    }

    func lock() throws(FileError) -> Bool {
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
        if errno == EWOULDBLOCK { return false }
        throw FileError("lock", path, code: errno)
    }
}
