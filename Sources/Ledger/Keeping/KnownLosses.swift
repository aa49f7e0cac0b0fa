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
        let ranges = try SmallFile.ranges(layout.losses, system)
        found = ranges["found"] ?? IndexRanges()
        sealed = ranges["sealed"] ?? IndexRanges()
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
        try SmallFile.replace(
            layout.losses, in: layout.directory, by: ["found": found, "sealed": sealed], system)
    }
}
