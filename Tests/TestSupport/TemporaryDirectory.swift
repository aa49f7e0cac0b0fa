import Glibc

/// A directory of one test, gone with the object.
public final class TemporaryDirectory: Sendable {
    public let path: String

    public init() {
        var template = Array("/tmp/waxwing-test-XXXXXX".utf8CString)
        path = unsafe String(cString: mkdtemp(&template))
    }

    deinit { Self.remove(path) }

    public func path(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file and returns its path.
    @discardableResult
    public func write(_ name: String, _ text: String) -> String { write(name, octets: Array(text.utf8)) }

    /// The same for a file that is no text.
    @discardableResult
    public func write(_ name: String, octets bytes: [UInt8]) -> String {
        let descriptor = unsafe open(path(name), O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(descriptor) }
        precondition(unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
        return path(name)
    }

    /// The whole of a file, nil if it is not there.
    public static func contents(_ path: String) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: Int(lseek(descriptor, 0, SEEK_END)))
        let count = unsafe pread(descriptor, &bytes, bytes.count, 0)
        return count == bytes.count ? bytes : nil
    }

    /// The names in a directory, sorted.
    public static func names(in path: String) -> [String] {
        guard let directory = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func remove(_ path: String) {
        for name in names(in: path) { remove("\(path)/\(name)") }
        if unsafe unlink(path) != 0 { unsafe rmdir(path) }
    }
}
