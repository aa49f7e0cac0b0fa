/// A set of indexes, as ranges in order that neither overlap nor touch.
struct IndexRanges: Equatable, Sendable {
    private(set) var all: [Range<UInt64>] = []

    init(_ ranges: [Range<UInt64>] = []) {
        for range in ranges { insert(range) }
    }

    var isEmpty: Bool { all.isEmpty }
    var count: UInt64 { all.reduce(0) { $0 + UInt64($1.count) } }

    mutating func insert(_ range: Range<UInt64>) {
        guard !range.isEmpty else { return }
        // Those that touch it are from `start` on.
        var (start, behind) = (0, all.count)
        while start < behind {
            let middle = (start + behind) / 2
            if all[middle].upperBound < range.lowerBound { start = middle + 1 } else { behind = middle }
        }
        var (lower, upper, end) = (range.lowerBound, range.upperBound, start)
        while end < all.count, all[end].lowerBound <= range.upperBound {
            lower = min(lower, all[end].lowerBound)
            upper = max(upper, all[end].upperBound)
            end += 1
        }
        all.replaceSubrange(start..<end, with: [lower..<upper])
    }

    /// Whether all of `range` is in it.
    func contains(_ range: Range<UInt64>) -> Bool {
        all.contains { $0.lowerBound <= range.lowerBound && range.upperBound <= $0.upperBound }
    }

    /// The parts of `range` that are not in it.
    func missing(from range: Range<UInt64>) -> [Range<UInt64>] {
        var missing: [Range<UInt64>] = []
        var start = range.lowerBound
        for known in all where known.overlaps(range) {
            if known.lowerBound > start { missing.append(start..<known.lowerBound) }
            start = max(start, known.upperBound)
        }
        if start < range.upperBound { missing.append(start..<range.upperBound) }
        return missing
    }
}
