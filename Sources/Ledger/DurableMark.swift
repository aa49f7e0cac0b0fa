/// How far the records were durable a short while ago, kept apart from them: a start that finds fewer has lost some.
///
/// Without it, a segment that is gone, was damaged or comes from an old copy would look like a shorter log, and its
/// indexes would be given a second time. Used by one thread at a time: at the start, then by the syncer's.
final class DurableMark: @unchecked Sendable {
    private var file: CursorFile

    /// Opens the ledger's mark, or makes a new one.
    init(_ layout: Layout, _ system: any FileSystem) throws(FileError) {
        let isNew = !system.exists(layout.durable)
        file = try CursorFile(layout.durable, system)
        if isNew { try system.syncDirectory(layout.directory) }
    }

    /// Index behind the last record known to be durable.
    var nextIndex: UInt64 { file.value?.nextIndex ?? 0 }

    /// Stores a new one, durably.
    func store(_ nextIndex: UInt64) throws(FileError) {
        try file.store(CursorFile.Value(nextIndex: nextIndex))
    }
}
