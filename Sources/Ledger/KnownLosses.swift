/// Records that are known to be lost to damage: the file `losses`. Whoever finds such a loss notes it here; the keeper
/// has it sealed.
///
///     found FROM END      records FROM up to END are lost, which is not sealed yet
///     sealed FROM END     and this is
struct KnownLosses: Equatable, Sendable {
    var found = IndexRanges()
    var sealed = IndexRanges()

    init() {}

    init(_ layout: Layout, _ system: any FileSystem) throws(FileError) {
        for words in try SmallFile.read(layout.losses, system) {
            guard words.count == 3, let from = UInt64(words[1]), let end = UInt64(words[2]), from < end else {
                continue
            }
            switch words[0] {
            case "found": found.insert(from..<end)
            case "sealed": sealed.insert(from..<end)
            default: continue
            }
        }
    }

    /// Notes the loss of `indexes`. Returns the parts of it that were not known.
    mutating func note(_ indexes: Range<UInt64>) -> [Range<UInt64>] {
        let new = sealed.missing(from: indexes).flatMap { found.missing(from: $0) }
        for range in new { found.insert(range) }
        return new
    }

    /// Notes that the loss of `ranges` is sealed.
    mutating func noteSealed(_ ranges: IndexRanges) {
        found = IndexRanges(found.all.flatMap { ranges.missing(from: $0) })
        for range in ranges.all { sealed.insert(range) }
    }

    /// Stores it, durably.
    func store(_ layout: Layout, _ system: any FileSystem) throws(FileError) {
        func lines(_ name: String, _ ranges: IndexRanges) -> [String] {
            ranges.all.map { "\(name) \($0.lowerBound) \($0.upperBound)" }
        }
        try SmallFile.replace(
            layout.losses, in: layout.directory, by: lines("found", found) + lines("sealed", sealed), system)
    }
}
