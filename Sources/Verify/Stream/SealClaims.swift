internal import Seal
internal import TransparencyLog

/// A seal that was read: what it says is only a claim until its batch was folded. Its signature over size and root is
/// valid.
struct SealClaim {
    var record: SealRecord
    /// The hash of its own leaf, as read.
    var leaf: Hash
    var position: SourcePosition
    /// Records of its batch that were not there when it was looked at last.
    var missing: UInt64

    var range: Range<UInt64> { record.from..<record.size }
}

/// The seals whose batches are not verified yet, ordered by tree size.
///
/// Sizes are signed, so they are as many as genuine seals; what else a claim says is not, so for each size only a few
/// different claims are kept.
struct SealClaims {
    /// Different claims kept for one size.
    static let variantLimit = 4

    private var sizes: [UInt64] = []
    private var variants: [[SealClaim]] = []

    var isEmpty: Bool { sizes.isEmpty }
    /// All of them, by size.
    var all: [SealClaim] { variants.flatMap { $0 } }

    /// The claims for a tree of `size` leaves.
    func variants(of size: UInt64) -> [SealClaim] {
        let place = place(of: size)
        return place < sizes.count && sizes[place] == size ? variants[place] : []
    }

    /// The claims whose size is in `range`, by size.
    func all(sizesIn range: Range<UInt64>) -> [SealClaim] {
        let (first, end) = (place(of: range.lowerBound), place(of: range.upperBound))
        return variants[first..<end].flatMap { $0 }
    }

    /// Keeps `claim`.
    mutating func insert(_ claim: SealClaim) {
        let place = place(of: claim.record.size)
        if place < sizes.count, sizes[place] == claim.record.size {
            variants[place].append(claim)
        } else {
            sizes.insert(claim.record.size, at: place)
            variants.insert([claim], at: place)
        }
    }

    /// Notes that record `index` has come, and returns a claim that it completes.
    ///
    /// The genuine batch of a record is the one with the smallest size beyond it. A claim that reaches back over other
    /// seals is so never completed here; it gets its chance at the end.
    mutating func arrived(_ index: UInt64) -> SealClaim? {
        let place = place(of: index + 1)
        guard place < sizes.count else { return nil }
        var completed: SealClaim?
        for variant in variants[place].indices where variants[place][variant].range.contains(index) {
            guard variants[place][variant].missing > 0 else { continue }
            variants[place][variant].missing -= 1
            if variants[place][variant].missing == 0 { completed = variants[place][variant] }
        }
        return completed
    }

    /// Removes the claims whose size is in `range`.
    mutating func remove(sizesIn range: ClosedRange<UInt64>) {
        let first = place(of: range.lowerBound)
        var end = first
        while end < sizes.count, sizes[end] <= range.upperBound { end += 1 }
        guard end > first else { return }
        sizes.removeSubrange(first..<end)
        variants.removeSubrange(first..<end)
    }

    /// The first place whose size is `size` or more.
    private func place(of size: UInt64) -> Int {
        var low = 0
        var high = sizes.count
        while low < high {
            let middle = (low + high) / 2
            if sizes[middle] < size { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
