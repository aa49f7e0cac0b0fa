public import Ledger
public import Seal

/// What an archive's newest file says of how far a log has come: more than its ledger, if that was restored from an old
/// copy.
public enum ArchiveHead {
    /// Octets of the file's end that are looked through. A record of this very log is among them: its seals are.
    private static let tail: UInt64 = 1 << 20

    /// The greatest index of the log `tag` at the end of the newest file in the folder at `path`; nil if there is none.
    /// Of a compressed file the first index counts, which its name has.
    public static func newestIndex(
        in path: String, of tag: LogTag, _ system: any FileSystem = DiskFileSystem()
    ) throws(FileError) -> UInt64? {
        guard system.exists(path) else { return nil }
        let folder = ArchiveFolder(path: path, system: system)
        let compressed = try folder.indexes(.compressed).last
        guard let plain = try folder.indexes(.plain).last else { return compressed }
        let file = try system.open(folder.file(plain), .read)
        let size = try file.size()
        let bytes = try file.bytes(at: size - min(size, tail), count: Int(min(size, tail)))
        let newest = bytes.split(separator: 0x0A).lazy.compactMap { line -> UInt64? in
            let line = CanonicalLine(unsafe line.span.bytes)
            return line.log == tag ? line.index : nil
        }.max()
        return [newest, compressed].compactMap(\.self).max()
    }
}
