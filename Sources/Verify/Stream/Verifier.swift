internal import OpenSSL
internal import Seal
internal import TransparencyLog

/// Verifies one stream from its records, which may come in any order and more than once.
///
/// A record is *pending* until its batch is verified; then its hash is let go. A batch is verified when all its leaves,
/// folded onto the frontier that its seal gives, make the root that the seal has signed. So an ordered export takes the
/// memory of one batch and of a frontier, and another one takes memory for what is out of order.
///
/// Nothing a line says is believed before that: an index costs one table entry however large it is, a seal's signature
/// is checked before its numbers are used, and folding that came to nothing is limited in proportion to the input.
///
/// What is no record is in `Verifier+Edges.swift`; the work at the end, when no more records come, in
/// `Verifier+Gaps.swift` and `Verifier+Result.swift`.
struct Verifier: ~Copyable, RecordSink {
    struct Options {
        var origin: Origin
        /// The pinned key, and those already known to be tied to it.
        var keys: KeyChain
        /// Whether the inputs can be searched for notes and then be read once more.
        var maySearch = false
        /// A signed size and root that the export must agree with.
        var head: Checkpoint?
        /// The first record the caller expects.
        var start: UInt64 = 0
        var isSubset = false
    }

    /// Leaves a batch may have. More than any relay seals at once, and few enough to fold in a moment.
    static let batchLimit: UInt64 = 1 << 20

    /// Records that may be missing between the newest seal and one behind it.
    static let tailLimit: UInt64 = 1 << 16

    let options: Options
    let recogniser: StreamRecogniser
    let hasher: SharedHasher
    var gatherer = LineGatherer()
    var pending = PendingRecords()
    /// Further records at an index that is pending, each with another leaf.
    var rivals = Rivals()
    var claims = SealClaims()
    var segments = Segments()
    let recent: RecentLeaves
    /// Last lines without an end, taken in like any other.
    var cutLines = CutLines()
    /// What may have got another index.
    var strays = Strays()
    var keys: KeyChain
    /// Whether only notes are looked for, since the first seal was signed by a key that is not trusted.
    var isSearching = false
    /// Seals whose key is not trusted yet.
    var deferred: [DeferredSeal] = []
    /// What the trusted keys have signed, by key ID.
    var uses: [UInt32: KeyUse] = [:]
    /// Verified seals that say why="rekey", by size.
    var handovers: [UInt64: SealRecord] = [:]
    var codes: CodeCheck?
    var texts: LeafStore?
    var writer: VerifiedWriter?
    var leafHashes: LeafHashDirectory?
    /// What this reading is to find out about records of an earlier one.
    var recheck = Recheck()
    /// What a further reading has to find out.
    var unsettled = Recheck()
    var report = VerifyReport()

    /// The largest size signed by a trusted key: so many records there are.
    var signedSize: UInt64 = 0
    /// Indexes in the segments whose records were not there.
    var absent: [Range<UInt64>] = []
    /// Stretches between known roots of which every leaf is known, by the seal behind it if by nothing else, and that
    /// do not make those roots.
    var disproved: [Range<UInt64>] = []
    /// Records read, leaves folded in vain, and hashes computed to tell versions of records apart.
    var recordsRead: UInt64 = 0
    var wastedLeaves: UInt64 = 0
    var searchWork: UInt64 = 0
    /// Memory for the leaves of one batch that is not in one piece.
    var scratch: [Hash] = []

    init(_ options: Options, spool: LeafSpool? = nil) throws(OpenSSLError) {
        self.options = options
        recent = RecentLeaves(spool: spool)
        keys = options.keys
        recogniser = StreamRecogniser(options.origin.tag)
        hasher = try SharedHasher()
        signedSize = options.head?.size ?? 0
        report.isSubset = options.isSubset
    }

    // MARK: - Records

    mutating func take(_ line: RawSpan, at position: SourcePosition, edges: LineEdges) {
        let reading = recogniser.read(line)
        guard !isSearching else { return search(line, reading) }
        if !edges.isEmpty, let cut = cut(of: line, reading, edges) { return self.cut(cut, at: position) }
        switch reading {
        case .record(let record):
            gatherer.add(line, record, at: position, mayBeCut: edges.contains(.end))
            if gatherer.isFull { flush() }
        case .foreign:
            report.foreign.append(position)
        case .damaged:
            report.tampered.append(
                Finding(.identity, position: position, "a line carries a damaged identity of this stream"))
        }
    }

    /// Hashes what was gathered and takes it in.
    mutating func flush() {
        guard !gatherer.records.isEmpty else { return }
        gatherer.hash(&hasher.value)
        recordsRead += UInt64(gatherer.records.count)
        for position in gatherer.records.indices {
            let record = gatherer.records[position]
            admit(position, record, gatherer.hashes[position])
        }
        gatherer.removeAll()
    }

