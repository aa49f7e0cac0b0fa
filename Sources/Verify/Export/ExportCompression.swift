/// How an export is packed. It is unpacked on the way.
public enum ExportCompression: String, Hashable, Sendable {
    /// gzip (RFC 1952).
    case gzip
    /// Zstandard (RFC 8878).
    case zstd
}
