internal import Seal
internal import TransparencyLog

// The end: what is left is named.
extension Verifier {
    /// Ends the reading. ``unsettled`` is then what a further reading has to find out.
    mutating func finish() {
        flush()
        closeGaps()
        codes?.finish()
        let indexes = pending.indexes
        collectUnsettled(indexes)
        for index in rivals.indexes where !segments.contains(index) {
            let all = (pending.find(index).map { [$0] } ?? []) + rivals[index]
            contradict(index, truth: nil, isDecided: false, all.map(\.position))
        }
        classify(indexes.filter { !segments.contains($0) })
        judgeKeys()
        for segment in segments.all { report.verifiedRanges.append(segment.range) }
        if let head = options.head, report.head == nil { report.head = headWithoutBatch(head) }
        if let codes = codes?.result { report.codes = codes }
        writer?.finish()
        report.outputFailure = writer?.failure
        if writer?.isUnsorted == true {
            report.notes.append("the records written are in the order in which they were verified")
        }
        if texts?.overflowed == true {
            report.outputFailure =
                "more than \(LeafStore.byteLimit >> 20) MiB of records are out of order: sort them before using --write"
        }
    }

    /// A head that no batch had in it: the empty tree's, or one that was not reached.
    private mutating func headWithoutBatch(_ head: Checkpoint) -> VerifyReport.HeadResult {
        guard head.size == 0 else { return .notReached(size: head.size) }
        return head.root == .emptyRoot ? .agrees(size: 0) : .differs(size: 0)
    }

    /// Second copies of verified records that were not compared with the first.
    private mutating func collectUnsettled(_ indexes: [UInt64]) {
        for index in indexes where segments.contains(index) {
            for record in (pending.find(index).map { [$0] } ?? []) + rivals[index] {
                if let known = recent.find(index) {
                    settle(index, record, known)
                } else {
                    unsettled.add(record, at: index)
                }
            }
        }
        for claim in claims.all where segments.contains(claim.record.index) {
            compare(claim.record, at: claim.position, with: recent.find(claim.record.index))
        }
    }

    private mutating func settle(_ index: UInt64, _ record: PendingRecord, _ known: KnownLeaf) {
        if record.leaf == known.leaf {
            report.duplicates += 1
        } else {
            contradict(index, truth: known.position, [record.position])
        }
    }

    // MARK: - What is not verified

    /// Names what is missing, tampered with, unverified and unsealed, given the sorted indexes that are neither
    /// verified nor second copies.
    private mutating func classify(_ indexes: [UInt64]) {
        var missing = absent.filter { $0.upperBound > options.start }
        var lower: UInt64 = 0
        for segment in segments.all {
            missing += classifyGap(lower..<segment.range.lowerBound, indexes)
            lower = segment.range.upperBound
        }
        if lower < signedSize { missing += classifyGap(lower..<signedSize, indexes) }
        let sealed = max(lower, signedSize)
        let tail = indexes[...].within(sealed..<UInt64.max)
        missing += classifyTail(tail, behind: sealed)
        guard !options.isSubset else { return }
        for range in missing.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            report.missing.add(range.clamped(to: options.start..<UInt64.max))
        }
    }

    /// Names the records behind the newest signed size, and returns what is missing among them. Nobody has signed their
    /// indexes, so a gap that no relay leaves unsealed proves nothing but that those behind it are not to be believed.
    private mutating func classifyTail(_ tail: ArraySlice<UInt64>, behind sealed: UInt64) -> [Range<UInt64>] {
        guard sealed > 0 else {
            for range in tail.ranges { report.unsealedTail.add(range) }
            return []
        }
        var missing: [Range<UInt64>] = []
        var end = sealed
        for range in tail.ranges {
            guard range.lowerBound - end <= Self.tailLimit else {
                let strays = tail.within(range.lowerBound..<UInt64.max)
                for range in strays.ranges { report.unverified.add(range) }
                report.notes.append(
                    "records from index \(range.lowerBound) on are too far behind the newest seal to be a tail of it; "
                        + "what would be between is not counted as missing")
                break
            }
            if range.lowerBound > end { missing.append(end..<range.lowerBound) }
            report.unsealedTail.add(range)
            end = range.upperBound
        }
        return missing
    }

    /// Names what is not verified in `gap`, and returns what is missing there.
    private mutating func classifyGap(_ gap: Range<UInt64>, _ indexes: [UInt64]) -> [Range<UInt64>] {
        guard !gap.isEmpty else { return [] }
        let present = indexes[...].within(gap)
        let missing = present.gaps(in: gap)
        let isTampered = missing.isEmpty || disproved.contains(gap)
        var unexplained = gap.lowerBound
        for claim in claims.all(sizesIn: gap.lowerBound + 1..<gap.upperBound + 1) where claim.record.size > unexplained
        {
            let batch = max(claim.record.from, unexplained)..<claim.record.size
            let isThere = present.within(batch).count == batch.count && claim.record.from >= gap.lowerBound
            guard isThere || isTampered else { continue }
            leaveOver(unexplained..<batch.lowerBound, of: present, isTampered: isTampered)
            let number = claim.record.number
            report.tampered.append(
                Finding(
                    .batch, records: batch, seal: number,
                    "records \(batch.lowerBound)..\(batch.upperBound - 1) are not what seal \(number) sealed"
                ))
            unexplained = batch.upperBound
        }
        leaveOver(unexplained..<gap.upperBound, of: present, isTampered: isTampered)
        return missing
    }

    /// Names the records of `range` that no seal accounts for.
    private mutating func leaveOver(_ range: Range<UInt64>, of indexes: ArraySlice<UInt64>, isTampered: Bool) {
        guard !range.isEmpty else { return }
        if isTampered {
            report.tampered.append(
                Finding(
                    .range, records: range,
                    "records \(range.lowerBound)..\(range.upperBound - 1) do not fit between the seals around them"))
        } else {
            let inside = indexes.within(range)
            for part in inside.ranges { report.unverified.add(part) }
        }
    }
}
