internal import COpenSSL
internal import Glibc

/// Files that hold secrets: read only if nobody else can read them, written so that nobody else ever could.
public enum SecretFile {
    /// Bytes in a secret's file at most.
    public static let byteLimit = 64 << 10
    /// Permissions a secret's file may have at most.
    public static let mode: UInt32 = 0o600

    // MARK: - Reading

    /// The bytes of the regular file at `path`, which only its owner may read, and whose owner is this process's user
    /// or root. Refuses more than ``byteLimit`` bytes.
    public static func read(_ path: String) throws(OpenSSLError) -> SecretBytes {
        let file = try open(path)
        defer { close(file) }
        // One byte more than the limit, so that a longer file is noticed.
        return try unsafe SecretBytes(count: byteLimit + 1) { (target) throws(OpenSSLError) in
            var count = 0
            while count < target.count {
                let got = unsafe Glibc.read(file, target.baseAddress.unsafelyUnwrapped + count, target.count - count)
                if got < 0, errno == EINTR { continue }
                guard got >= 0 else { throw failure("read", path) }
                if got == 0 { return count }
                count += got
            }
            throw OpenSSLError(.length, "\(path) is longer than \(byteLimit) bytes: that is not a key file")
        }
    }

    /// Makes the checks of ``read(_:)`` and reads nothing.
    public static func check(_ path: String) throws(OpenSSLError) {
        close(try open(path))
    }

    /// Opens first and checks what it opened, so that no other file can take its place in between. Does not wait for a
    /// writer if it is a pipe.
    private static func open(_ path: String) throws(OpenSSLError) -> CInt {
        let file = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { throw failure("open", path) }
        do throws(OpenSSLError) {
            try checkOpened(file, path)
            return file
        } catch {
            close(file)
            throw error
        }
    }

    private static func checkOpened(_ file: CInt, _ path: String) throws(OpenSSLError) {
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else { throw failure("examine", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw OpenSSLError(.notRegularFile, "\(path) is not a regular file: give the path of a key file")
        }
        let permissions = status.st_mode & 0o7777
        guard permissions & ~mode == 0 else {
            throw OpenSSLError(
                .permissions,
                "\(path) has mode 0\(String(permissions, radix: 8)) and holds a secret: run chmod 600 \(path)")
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw OpenSSLError(
                .owner,
                "\(path) belongs to user \(status.st_uid), this process runs as user \(geteuid()): "
                    + "run chown \(geteuid()) \(path)"
            )
        }
    }

    // MARK: - Writing

    /// Creates a file with mode 0600 that holds `secret`; it and its name are on the disk when this returns. Refuses if
    /// there is a file of that name, and leaves none behind if it fails.
    public static func create(_ path: String, _ secret: SecretBytes) throws(OpenSSLError) {
        let file = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard file >= 0 else {
            guard errno != EEXIST else {
                throw OpenSSLError(.exists, "\(path) exists already: move it away first, a key is never overwritten")
            }
            throw failure("create", path)
        }
        do throws(OpenSSLError) {
            try write(secret, to: file, path)
            try syncDirectory(of: path)
        } catch {
            unsafe unlink(path)
            throw error
        }
    }

    /// Puts `secret` in the place of the file at `path`, or creates it, with mode 0600. After a crash there is either
    /// the old content or the new. The old content is overwritten with zeros once the new one is on the disk, which
    /// erases it on file systems that write in place.
    public static func replace(_ path: String, _ secret: SecretBytes) throws(OpenSSLError) {
        let new = path + ".new"
        unsafe unlink(new)
        try create(new, secret)
        let old = unsafe Glibc.open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        defer { if old >= 0 { close(old) } }
        guard unsafe rename(new, path) == 0 else { throw failure("replace", path) }
        try syncDirectory(of: path)
        if old >= 0 { overwrite(old) }
    }

    /// Writes all of `secret`, syncs and closes `file`.
    private static func write(_ secret: SecretBytes, to file: CInt, _ path: String) throws(OpenSSLError) {
        defer { close(file) }
        var offset = 0
        while offset < secret.count {
            let count = unsafe secret.bytes.extracting(offset...).withUnsafeBytes { rest in
                unsafe Glibc.write(file, rest.baseAddress, rest.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write", path) }
            offset += count
        }
        guard fsync(file) == 0 else { throw failure("sync", path) }
    }

    /// A new name is durable only once its directory is.
    private static func syncDirectory(of path: String) throws(OpenSSLError) {
        let parent = directory(of: path)
        let directory = unsafe Glibc.open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure("open", parent) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw failure("sync", parent) }
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func overwrite(_ file: CInt) {
        var status = stat()
        guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
        let zeros = [UInt8](repeating: 0, count: min(Int(status.st_size), byteLimit))
        _ = unsafe pwrite(file, zeros, zeros.count, 0)
        fdatasync(file)
    }

    private static func failure(_ verb: String, _ path: String) -> OpenSSLError {
        let reason = unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "error \(errno)"
        return OpenSSLError(.file, "cannot \(verb) \(path): \(reason)")
    }
}
