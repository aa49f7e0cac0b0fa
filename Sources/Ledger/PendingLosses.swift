/// Losses that were found while no relay ran, and that the next one seals: the file `losses`, with a line
/// `FROM END` for each.
struct PendingLosses: Equatable, Sendable {
    var indexes = IndexRanges()

    init() {}

    init(_ layout: Layout, _ system: any FileSystem) throws(FileError) {
        for words in try SmallFile.read(layout.losses, system) {
            guard words.count == 2, let from = UInt64(words[0]), let end = UInt64(words[1]), from < end else {
                continue
            }
            indexes.insert(from..<end)
        }
    }

    /// Stores it, durably.
    func store(_ layout: Layout, _ system: any FileSystem) throws(FileError) {
        let lines = indexes.all.map { "\($0.lowerBound) \($0.upperBound)" }
        try SmallFile.replace(layout.losses, in: layout.directory, by: lines, system)
    }
}
