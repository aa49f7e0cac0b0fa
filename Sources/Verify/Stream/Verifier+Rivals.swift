internal import OpenSSL
internal import TransparencyLog

// Rivals: which of several versions of a record is the true one.
extension Verifier {
    /// Hashes that may be computed for one batch to tell versions of its records apart, besides 64 for each version.
    private static var searchBudget: UInt64 { 1 << 17 }

    /// Folds the leaves in ``scratch`` onto `base`. Where there are rivals, others are tried, but for the leaf at the
    /// index `fixed`. Returns the tree if it has `root`, with the true leaves in ``scratch``.
    mutating func fold(onto base: CompactRange, toRoot root: Hash, fixed: UInt64?) -> CompactRange? {
        guard mayFold else { return nil }
        if let tree = foldScratch(onto: base, toRoot: root) { return tree }
        let range = base.size..<base.size + UInt64(scratch.count)
        let contested = rivals.indexes(in: range).filter { $0 != fixed }
        guard !contested.isEmpty, search(contested, onto: base, toRoot: root) else { return nil }
        return foldScratch(onto: base, toRoot: root)
    }

    private mutating func foldScratch(onto base: CompactRange, toRoot root: Hash) -> CompactRange? {
        var tree = base
        tree.append(scratch.span, &hasher.value)
        if tree.root(&hasher.value) == root { return tree }
        wastedLeaves += UInt64(scratch.count)
        return nil
    }

    /// Looks for versions of the `contested` records that make `root`: first all records from the same place of their
    /// versions (all that came first, all that came second and so on, as when whole copies were altered), then every
    /// combination, until the budget is used up. That is enough for any number of versions of one record, or for two
    /// versions of a dozen. Returns whether ``scratch`` has them.
    private mutating func search(_ contested: [UInt64], onto base: CompactRange, toRoot root: Hash) -> Bool {
        guard searchWork < 16 * recordsRead + Self.batchLimit else { return false }
        let offsets = contested.map { Int($0 - base.size) }
        let choices = zip(contested, offsets).map { index, offset in [scratch[offset]] + rivals[index].map(\.leaf) }
        let versions = choices.reduce(0) { $0 + $1.count }
        let hasher = hasher
        var tree = BatchTree(base: base, leaves: scratch, &hasher.value)
        var chosen = Array(repeating: 0, count: choices.count)
        func choose(_ version: Int, of place: Int) {
            guard chosen[place] != version else { return }
            chosen[place] = version
            tree.set(offsets[place], choices[place][version], &hasher.value)
        }
        /// The next combination, like the next number; false behind the last one.
        func advance() -> Bool {
            for place in choices.indices {
                choose((chosen[place] + 1) % choices[place].count, of: place)
                if chosen[place] > 0 { return true }
            }
            return false
        }
        func isFound() -> Bool {
            let budget = Self.searchBudget + 64 * UInt64(versions)
            for version in 0..<(choices.map(\.count).max() ?? 0) where tree.work < budget {
                for place in choices.indices { choose(min(version, choices[place].count - 1), of: place) }
                if tree.root(&hasher.value) == root { return true }
            }
            for place in choices.indices { choose(0, of: place) }
            while tree.work < budget, advance() {
                if tree.root(&hasher.value) == root { return true }
            }
            return false
        }
        let isFound = isFound()
        searchWork += tree.work
        guard isFound else { return false }
        for place in choices.indices { scratch[offsets[place]] = choices[place][chosen[place]] }
        return true
    }

    // MARK: - Once the truth is known

    /// Reports the conflicts in a batch that was just folded.
    mutating func resolveRivals(in range: Range<UInt64>) {
        // A rival makes its batch go through the scratch memory.
        let leaves = scratch
        resolveRivals(in: range) { leaves.isEmpty ? nil : leaves[Int($0 - range.lowerBound)] }
    }

    /// Reports the conflicts in a batch of which the true leaves are known. The true one's bytes become those
    /// of the pending record.
    mutating func resolveRivals(in range: Range<UInt64>, truth: (UInt64) -> Hash?) {
        for index in rivals.indexes(in: range) {
            guard let truth = truth(index), let first = pending.find(index) else { continue }
            let all = [first] + rivals.removeAll(at: index)
            let place = all.firstIndex { $0.leaf == truth }
            if let place, place > 0 { pending.replace(index, with: all[place]) }
            for (position, record) in all.enumerated() where position != place ?? 0 { texts?.release(record.text) }
            contradict(
                index, truth: place.map { all[$0].position },
                all.indices.filter { $0 != place }.map { all[$0].position })
        }
    }

    // MARK: - Lines that are cut off

    /// Removes from the pending records in `range`, which are not what was sealed, those that may be cut off. Returns
    /// whether there were any.
    mutating func retractCutLines(in range: Range<UInt64>) -> Bool {
        var isChanged = false
        for line in cutLines.all where range.contains(line.index) {
            let versions = (pending.find(line.index).map { [$0] } ?? []) + rivals[line.index]
            guard let cut = versions.first(where: { $0.position == line.position }) else { continue }
            _ = rivals.removeAll(at: line.index)
            pending.remove(line.index..<line.index + 1, from: nil)
            texts?.release(cut.text)
            for record in versions where record.position != line.position {
                if pending.insert(line.index, record) != nil { _ = rivals.add(record, at: line.index) }
            }
            self.cut(.lastLine, at: line.position)
            isChanged = true
        }
        return isChanged
    }
}
