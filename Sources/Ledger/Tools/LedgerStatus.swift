public import Seal

/// What is in a ledger, as far as its files tell, whether a relay runs on it or not.
public struct LedgerStatus: Sendable {
    /// A destination, configured or not, by its cursor.
    public struct Destination: Sendable {
        public let name: String
        /// Index of the first record that it may not have; nil if it has not begun.
        public let nextIndex: UInt64?
    }

    /// A file that was set aside.
    public struct SetAside: Sendable {
        public let name: String
        public let bytes: UInt64
    }

    /// The lines of the file `origin`: the log's name, and its public key.
    public let origin: String
    public let key: String
    /// Index of the oldest record, and behind the newest whole one.
    public let records: Range<UInt64>
    /// Index of the oldest leaf hash.
    public let oldestHash: UInt64?
    public let newestSeal: SealRecord?
    public let segmentCount: Int
    public let compressedCount: Int
    /// Bytes of the segments, as they lie on the disk, and of the leaf hashes.
    public let textBytes: UInt64
    public let hashBytes: UInt64
    /// When the oldest segment was begun, milliseconds since 1970.
    public let oldestTime: UInt64?
    /// Records that were deleted on purpose.
    public let deleted: [Range<UInt64>]
    /// Records whose loss is still to be sealed.
    public let unsealedLosses: [Range<UInt64>]
    public let destinations: [Destination]
    public let holds: [Hold]
    public let setAside: [SetAside]
    /// Whether a relay has the folder.
    public let isRunning: Bool

    public init(_ archive: LedgerArchive) throws {
        let (layout, system) = (archive.layout, archive.system)
        let stored = try OriginFile(layout, system)
        (origin, key) = (stored?.name ?? "", stored?.key ?? "")
        var survey = try SegmentSurvey()
        try survey.update(layout, system)
        let end = try archive.end()
        records = (survey.closed.first?.indexes.lowerBound ?? end.segment)..<end.nextIndex
        oldestHash = survey.leaves.first?.file.firstIndex
        newestSeal = try archive.newestSeal()
        segmentCount = survey.closed.count + (survey.newest == nil ? 0 : 1)
        compressedCount = survey.closed.count { $0.isCompressed }
        textBytes = survey.textBytes
        hashBytes = survey.bytes - survey.textBytes
        oldestTime = survey.closed.first?.times.lowerBound ?? survey.newest?.createdAt
        deleted = try DeletedRecords(layout, system).text.all
        unsealedLosses = try KnownLosses(layout, system).found.all
        destinations = try Self.destinations(layout, system)
        holds = try Holds(layout, system: system).all()
        setAside = try Self.setAside(layout, system)
        isRunning = system.exists(layout.lock) ? try !system.open(layout.lock, .update).lock() : false
    }

    private static func destinations(
        _ layout: Layout, _ system: any FileSystem
    ) throws(FileError) -> [Destination] {
        guard system.exists(layout.cursors) else { return [] }
        var destinations: [Destination] = []
        for name in try system.list(layout.cursors) where name.hasSuffix(".cursor") {
            let value = try CursorFile.read("\(layout.cursors)/\(name)", system)
            destinations.append(Destination(name: String(name.dropLast(7)), nextIndex: value?.nextIndex))
        }
        return destinations
    }

    private static func setAside(_ layout: Layout, _ system: any FileSystem) throws(FileError) -> [SetAside] {
        guard system.exists(layout.damaged) else { return [] }
        var files: [SetAside] = []
        for name in try system.list(layout.damaged) {
            files.append(SetAside(name: name, bytes: try system.open("\(layout.damaged)/\(name)", .read).size()))
        }
        return files
    }
}
