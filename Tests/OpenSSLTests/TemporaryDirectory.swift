import Glibc
import OpenSSL

/// A directory of one test, gone with the object.
final class TemporaryDirectory {
    let path: String

    init() {
        var template = Array("/tmp/waxwing-test-XXXXXX".utf8CString)
        path = unsafe String(cString: mkdtemp(&template))
    }

    deinit {
        for name in names { unsafe unlink("\(path)/\(name)") }
        unsafe rmdir(path)
    }

    /// The names in it, but for `.` and `..`.
    var names: [String] {
        var names: [String] = []
        guard let directory = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(directory) }
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
                unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file with exactly this mode, whatever the umask.
    @discardableResult
    func write(_ name: String, _ bytes: [UInt8], mode: mode_t = 0o600) -> String {
        let file = unsafe open(self.file(name), O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(file) }
        _ = unsafe Glibc.write(file, bytes, bytes.count)
        fchmod(file, mode)
        return self.file(name)
    }
}

/// Permissions of a file.
func mode(of path: String) -> mode_t {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
}

extension SecretBytes {
    var array: [UInt8] { unsafe bytes.withUnsafeBytes { unsafe Array($0) } }
    var text: String { String(decoding: array, as: UTF8.self) }

    convenience init(_ array: [UInt8]) { unsafe self.init(array.span.bytes) }
}
