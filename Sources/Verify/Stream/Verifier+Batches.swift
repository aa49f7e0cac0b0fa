internal import Seal
internal import TransparencyLog

// Batches: fold, compare, take in.
extension Verifier {
    enum Attempt {
        case verified
        /// So many records of the batch are not there.
        case missing(UInt64)
        /// All are there and do not make the signed root, or too much was folded in vain.
        case failed
    }

    /// Whether folding may go on: what was folded in vain stays in proportion to what was read.
    var mayFold: Bool { wastedLeaves < 16 * recordsRead + Self.batchLimit }

    /// Verifies the batch of `claim` if all of it is there.
    mutating func attempt(_ claim: SealClaim) -> Attempt {
        let range = claim.range
        let last = range.upperBound - 1
        if rivals.isEmpty, let result = attemptRun(claim) { return result }
        guard mayFold else { return .failed }
        let isCovered = segments.covers(range) == true
        scratch.removeAll(keepingCapacity: true)
        var missing: UInt64 = 0
        for index in range {
            if index == last {
                scratch.append(claim.leaf)
            } else if let record = pending.find(index) {
                scratch.append(record.leaf)
            } else if isCovered, let known = recent.find(index) {
                scratch.append(known.leaf)
            } else {
                missing += 1
            }
        }
        guard missing == 0 else {
            wastedLeaves += UInt64(range.count)
            return .missing(missing)
        }
        guard let tree = fold(onto: claim.record.base, toRoot: claim.record.root, fixed: last) else { return .failed }
        confirm(claim, tree)
        return .verified
    }

    /// The common case: all of the batch was read in order. Returns nil if that is not so.
    private mutating func attemptRun(_ claim: SealClaim) -> Attempt? {
        let range = claim.range
        guard pending.find(range.upperBound - 1)?.leaf == claim.leaf, mayFold else { return nil }
        var tree = claim.record.base
        let hasher = hasher
        guard pending.withRun(range, { tree.append($0, &hasher.value) }) != nil else { return nil }
        guard tree.root(&hasher.value) == claim.record.root else {
            wastedLeaves += UInt64(range.count)
            return .failed
        }
        scratch.removeAll(keepingCapacity: true)
        confirm(claim, tree)
        return .verified
    }

    // MARK: - Taking in a batch

    /// Takes in the batch of `claim`, which makes `tree`. Its leaves are in ``scratch``, or there if that is empty.
    mutating func confirm(_ claim: SealClaim, _ tree: CompactRange) {
        let range = claim.range
        resolveRivals(in: range)
        switch segments.covers(range) {
        case .some(true):
            report.duplicates += pendingCount(in: range)
            compare(claim.record, at: claim.position, with: recent.find(claim.record.index))
        case .none:
            report.tampered.append(.fork(at: claim.record.size))
        case .some(false):
            remember(range)
            checkNeighbours(of: claim, tree)
            checkHead(range, base: claim.record.base)
            answerRecheck(range, base: claim.record.base)
            writeOut(range)
            segments.insert(
                Segment(
                    base: claim.record.base, frontier: tree, firstSeal: claim.record,
                    lastSeal: (claim.record, claim.leaf)))
            report.verifiedRecords += UInt64(range.count)
            report.verifiedBatches += 1
            count(claim.record)
        }
        pending.remove(range, from: texts)
        claims.remove(sizesIn: range.lowerBound + 1...range.upperBound)
    }

    /// What a verified seal says beyond its batch.
    mutating func count(_ seal: SealRecord) {
        let (dropped, isTooMuch) = report.dropped.addingReportingOverflow(seal.dropped)
        report.dropped = isTooMuch ? .max : dropped
        noteUse(of: seal)
        codes?.add(seal)
        recent.mark(seal)
        for copy in recheck.seals.removeValue(forKey: seal.index) ?? [] where copy.mark != SealMark(seal) {
            // Another root is a finding of its own.
            guard copy.mark.root == SealMark(seal).root else { continue }
            recheck.duplicates -= min(recheck.duplicates, 1)
            recheck.findings.append(.copy(of: seal, at: copy.position))
        }
    }

    /// The true leaf of the record at `index` of a batch that was just folded.
    func trueLeaf(_ index: UInt64, in range: Range<UInt64>) -> Hash? {
        scratch.isEmpty ? pending.find(index)?.leaf : scratch[Int(index - range.lowerBound)]
    }

