internal import Seal
internal import TransparencyLog

// Gaps: what no batch could prove by itself, once all records are in.
extension Verifier {
    /// A size at which the root is known for sure.
    private struct Target {
        var size: UInt64
        var root: Hash
        /// The leaf of the record before `size`, if the seal behind it names it and is to be believed only if the fold
        /// comes out.
        var previous: Hash?
    }

    private struct Gap {
        var base: CompactRange
        var targets: [Target]
    }

    /// Tries everything on what is still pending.
    mutating func closeGaps() {
        for claim in claims.all where segments.covers(claim.range) == false {
            if case .failed = attempt(claim), retractCutLines(in: claim.range) { _ = attempt(claim) }
        }
        reuniteStrays()
        for gap in gaps() { close(gap) }
        guard leafHashes != nil else { return }
        for claim in claims.all where segments.covers(claim.range) == false { attemptByHashes(claim) }
        for gap in gaps() { closeByHashes(gap) }
    }

    /// The stretches between segments, before the first and behind the last, with what is known about them.
    private mutating func gaps() -> [Gap] {
        var gaps: [Gap] = []
        var base = CompactRange()
        let all = segments.all
        for segment in all {
            if base.size < segment.range.lowerBound {
                var targets = targets(in: base.size..<segment.range.lowerBound)
                let root = segment.base.root(&hasher.value)
                targets.append(
                    Target(size: segment.range.lowerBound, root: root, previous: segment.firstSeal?.previous))
                gaps.append(Gap(base: base, targets: targets))
            }
            base = segment.frontier
        }
        if base.size < signedSize { gaps.append(Gap(base: base, targets: targets(in: base.size..<signedSize + 1))) }
        return gaps
    }

    /// The signed sizes in `range` but for its first, in order.
    private func targets(in range: Range<UInt64>) -> [Target] {
        var targets = claims.all(sizesIn: range.lowerBound + 1..<range.upperBound).map {
            Target(size: $0.record.size, root: $0.record.root)
        }
        if let head = options.head, head.size > range.lowerBound, head.size < range.upperBound {
            targets.append(Target(size: head.size, root: head.root))
        }
        return targets.sorted { $0.size < $1.size }
    }

    // MARK: - By the records alone

    /// Folds the records of the gap from one target to the next, as far as they are there.
    private mutating func close(_ gap: Gap) {
        var base = gap.base
        for target in gap.targets where target.size > base.size {
            let range = base.size..<target.size
            guard gather(range, last: target.previous) else { return }
            guard let tree = fold(onto: base, toRoot: target.root, fixed: nil) else {
                if !retractCutLines(in: range), mayFold { disproved.append(range) }
                return
            }
            resolveRivals(in: range)
            confirmGap(base: base, tree)
            base = tree
        }
    }

    /// Puts the leaves of `range` into ``scratch``. The last one may be missing if the seal behind it names it.
    private mutating func gather(_ range: Range<UInt64>, last: Hash?) -> Bool {
        guard UInt64(range.count) <= UInt64(pending.count) + 1 else { return false }
        scratch.removeAll(keepingCapacity: true)
        for index in range {
            if let record = pending.find(index) {
                scratch.append(record.leaf)
            } else if let last, index == range.upperBound - 1 {
                scratch.append(last)
            } else {
                return false
            }
        }
        return true
    }

    /// Takes in the records between `base` and `tree`, whose true leaves are in ``scratch``.
    private mutating func confirmGap(base: CompactRange, _ tree: CompactRange) {
        let range = base.size..<tree.size
        writer?.begin(range)
        for index in range { confirmRecord(index, scratch[Int(index - range.lowerBound)]) }
        checkHead(range, base: base)
        answerRecheck(range, base: base)
        let leaves = scratch
        finishGap(base: base, tree, proved: nil) { leaves[Int($0 - range.lowerBound)] }
    }

