internal import Seal
internal import TransparencyLog

// Keys: who may sign what, once a key was replaced.
extension Verifier {
    /// Seals kept whose key is not trusted yet, in case a note comes that changes that.
    static var deferredLimit: Int { 1 << 16 }
    /// Seals with why="rekey" that are remembered.
    private static var handoverLimit: Int { 1024 }

    /// A seal whose key is not trusted, or not yet.
    struct DeferredSeal {
        var record: SealRecord
        var leaf: Hash
        var position: SourcePosition
    }

    /// What a trusted key has signed, as far as it is verified.
    struct KeyUse {
        var records: Range<UInt64>
        var sizes: ClosedRange<UInt64>
        var seals: UInt64
    }

    // MARK: - Notes

    /// Takes in the note that record `index` carries, before anything is known about the record itself: a note is as
    /// good as its signatures, wherever it stands. Whether it stands where it belongs is another question.
    mutating func admit(_ result: Result<RekeyNote, SealError>, at index: UInt64, _ position: SourcePosition) {
        func refusal(_ reason: String) -> Finding {
            Finding(
                .rekey, records: index..<index + 1, position: position,
                "the note in record \(index), which is to replace the key, is not to be believed: \(reason)")
        }
        switch result {
        case .failure(let error): report.tampered.append(refusal(error.reason))
        case .success(let note) where note.origin != options.origin:
            report.tampered.append(refusal("it is about another log"))
        case .success(let note):
            if note.index != index {
                report.tampered.append(
                    refusal("it is about size \(note.size), so that it belongs into record \(note.index)"))
            }
            switch keys.admit(note) {
            case .accepted: claimDeferred()
            case .refused(let reason): report.tampered.append(refusal(reason))
            case .known, .waiting: break
            }
        }
    }

    /// Looks at a line of an input for nothing but a note.
    mutating func search(_ line: RawSpan, _ reading: StreamLine) {
        guard case .record(let record) = reading, record.isRekey, let note = try? RekeyRecord.note(in: line),
            note.origin == options.origin
        else { return }
        _ = keys.admit(note)
    }

    // MARK: - Seals

    /// What `record` claims, if a trusted key signed it and it was that key's to sign. Reports it otherwise, or keeps it
    /// until its key is trusted.
    mutating func claim(_ record: SealRecord, _ leaf: Hash, _ position: SourcePosition) -> SealClaim? {
        func finding(_ kind: Finding.Kind, _ detail: String) -> Finding {
            Finding(
                kind, records: record.index..<record.size, seal: record.number, position: position,
                "\(detail)")
        }
        guard let key = keys.key(record.keyID), let sizes = keys.sizes(of: record.keyID) else {
            setAside(DeferredSeal(record: record, leaf: leaf, position: position))
            return nil
        }
        guard key.signed(record) else {
            report.tampered.append(finding(.signature, "the signature of seal \(record.number) is not valid"))
            return nil
        }
        guard sizes.contains(record.size) else {
            report.tampered.append(
                finding(
                    .rekey,
                    "seal \(record.number) is signed by key \(VerifierKey.text(record.keyID)), which "
                        + (record.size > sizes.upperBound ? "had been replaced by then" : "had not signed until then")))
            return nil
        }
        signedSize = max(signedSize, record.size)
        guard record.size - record.from <= Self.batchLimit else {
            report.tampered.append(
                finding(.seal, "seal \(record.number) claims a batch of more than \(Self.batchLimit) records"))
            return nil
        }
        return SealClaim(record: record, leaf: leaf, position: position, missing: 0)
    }

    /// What to do about a seal whose key is not trusted: to look for a note in everything there is and begin again, if
    /// that costs nothing; or to keep the seal until a note comes.
    mutating func setAside(_ seal: DeferredSeal) {
        if options.maySearch, report.verifiedRecords == 0 {
            isSearching = true
        } else if deferred.count < Self.deferredLimit {
            deferred.append(seal)
        } else {
            report.unknownKeys.add(seal.record.keyID)
        }
    }

    private mutating func claimDeferred() {
        let all = deferred
        deferred = []
        for seal in all {
            if let claim = claim(seal.record, seal.leaf, seal.position) { admit(claim) }
        }
    }

    /// Notes which key signed a seal that is verified.
    mutating func noteUse(of seal: SealRecord) {
        let records = seal.from..<seal.size
        if let use = uses[seal.keyID] {
            uses[seal.keyID] = KeyUse(
                records: min(use.records.lowerBound, seal.from)..<max(use.records.upperBound, seal.size),
                sizes: min(use.sizes.lowerBound, seal.size)...max(use.sizes.upperBound, seal.size),
                seals: use.seals + 1)
        } else {
            uses[seal.keyID] = KeyUse(records: records, sizes: seal.size...seal.size, seals: 1)
        }
        if seal.reason == .rekey, handovers.count < Self.handoverLimit { handovers[seal.size] = seal }
    }

    // MARK: - The end

    /// Judges, when all records are in, whether every key has signed what was its to sign, and reports who signed what.
    mutating func judgeKeys() {
        for seal in deferred { report.unknownKeys.add(seal.record.keyID) }
        for (place, key) in keys.keys.enumerated() {
            let (sizes, use) = (keys.sizes(place), uses[key.keyID])
            report.keys.append(
                VerifyReport.KeyUse(
                    key: key.description, keyID: key.keyID, isPinned: key == keys.pinned, records: use?.records,
                    seals: use?.seals ?? 0, replacedAt: place < keys.notes.count ? keys.notes[place].index : nil))
            guard let use, use.sizes.clamped(to: sizes) != use.sizes else { continue }
            report.tampered.append(.strayKey(key.keyID, sizes))
        }
        guard !options.isSubset else { return }
        for note in keys.notes { judge(note) }
        let sizes = Set(keys.notes.map(\.size))
        for (size, seal) in handovers.sorted(by: { $0.key < $1.key })
        where !sizes.contains(size) && size >= RekeyNote.sizeMinimum && isVerified(size - 2) {
            report.tampered.append(
                Finding(
                    .rekey, records: seal.from..<size, seal: seal.number,
                    "seal \(seal.number) says that the key is replaced, and the record in front of it does not"))
        }
    }

    /// Whether what followed the note is what has to follow it: the last seal of the old key, which says so.
    private mutating func judge(_ note: RekeyNote) {
        guard isVerified(note.index), isVerified(note.size - 1) else { return }
        if let seal = handovers[note.size], seal.from <= note.index { return }
        report.tampered.append(
            Finding(
                .rekey, records: note.index..<note.size,
                "the note in record \(note.index) replaces the key, and its batch is not closed by a seal that says so")
        )
    }

    /// Whether the record at `index` is there and verified.
    private func isVerified(_ index: UInt64) -> Bool {
        segments.contains(index) && !absent.contains { $0.contains(index) }
    }
}

extension Finding {
    static func strayKey(_ keyID: UInt32, _ sizes: ClosedRange<UInt64>) -> Finding {
        let end = sizes.upperBound == .max ? "on" : "to \(sizes.upperBound)"
        return Finding(
            .rekey,
            "key \(VerifierKey.text(keyID)) has signed what was not its to sign: it has the sizes from "
                + "\(sizes.lowerBound) \(end)")
    }
}
