import Seal

/// The file `origin`: whose log a folder holds, and by which key it goes on.
public struct OriginFile: Equatable, Sendable {
    /// The log's name, and its public key in vkey form; empty where the file does not have them.
    public let name: String
    public let key: String

    /// Reads the file; nil if there is none.
    public init?(_ layout: Layout, _ system: any FileSystem = DiskFileSystem()) throws(FileError) {
        guard system.exists(layout.origin) else { return nil }
        let lines = try SmallFile.read(layout.origin, system)
        name = lines.first?.first ?? ""
        key = lines.count == 2 ? lines[1].first ?? "" : ""
    }

    /// Stores it, durably.
    static func store(_ key: LogVerifier, _ layout: Layout, _ system: any FileSystem) throws(FileError) {
        try SmallFile.replace(layout.origin, in: layout.directory, by: ["\(key.origin)", "\(key)"], system)
    }
}
