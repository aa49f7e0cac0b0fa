import Glibc

/// A file or directory that goes away with its owner.
final class TemporaryFile {
    let path: String

    init(_ bytes: [UInt8] = []) throws {
        var name = Array("/tmp/waxwing-verify-XXXXXX".utf8CString)
        let descriptor = unsafe mkstemp(&name)
        guard descriptor >= 0 else { throw Failure() }
        path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        close(descriptor)
        try write(bytes)
    }

    deinit { unsafe unlink(path) }

    func write(_ bytes: [UInt8]) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_TRUNC)
        defer { close(descriptor) }
        var start = 0
        while start < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress! + start, bytes.count - start)
            }
            guard count > 0 else { throw Failure() }
            start += count
        }
    }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        let descriptor = unsafe open(path, O_RDONLY)
        defer { close(descriptor) }
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe read(descriptor, &chunk, chunk.count)
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
    }

    var lines: [String] { String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init) }

    struct Failure: Error {}
}

/// A directory with files that go away with it.
final class TemporaryDirectory {
    let path: String
    private var names: [String] = []
    private var folders: [TemporaryDirectory] = []

    init(_ path: String) throws {
        guard unsafe mkdir(path, 0o700) == 0 else { throw TemporaryFile.Failure() }
        self.path = path
    }

    init() throws {
        var name = Array("/tmp/waxwing-verify-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&name) != nil else { throw TemporaryFile.Failure() }
        path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        folders.removeAll()
        for name in names { unsafe unlink("\(path)/\(name)") }
        unsafe rmdir(path)
    }

    /// A new folder in it.
    func folder(_ name: String) throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory("\(path)/\(name)")
        folders.append(folder)
        return folder
    }

    func add(_ name: String, _ bytes: [UInt8]) throws {
        let descriptor = unsafe open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { throw TemporaryFile.Failure() }
        defer { close(descriptor) }
        names.append(name)
        guard unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw TemporaryFile.Failure() }
    }
}
