internal import Seal
internal import TransparencyLog

// Strays: records whose index was altered.
extension Verifier {
    /// Batches with one record missing that are looked at.
    private static var batchesTried: Int { 64 }

    /// Looks among the records behind the newest seal for those that are missing in front of it: a record that makes
    /// the signed root once it has the missing index had it.
    mutating func reuniteStrays() {
        let sealed = max(segments.end, signedSize)
        let candidates = strays.all.filter { $0.index >= sealed && pending.find($0.index)?.position == $0.position }
        guard !candidates.isEmpty else { return }
        var tried = 0
        for claim in claims.all where claim.missing == 1 && segments.covers(claim.range) == false {
            guard tried < Self.batchesTried, let missing = onlyMissing(of: claim) else { continue }
            tried += 1
            for stray in candidates where reunite(stray, with: claim, at: missing) { break }
        }
    }

    /// The index of the only record of a batch that is not there. The leaves of the others are then in ``scratch``,
    /// with something in the place of the missing one.
    private mutating func onlyMissing(of claim: SealClaim) -> UInt64? {
        scratch.removeAll(keepingCapacity: true)
        var missing: UInt64?
        for index in claim.range {
            let record = pending.find(index)
            if record == nil, missing != nil { return nil }
            if record == nil { missing = index }
            scratch.append(record?.leaf ?? Hash())
        }
        return missing
    }

    private mutating func reunite(_ stray: Strays.Record, with claim: SealClaim, at missing: UInt64) -> Bool {
        guard mayFold, pending.find(stray.index)?.position == stray.position,
            let leaf = stray.leaf(at: missing, behind: recogniser.mark)
        else { return false }
        scratch[Int(missing - claim.record.from)] = hasher.value.leafHash(leaf)
        let last = claim.record.index
        guard let tree = fold(onto: claim.record.base, toRoot: claim.record.root, fixed: last) else { return false }
        let range = claim.range
        report.tampered.append(
            Finding(
                .record, records: missing..<missing + 1, seal: claim.record.number, position: stray.position,
                "record \(missing), in the batch \(range.lowerBound)..\(range.upperBound - 1), claims to be record "
                    + "\(stray.index)"))
        pending.remove(stray.index..<stray.index + 1, from: texts)
        confirm(claim, tree)
        report.verifiedRecords -= 1
        return true
    }
}
