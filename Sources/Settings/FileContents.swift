internal import Glibc

/// Reads whole small files.
enum FileContents {
    struct Failure: Error {
        let code: SettingsError.Code
        let message: String
        let remedy: String
    }

    /// The bytes of the regular file at `path`, at most `limit`. A pipe or device is refused without waiting for it.
    static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw Failure(
                code: .unreadable, message: "the file cannot be opened: \(reason(errno))",
                remedy: "check the path and its permissions")
        }
        defer { close(descriptor) }
        var status = stat()
        // fstat writes one stat structure, which is what it is given.
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(code: .unreadable, message: "not a regular file", remedy: "give the path of a file")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count <= limit {
            // The length is the buffer's own.
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw Failure(
                    code: .unreadable, message: "the file cannot be read: \(reason(errno))", remedy: "check the disk")
            }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
        throw Failure(
            code: .tooLarge, message: "the file is larger than \(Size.format(limit))",
            remedy: "check that it is the right file")
    }

    private static func reason(_ number: Int32) -> String {
        // strerror's text is copied before anything else can call it on this thread.
        unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
    }
}