    private mutating func admit(_ place: Int, _ gathered: GatheredRecord, _ leaf: Hash) {
        let index = gathered.index
        if gathered.note >= 0 { admit(gatherer.notes[Int(gathered.note)], at: index, gathered.position) }
        // What was gathered before the search began is read once more.
        guard !isSearching else { return }
        if gathered.hasIntruder {
            report.tampered.append(
                Finding(
                    .intruder, records: index..<index + 1, position: gathered.position,
                    "something that no relay writes stands behind the identity of record \(index)"))
        }
        if gathered.mayBeCut, admitLast(place, gathered) { return }
        let claim = gathered.seal >= 0 ? claim(gatherer.seals[Int(gathered.seal)], gathered, leaf) : nil
        if recheck.cuts.has(index) { recheck.cuts.compare(bytes(place), at: index, gathered.position) }
        if index < segments.end, segments.contains(index), admitVerified(index, leaf, gathered.position, claim) {
            return
        }
        if !pending.isNext(index), index > segments.end, strays.wants(index) {
            strays.add(Strays.Record(index: index, position: gathered.position, leaf: bytes(place)))
        }
        var record = PendingRecord(leaf: leaf, position: gathered.position, text: LeafStore.none)
        if texts != nil { record.text = keep(place) }
        if let present = pending.insert(index, record) {
            if present.leaf == leaf { repeated(record) } else { addRival(index, record) }
        } else if !claims.isEmpty, let completed = claims.arrived(index) {
            _ = attempt(completed)
        }
        if let claim { admit(claim) }
    }

    func bytes(_ place: Int) -> [UInt8] {
        unsafe gatherer.leaf(place).withUnsafeBytes { unsafe Array($0) }
    }

    private mutating func keep(_ place: Int) -> UInt64 {
        let leaf = gatherer.leaf(place)
        return texts?.keep(leaf) ?? LeafStore.none
    }

    /// Takes in a record at an index that is verified. Returns false if it has to wait: until its batch is complete a
    /// second time, or for a further reading.
    private mutating func admitVerified(
        _ index: UInt64, _ leaf: Hash, _ position: SourcePosition, _ claim: SealClaim?
    ) -> Bool {
        guard let known = recent.find(index) else { return false }
        if known.leaf == leaf {
            report.duplicates += 1
            if let claim { compare(claim.record, at: position, with: known) }
        } else {
            contradict(index, truth: known.position, [position])
        }
        return true
    }

    private mutating func addRival(_ index: UInt64, _ record: PendingRecord) {
        if !rivals.add(record, at: index) { repeated(record) }
    }

    private mutating func repeated(_ record: PendingRecord) {
        report.duplicates += 1
        texts?.release(record.text)
    }

    /// Reports that the records at `positions` are not the true one with their index, or that nobody knows which is.
    /// Last lines that may be cut off are left to a further reading.
    mutating func contradict(
        _ index: UInt64, truth: SourcePosition?, isDecided: Bool = true, _ positions: [SourcePosition]
    ) {
        var others = Listing<SourcePosition>()
        for position in positions {
            if !cutLines.isEmpty, let line = cutLines.find(position) {
                unsettled.cuts.add(line)
            } else {
                others.append(position)
            }
        }
        guard others.total > (isDecided ? 0 : 1) else { return }
        report.conflicts.append(Conflict(index: index, truth: truth, isDecided: isDecided, others: others))
    }

    /// Compares what a second copy of a verified seal says with what the first one said, now or in a further reading.
    mutating func compare(_ seal: SealRecord, at position: SourcePosition, with known: KnownLeaf?) {
        let mark = SealMark(seal)
        guard let first = known?.seal, first != .none else {
            unsettled.add(seal.root, at: seal.size)
            if known == nil { unsettled.seals[seal.index, default: []].append(.init(mark: mark, position: position)) }
            return
        }
        guard first != mark else { return }
        if first.root == mark.root {
            reportCopy(of: seal, at: position)
        } else {
            report.tampered.append(.fork(at: seal.size))
        }
    }

    /// Reports a second copy of a seal with the same leaf, which so was counted as a duplicate, and another signature
    /// element.
    private mutating func reportCopy(of seal: SealRecord, at position: SourcePosition) {
        report.duplicates -= min(report.duplicates, 1)
        report.tampered.append(.copy(of: seal, at: position))
    }

    // MARK: - Seals

    /// What a seal record claims, if it is one and a trusted key signed it. Reports it otherwise.
    private mutating func claim(
        _ seal: Result<SealRecord, SealError>, _ gathered: GatheredRecord, _ leaf: Hash
    ) -> SealClaim? {
        switch seal {
        case .success(let record): return claim(record, leaf, gathered.position)
        case .failure(let error):
            report.tampered.append(
                Finding(
                    .seal, records: gathered.index..<gathered.index + 1, position: gathered.position,
                    "seal record \(gathered.index): \(error.reason)"))
            return nil
        }
    }

    mutating func admit(_ claim: SealClaim) {
        let variants = claims.variants(of: claim.record.size)
        guard variants.allSatisfy({ $0.record != claim.record || $0.leaf != claim.leaf }) else { return }
        if let first = variants.first(where: { $0.leaf == claim.leaf })?.record, first.root == claim.record.root {
            reportCopy(of: first, at: claim.position)
        }
        guard variants.count < SealClaims.variantLimit else {
            report.tampered.append(
                Finding(
                    .seal, records: claim.record.index..<claim.record.size, seal: claim.record.number,
                    position: claim.position, "there are too many different seals at record \(claim.record.index)"))
            return
        }
        var claim = claim
        switch attempt(claim) {
        case .verified: return
        case .missing(let count): claim.missing = count
        case .failed: claim.missing = 0
        }
        claims.insert(claim)
    }
}

extension Finding {
    static func fork(at size: UInt64) -> Finding {
        Finding(.history, "the key signed two different trees of \(size) records")
    }

    static func copy(of seal: SealRecord, at position: SourcePosition) -> Finding {
        Finding(
            .seal, records: seal.index..<seal.size, seal: seal.number, position: position,
            "seal \(seal.number) is there twice, with different f, p or mac")
    }
}

/// A hasher that can be used while something else of its owner is borrowed.
final class SharedHasher {
    var value: SHA256Hasher

    init() throws(OpenSSLError) {
        value = try SHA256Hasher()
    }
}
