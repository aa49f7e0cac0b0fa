internal import Glibc

/// Writes verified records to a file, one on a line.
@safe
final class VerifiedWriter {
    private static let capacity = 256 << 10

    private let descriptor: Int32
    private let path: String
    private let base: UnsafeMutableRawPointer
    private var used = 0
    /// Why writing stopped, if it did.
    private(set) var failure: String?

    /// Creates or empties the file at `path`, mode 0600. Refuses a file that is one of `inputs`.
    init(path: String, inputs: [ExportInput]) throws(VerificationError) {
        var status = stat()
        if unsafe stat(path, &status) == 0 {
            for case .path(let input) in inputs {
                var other = stat()
                if unsafe stat(input, &other) == 0 && other.st_dev == status.st_dev && other.st_ino == status.st_ino {
                    throw VerificationError(.output, "\(path) is one of the files to verify; write to another file")
                }
            }
        }
        let opened = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard opened >= 0 else {
            throw VerificationError(.output, "\(path) does not open for writing: \(systemError())")
        }
        descriptor = opened
        self.path = path
        unsafe base = .allocate(byteCount: Self.capacity, alignment: 64)
    }

    deinit {
        close(descriptor)
        unsafe base.deallocate()
    }

    func write(_ record: RawSpan) {
        precondition(record.byteCount < Self.capacity)
        if Self.capacity - used < record.byteCount + 1 { flush() }
        // After a flush there is room for any record.
        unsafe record.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            unsafe (base + used).copyMemory(from: start, byteCount: source.count)
        }
        unsafe base.storeBytes(of: 0x0A, toByteOffset: used + record.byteCount, as: UInt8.self)
        used += record.byteCount + 1
    }

    func flush() {
        var start = 0
        while start < used, failure == nil {
            let count = unsafe Glibc.write(descriptor, base + start, used - start)
            if count > 0 {
                start += count
            } else if errno != EINTR {
                failure = "writing \(path) failed: \(systemError())"
            }
        }
        used = 0
    }
}
