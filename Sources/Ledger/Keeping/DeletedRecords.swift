/// What was deleted from the ledger on purpose: the file `deleted`, written before anything goes, so that nobody takes
/// it for damage.
///
///     text FROM END       records FROM up to END are deleted
///     hashes FROM END     and their leaf hashes are
public struct DeletedRecords: Equatable, Sendable {
    /// Records whose text is deleted, or is about to be.
    var text = IndexRanges()
    /// Records whose leaf hashes are, too.
    var hashes = IndexRanges()

    init() {}

    init(_ layout: Layout, _ system: any FileSystem) throws(FileError) {
        let ranges = try SmallFile.ranges(layout.deleted, system)
        text = ranges["text"] ?? IndexRanges()
        hashes = ranges["hashes"] ?? IndexRanges()
    }

    /// Stores it, durably.
    func store(_ layout: Layout, _ system: any FileSystem) throws(FileError) {
        try SmallFile.replace(
            layout.deleted, in: layout.directory, by: ["text": text, "hashes": hashes], system)
    }
}
