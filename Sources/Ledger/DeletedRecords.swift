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
        for words in try SmallFile.read(layout.deleted, system) {
            guard words.count == 3, let from = UInt64(words[1]), let end = UInt64(words[2]), from < end else {
                continue
            }
            switch words[0] {
            case "text": text.insert(from..<end)
            case "hashes": hashes.insert(from..<end)
            default: continue
            }
        }
    }

    /// Stores it, durably.
    func store(_ layout: Layout, _ system: any FileSystem) throws(FileError) {
        func lines(_ name: String, _ ranges: IndexRanges) -> [String] {
            ranges.all.map { "\(name) \($0.lowerBound) \($0.upperBound)" }
        }
        try SmallFile.replace(
            layout.deleted, in: layout.directory, by: lines("text", text) + lines("hashes", hashes), system)
    }
}
