internal import Glibc

/// A file that goes away when it is closed.
enum UnnamedFile {
    /// Makes one in `$TMPDIR`, /var/tmp or /tmp, the first of them where that works, and returns its descriptor, or -1.
    static func open() -> Int32 {
        let folders = [unsafe getenv("TMPDIR").map { unsafe String(cString: $0) }, "/var/tmp", "/tmp"]
        for case let folder? in folders {
            var path = Array("\(folder)/waxwing-verify-XXXXXX".utf8CString)
            let descriptor = unsafe mkstemp(&path)
            guard descriptor >= 0 else { continue }
            unsafe unlink(path)
            return descriptor
        }
        return -1
    }
}
