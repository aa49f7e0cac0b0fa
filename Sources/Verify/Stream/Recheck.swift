internal import TransparencyLog

/// What a second reading has to find out: what the records and roots were that the first one had already let go when a
/// second copy of them came, and whether a last line is how another record begins.
struct Recheck {
    /// A second copy of a seal.
    struct SealCopy {
        var mark: SealMark
        var position: SourcePosition
    }

    /// The second copies by index.
    var records: [UInt64: [PendingRecord]] = [:]
    /// Signed roots of second copies of seals, by tree size.
    var roots: [UInt64: Set<Hash>] = [:]
    /// What second copies of seals say, by index.
    var seals: [UInt64: [SealCopy]] = [:]
    /// Last lines that are not the record with their index.
    var cuts = CutLines()

    /// What was found out about them.
    var duplicates: UInt64 = 0
    var conflicts: [Conflict] = []
    var findings: [Finding] = []

    /// The indexes and sizes, sorted.
    private(set) var indexes: [UInt64] = []
    private(set) var sizes: [UInt64] = []

    var isEmpty: Bool { records.isEmpty && roots.isEmpty && seals.isEmpty && cuts.isEmpty }
    /// Second copies not compared yet.
    var recordCount: Int { records.values.reduce(roots.count) { $0 + $1.count } }

    mutating func add(_ record: PendingRecord, at index: UInt64) {
        records[index, default: []].append(record)
    }

    mutating func add(_ root: Hash, at size: UInt64) {
        roots[size, default: []].insert(root)
    }

    mutating func sort() {
        indexes = records.keys.sorted()
        sizes = roots.keys.sorted()
    }

    /// The asked-for indexes in `range`.
    func indexes(in range: Range<UInt64>) -> ArraySlice<UInt64> { indexes[...].within(range) }

    /// The asked-for sizes that a batch of `range` passes.
    func sizes(in range: Range<UInt64>) -> ArraySlice<UInt64> {
        sizes[...].within(range.lowerBound + 1..<range.upperBound + 1)
    }
}
