internal import Seal
internal import TransparencyLog

/// A stretch of the stream that is verified: the leaves that took the tree from the compact range `base` to `frontier`.
struct Segment {
    var base: CompactRange
    var frontier: CompactRange
    /// Its first seal, unless the segment starts with a batch whose seal is not known.
    var firstSeal: SealRecord?
    /// Its last seal with the hash of its leaf, unless that is not known.
    var lastSeal: (record: SealRecord, leaf: Hash)?

    var range: Range<UInt64> { base.size..<frontier.size }
}

/// The verified stretches, ordered and apart from each other: one for an export without gaps, whatever its order was in
/// the end.
struct Segments {
    private(set) var all: [Segment] = []

    /// The end of the last one.
    var end: UInt64 { all.last?.range.upperBound ?? 0 }

    /// The segment that has `index`.
    func segment(with index: UInt64) -> Segment? {
        let place = place(behind: index)
        guard place > 0, all[place - 1].range.contains(index) else { return nil }
        return all[place - 1]
    }

    func contains(_ index: UInt64) -> Bool {
        if let last = all.last, index >= last.range.lowerBound { return index < last.range.upperBound }
        return segment(with: index) != nil
    }

    /// Whether all, some or none of `range` is verified: nil means some.
    func covers(_ range: Range<UInt64>) -> Bool? {
        if let segment = segment(with: range.lowerBound) {
            return range.upperBound <= segment.range.upperBound ? true : nil
        }
        let next = place(behind: range.lowerBound)
        return next < all.count && all[next].range.lowerBound < range.upperBound ? nil : false
    }

    /// The segment that ends where `index` is, and the one that starts there.
    func neighbours(at index: UInt64) -> (left: Segment?, right: Segment?) {
        let place = place(behind: index)
        var left = place > 0 ? all[place - 1] : nil
        var right: Segment?
        if let candidate = left, candidate.range.lowerBound == index {
            right = candidate
            left = place > 1 ? all[place - 2] : nil
        }
        return (left?.range.upperBound == index ? left : nil, right)
    }

    /// Adds `segment`, which overlaps none, and joins it with those it touches.
    mutating func insert(_ segment: Segment) {
        var segment = segment
        var place = place(behind: segment.range.lowerBound)
        if place < all.count, all[place].range.lowerBound == segment.range.upperBound {
            let right = all.remove(at: place)
            segment.frontier = right.frontier
            segment.lastSeal = right.lastSeal
        }
        if place > 0, all[place - 1].range.upperBound == segment.range.lowerBound {
            place -= 1
            segment.base = all[place].base
            segment.firstSeal = all[place].firstSeal
            all[place] = segment
        } else {
            all.insert(segment, at: place)
        }
    }

    /// The number of segments that start at `index` or before it.
    private func place(behind index: UInt64) -> Int {
        if let last = all.last, last.range.lowerBound <= index { return all.count }
        var low = 0
        var high = all.count
        while low < high {
            let middle = (low + high) / 2
            if all[middle].range.lowerBound <= index { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
