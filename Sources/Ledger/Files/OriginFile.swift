public import Seal

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

    /// Whether it is as it was written: the key, in vkey form, has the name in it, and a hash over both.
    public var isWhole: Bool { (try? LogVerifier(parsing: key))?.origin.text == name }

    /// Whose log the folder holds: as the file says or, if it is damaged, as the newest seal does; nil if there is no file.
    public static func origin(_ layout: Layout, _ system: any FileSystem = DiskFileSystem()) throws -> Origin? {
        guard let file = try OriginFile(layout, system) else { return nil }
        if file.isWhole { return try Origin(file.name) }
        if let seal = try newestSeal(layout, system) { return seal.origin }
        guard let origin = try? Origin(file.name) else {
            throw LedgerError(
                .damaged, "\(layout.origin) is damaged, and there is no seal that says whose log it is: remove it")
        }
        return origin
    }

    /// The newest seal of the ledger, nil if there is none.
    static func newestSeal(_ layout: Layout, _ system: any FileSystem) throws -> SealRecord? {
        guard system.exists(layout.segments) else { return nil }
        return try LedgerArchive(layout.directory, system: system).newestSeal()
    }

    /// Stores it, durably.
    static func store(_ key: LogVerifier, _ layout: Layout, _ system: any FileSystem) throws(FileError) {
        try SmallFile.replace(layout.origin, in: layout.directory, by: ["\(key.origin)", "\(key)"], system)
    }
}