    /// Takes in a record whose true leaf is known.
    private mutating func confirmRecord(_ index: UInt64, _ truth: Hash) {
        guard let record = pending.find(index) else {
            if let last = absent.last, last.upperBound == index {
                absent[absent.count - 1] = last.lowerBound..<index + 1
            } else if !options.isSubset {
                absent.append(index..<index + 1)
            }
            return
        }
        recent.remember(index, truth, record.position)
        guard record.leaf == truth else {
            if cutLines.find(record.position) != nil { return cut(.lastLine, at: record.position) }
            report.tampered.append(
                Finding(
                    .record, records: index..<index + 1, position: record.position,
                    "record \(index) is not what was sealed"))
            return
        }
        report.verifiedRecords += 1
        writeOut(index)
    }

    /// Takes in the seals of a gap whose own leaf is true, and closes it. `proved` is the seal whose root was used with
    /// the frontier it gives, if it was one.
    private mutating func finishGap(
        base: CompactRange, _ tree: CompactRange, proved: SealClaim?, truth: (UInt64) -> Hash?
    ) {
        let range = base.size..<tree.size
        var first: SealRecord?
        var last: (record: SealRecord, leaf: Hash)?
        for claim in claims.all(sizesIn: range.lowerBound + 1..<range.upperBound + 1) {
            guard truth(claim.record.index) == claim.leaf else { continue }
            count(claim.record)
            if claim.record.size == range.upperBound { last = (claim.record, claim.leaf) }
            if claim.record == proved?.record {
                first = claim.record
            } else if claim.record.from >= range.lowerBound {
                report.tampered.append(
                    Finding(
                        .seal, records: claim.record.index..<claim.record.size, seal: claim.record.number,
                        position: claim.position, "seal \(claim.record.number) gives a false frontier (f)"))
            }
        }
        report.bridgedBatches += 1
        segments.insert(Segment(base: base, frontier: tree, firstSeal: first, lastSeal: last))
        pending.remove(range, from: texts)
        claims.remove(sizesIn: range.lowerBound + 1...range.upperBound)
    }

    // MARK: - By the relay's leaf hashes

    /// Proves the batch of `claim` by leaf hashes that make its root: what is there of it is then compared one by one.
    private mutating func attemptByHashes(_ claim: SealClaim) {
        guard mayFold, let tree = foldHashes(onto: claim.record.base, toRoot: claim.record.root, at: claim.record.size)
        else { return }
        confirmByHashes(base: claim.record.base, tree, proved: claim)
    }

    private mutating func closeByHashes(_ gap: Gap) {
        var base = gap.base
        for target in gap.targets where target.size > base.size {
            guard mayFold, let tree = foldHashes(onto: base, toRoot: target.root, at: target.size) else { continue }
            confirmByHashes(base: base, tree, proved: nil)
            base = tree
        }
    }

    /// Folds leaf hashes onto `base` up to `size`. Returns the tree if it has `root`.
    private mutating func foldHashes(onto base: CompactRange, toRoot root: Hash, at size: UInt64) -> CompactRange? {
        guard let leafHashes else { return nil }
        var tree = base
        let hasher = hasher
        let isThere = leafHashes.read(base.size..<size) { _, leaves in tree.append(leaves, &hasher.value) }
        if isThere, tree.root(&hasher.value) == root { return tree }
        wastedLeaves += tree.size - base.size
        return nil
    }

    private mutating func confirmByHashes(base: CompactRange, _ tree: CompactRange, proved: SealClaim?) {
        guard let leafHashes else { return }
        let range = base.size..<tree.size
        func truth(_ index: UInt64) -> Hash? {
            var truth: Hash?
            _ = leafHashes.read(index..<index + 1) { truth = $1[0] }
            return truth
        }
        resolveRivals(in: range, truth: truth)
        checkHeadByHashes(base, range)
        writer?.begin(range)
        _ = leafHashes.read(range) { first, leaves in
            for position in leaves.indices { confirmRecord(first + UInt64(position), leaves[position]) }
        }
        finishGap(base: base, tree, proved: proved, truth: truth)
    }

    private mutating func checkHeadByHashes(_ base: CompactRange, _ range: Range<UInt64>) {
        guard let head = options.head, head.size > range.lowerBound, head.size <= range.upperBound, let leafHashes
        else {
            return
        }
        var tree = base
        let hasher = hasher
        guard leafHashes.read(range.lowerBound..<head.size, { tree.append($1, &hasher.value) }) else { return }
        report.head = tree.root(&hasher.value) == head.root ? .agrees(size: head.size) : .differs(size: head.size)
    }
}
