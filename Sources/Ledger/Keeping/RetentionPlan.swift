/// Which records are to be deleted now: a decision about what is known, without a look at the disk.
struct RetentionPlan {
    /// Segments deleted in one step at most.
    static let stepLimit = 64

    let policy: RetentionPolicy
    /// Milliseconds since 1970.
    let now: UInt64
    /// Every record before this index is sealed.
    let sealedTo: UInt64
    /// What each destination still needs: everything from an index on.
    let needs: [(destination: String, from: UInt64)]
    let holds: [Hold]
    let use: DiskUse
    let level: DiskUse.Level

    /// The deletions among `closed`, the segments in their order; the others have `newestBytes`. Segments that follow
    /// one another and go for the same reason are one deletion. What is held counts for no limit on the text: else a hold
    /// that is larger than it would have everything newer deleted, and nothing gained.
    func deletions(_ closed: [SegmentSurvey.Segment], newestBytes: UInt64) -> [Deletion] {
        let free = Self.withRoots(closed).filter { !isHeld($0) }
        var textBytes = free.reduce(newestBytes) { $0 + $1.bytes }
        var excess = level >= .critical ? use.excess : 0
        var deletions: [Deletion] = []
        var count = 0
        for segment in free {
            guard count < Self.stepLimit, segment.indexes.upperBound <= sealedTo, let root = segment.root,
                let reason = reason(segment, textBytes: textBytes, excess: excess)
            else { break }
            let losers = needs.filter { $0.from < segment.indexes.upperBound }.map(\.destination)
            guard losers.isEmpty || (reason == .disk && policy.whenFull == .dropOldest) else { break }
            count += 1
            textBytes -= segment.bytes
            excess -= min(excess, segment.bytes)
            if let last = deletions.last, last.indexes.upperBound == segment.indexes.lowerBound,
                last.reason == reason, last.destinations == losers
            {
                deletions.removeLast()
                deletions.append(
                    Deletion(
                        indexes: last.indexes.lowerBound..<segment.indexes.upperBound, reason: reason, root: root,
                        destinations: losers))
            } else {
                deletions.append(
                    Deletion(indexes: segment.indexes, reason: reason, root: root, destinations: losers))
            }
        }
        return deletions
    }

    /// The segments, each whose root nobody knows, since the header behind it is damaged, together with those behind it up
    /// to one whose root is known: that covers them all.
    private static func withRoots(_ closed: [SegmentSurvey.Segment]) -> [SegmentSurvey.Segment] {
        closed.reduce(into: []) { joined, segment in
            guard let last = joined.last, last.root == nil else { return joined.append(segment) }
            joined[joined.count - 1] = SegmentSurvey.Segment(
                indexes: last.indexes.lowerBound..<segment.indexes.upperBound,
                times: min(
                    last.times.lowerBound, segment.times.lowerBound)...max(
                        last.times.upperBound, segment.times.upperBound),
                bytes: last.bytes + segment.bytes, isCompressed: segment.isCompressed, root: segment.root)
        }
    }

    /// Whether a hold keeps `segment`.
    func isHeld(_ segment: SegmentSurvey.Segment) -> Bool {
        holds.contains { $0.holds(segment.indexes, writtenAt: segment.times) }
    }

    private func reason(_ segment: SegmentSurvey.Segment, textBytes: UInt64, excess: UInt64) -> Deletion.Reason? {
        if let age = policy.age, now > age, segment.times.upperBound < now - age { return .age }
        if let limit = policy.textBytes, textBytes > limit { return .size }
        // Without a budget of their own, records are kept for ever unless it was said that the oldest may go.
        let mayDelete = policy.diskBytes != nil || policy.whenFull == .dropOldest
        return excess > 0 && mayDelete ? .disk : nil
    }
}
