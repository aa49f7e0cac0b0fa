/// A file of leaf hashes in the ledger's folder.
struct LeafFile: Equatable, Sendable {
    /// Index of the record whose hash comes first.
    let firstIndex: UInt64
    /// When the records were deleted, in seconds since 1970; nil while they are there. It stands in the file's name, so
    /// that the age of the hashes does not go by times that a copy or a backup changes.
    let deletedAt: UInt64?

    private static let suffix = ".leaves"
    /// The end of the year 9999.
    private static let lastSecond: UInt64 = 253_402_300_799

    init(firstIndex: UInt64, deletedAt: UInt64? = nil) {
        self.firstIndex = firstIndex
        self.deletedAt = deletedAt
    }

    /// The file that a name in the folder of segments stands for; nil for all others.
    init?(name: String) {
        if let index = Layout.index(name, Self.suffix) {
            self.init(firstIndex: index)
            return
        }
        let parts = name.dropLast(Self.suffix.count).split(separator: ".", omittingEmptySubsequences: false)
        guard name.hasSuffix(Self.suffix), parts.count == 2, let index = Layout.index(String(parts[0]), ""),
            let seconds = UInt64(parts[1]), seconds <= Self.lastSecond
        else { return nil }
        self.init(firstIndex: index, deletedAt: seconds)
        // `+5` is a number, and not a name that the ledger gives.
        guard self.name == name else { return nil }
    }

    var name: String {
        Layout.name(firstIndex) + (deletedAt.map { ".\($0)" } ?? "") + Self.suffix
    }

    /// The files of leaf hashes that are there, in the order of their records.
    static func all(_ layout: Layout, _ files: any FileSystem) throws(FileError) -> [LeafFile] {
        try files.list(layout.segments).compactMap { LeafFile(name: $0) }.sorted { $0.firstIndex < $1.firstIndex }
    }

    func path(_ layout: Layout) -> String { "\(layout.segments)/\(name)" }
}