    private func pendingCount(in range: Range<UInt64>) -> UInt64 {
        range.reduce(0) { $0 + (pending.find($1) == nil ? 0 : 1) }
    }

    private mutating func remember(_ range: Range<UInt64>) {
        guard !scratch.isEmpty else { return pending.remember(range, in: recent) }
        for (offset, leaf) in scratch.enumerated() {
            let index = range.lowerBound + UInt64(offset)
            if let record = pending.find(index) { recent.remember(index, leaf, record.position) }
        }
    }

    private mutating func writeOut(_ range: Range<UInt64>) {
        guard texts != nil, let writer else { return }
        writer.begin(range)
        for index in range { writeOut(index) }
    }

    /// Writes the verified record at `index`.
    mutating func writeOut(_ index: UInt64) {
        guard let record = pending.find(index), let writer else { return }
        texts?.withBytes(record.text) { writer.write($0) }
    }

    // MARK: - Against what is known

    private mutating func checkNeighbours(of claim: SealClaim, _ tree: CompactRange) {
        let seal = claim.record
        let left = segments.neighbours(at: seal.from).left
        let right = segments.neighbours(at: seal.size).right
        if let left {
            if left.frontier.hashes != seal.frontier {
                report.tampered.append(.rewritten(before: seal))
            }
            if let last = left.lastSeal { checkOrder(last.record, last.leaf, before: seal) }
        }
        if let right {
            if right.base.hashes != tree.hashes, let next = right.firstSeal {
                report.tampered.append(.rewritten(before: next))
            }
            if let next = right.firstSeal { checkOrder(seal, claim.leaf, before: next) }
        }
    }

    private mutating func checkOrder(_ seal: SealRecord, _ leaf: Hash, before next: SealRecord) {
        if next.number != seal.number + 1 {
            report.tampered.append(
                Finding(
                    .history, records: next.from..<next.size, seal: next.number,
                    "seal \(next.number) directly follows seal \(seal.number)"))
        }
        if next.previous != leaf {
            report.tampered.append(
                Finding(
                    .seal, records: next.index..<next.size, seal: next.number,
                    "seal \(next.number) names another seal before it (p) than there is"))
        }
        if next.time < seal.time {
            report.clockSteps += 1
            report.tampered.append(
                Finding(
                    .clock, records: next.from..<next.size, seal: next.number,
                    "seal \(next.number) is dated \(next.time), before seal \(seal.number) of \(seal.time)"))
        }
    }

    /// Compares the head that was given with the root at its size, if that is in `range`, which was just folded onto
    /// `base`.
    mutating func checkHead(_ range: Range<UInt64>, base: CompactRange) {
        guard let head = options.head, head.size > range.lowerBound, head.size <= range.upperBound,
            let root = root(at: head.size, in: range, base: base)
        else { return }
        report.head = root == head.root ? .agrees(size: head.size) : .differs(size: head.size)
    }

    /// The root at `size`, within a batch of `range` that was just folded onto `base`.
    private mutating func root(at size: UInt64, in range: Range<UInt64>, base: CompactRange) -> Hash? {
        var tree = base
        for index in range.lowerBound..<size {
            guard let leaf = trueLeaf(index, in: range) else { return nil }
            tree.append(leaf, &hasher.value)
        }
        return tree.root(&hasher.value)
    }

    /// Answers what an earlier reading left open about the records of `range`, which was just folded onto `base`.
    mutating func answerRecheck(_ range: Range<UInt64>, base: CompactRange) {
        for index in recheck.indexes(in: range) {
            guard let truth = trueLeaf(index, in: range), let copies = recheck.records.removeValue(forKey: index) else {
                continue
            }
            let others = copies.filter { $0.leaf != truth }
            recheck.duplicates += UInt64(copies.count - others.count)
            if !others.isEmpty {
                let truth = pending.find(index)?.position
                recheck.conflicts.append(
                    Conflict(index: index, truth: truth, isDecided: true, others: Listing(others.map(\.position))))
            }
        }
        for size in recheck.sizes(in: range) {
            guard let roots = recheck.roots.removeValue(forKey: size), let root = root(at: size, in: range, base: base)
            else {
                continue
            }
            if roots.contains(where: { $0 != root }) { recheck.findings.append(.fork(at: size)) }
        }
    }
}

extension Finding {
    static func rewritten(before seal: SealRecord) -> Finding {
        Finding(
            .history, records: seal.from..<seal.size, seal: seal.number,
            "seal \(seal.number) continues another history than the one in front of it")
    }
}
