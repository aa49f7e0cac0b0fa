import Glibc
import Headscale
import OpenSSL

/// The copy of the last snapshot that survives a restart: JSON, mode 0600, replaced as a whole.
struct SnapshotFile {
    /// Octets of the file.
    static let limit = 64 << 20
    /// What the form of the file is called; one of another form is not read.
    private static let format = "waxwing-headscale-1"

    /// The last millisecond since 1970 that has room as nanoseconds: a file that somebody wrote in may say more.
    private static let lastTime = Int64(UInt64.max / 1_000_000)

    private let folder: String
    private var path: String { "\(folder)/snapshot.json" }
    /// When reading the last snapshot began about which records were handed on: they may be durable while the snapshot is
    /// not yet.
    private var mark: String { "\(folder)/reporting" }

    /// The file in `folder`, which is made when it is needed.
    init(folder: String) { self.folder = folder }

    // MARK: - Reading

    /// What was kept; nil if there is nothing, or nothing that can be understood.
    func read() throws(ServerError) -> KeptSnapshot? {
        guard let bytes = try contents(path) else { return nil }
        var reader = JSONReader(bytes)
        var (format, source, from, snapshot) = ("", "", Int64(0), Snapshot())
        try reader.object { (reader: inout JSONReader, name) throws(ServerError) in
            switch name {
            case "format": format = try reader.scalar() ?? ""
            case "source": source = try reader.scalar() ?? ""
            case "from": from = try reader.scalar().flatMap(Int64.init).map { min(max($0, 0), Self.lastTime) } ?? 0
            case "snapshot": snapshot = try Snapshot(stored: &reader)
            default: try reader.skip()
            }
        }
        return format == Self.format ? KeptSnapshot(source: source, from: from, snapshot: snapshot) : nil
    }

    private func contents(_ path: String) throws(ServerError) -> [UInt8]? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else {
            guard errno != ENOENT else { return nil }
            throw failure("opened", path)
        }
        defer { close(file) }
        let size = Int(lseek(file, 0, SEEK_END))
        guard size <= Self.limit else { throw ServerError("\(path) is larger than \(Self.limit) octets") }
        var failed = false
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: max(size, 0)) { buffer, count in
            while count < size {
                let got = unsafe pread(file, buffer.baseAddress! + count, size - count, off_t(count))
                guard got > 0 else {
                    failed = true
                    return
                }
                count += got
            }
        }
        guard !failed else { throw failure("read", path) }
        return bytes
    }

    private func failure(_ verb: String, _ path: String) -> ServerError {
        ServerError("\(path) cannot be \(verb): \(unsafe String(cString: strerror(errno)))")
    }

    // MARK: - Writing

    /// Puts `kept` in the place of what was there, durably.
    func replace(_ kept: KeptSnapshot) throws(ServerError) {
        var json = JSONWriter()
        json.object { json in
            json.member("format", Self.format)
            json.member("source", kept.source)
            json.member("from", kept.from)
            json.member("snapshot") { kept.snapshot.write(into: &$0) }
        }
        guard json.bytes.count <= Self.limit else {
            throw ServerError("the snapshot has more than \(Self.limit) octets, and is not kept")
        }
        try makeFolder()
        do throws(OpenSSLError) {
            try SecretFile.replace(path, unsafe SecretBytes(json.bytes.span.bytes))
        } catch { throw ServerError("\(error)") }
    }

    private func makeFolder() throws(ServerError) {
        guard unsafe mkdir(folder, 0o700) == 0 || errno == EEXIST else {
            throw ServerError("\(folder) cannot be made: \(unsafe String(cString: strerror(errno)))")
        }
    }

    // MARK: - The mark

    /// Whether records about a newer snapshot than `kept` may be durable.
    func isMarked(behind kept: KeptSnapshot) throws(ServerError) -> Bool {
        guard let bytes = try contents(mark) else { return false }
        return Int64(String(decoding: bytes, as: UTF8.self)).map { $0 > kept.from } ?? true
    }

    /// To be called before the first record about `new`, which is not kept yet, is handed on.
    func setMark(for new: KeptSnapshot) throws(ServerError) {
        try makeFolder()
        do throws(OpenSSLError) { try SecretFile.replace(mark, SecretBytes("\(new.from)")) } catch {
            throw ServerError("\(error)")
        }
    }
}
