import OpenSSL
import Seal
import TransparencyLog

/// Checks one segment against itself, its leaf hashes and its seals: each block's CRC, that the indexes are contiguous,
/// each record's leaf hash, each seal's root, chain and signature. It begins with the state that the segment's header
/// has, so that segments can be checked in any order, many at a time.
struct SegmentAudit: ~Copyable {
    /// What is known of a segment afterwards.
    struct Result {
        var findings: [LedgerFinding] = []
        var records: UInt64 = 0
        var seals: UInt64 = 0
        /// Seals that one of the known keys has signed.
        var signedSeals: UInt64 = 0
        var bytes: UInt64 = 0
        /// Index behind the last record.
        var end: UInt64 = 0
        /// Records behind the last seal.
        var unsealed: UInt64 = 0
        /// Records that are damaged or gone.
        var gaps = IndexRanges()
        /// Records whose leaf hashes are damaged or gone, while the seals are right.
        var badLeaves = IndexRanges()
        /// Whether there are bytes that belong to no intact block.
        var hasDamagedBytes = false
        /// The state of the stream at the beginning, if the header is whole, and at the end, if that is known.
        var first: StreamState?
        var last: StreamState?
    }

    private let layout: Layout
    private let system: any FileSystem
    private let verifiers: [LogVerifier]
    private var hasher: PayloadHasher
    private var result = Result()
    private var state: StreamState?
    /// The segment's path, its records, and its leaf hashes.
    private var path = ""
    private var firstIndex: UInt64 = 0
    private var isNewest = false
    private var leaves: (any File)?
    /// Whether records were passed over since the last seal.
    private var isBehindGap = false
    /// The records whose leaf hashes are not those beside the segment, since the last seal.
    private var differing = IndexRanges()

    init(_ layout: Layout, _ system: any FileSystem, _ verifiers: [LogVerifier]) throws(OpenSSLError) {
        self.layout = layout
        self.system = system
        self.verifiers = verifiers
        hasher = try PayloadHasher()
    }

    /// Checks the segment that begins with record `first`. `end` is where the next one begins, nil for the newest, whose
    /// last block may be one that is just being written.
    mutating func run(_ first: UInt64, end: UInt64?, leaves name: LeafFile?) throws -> Result {
        let file = try layout.openSegment(first, system)
        result = Result()
        result.end = first
        (path, firstIndex, isNewest, differing) = (layout.segment(first), first, end == nil, IndexRanges())
        isBehindGap = false
        leaves = try name.map { try system.open($0.path(layout), .read) }
        if leaves == nil { note(.damaged, first..<(end ?? first + 1), "their leaf hashes are gone") }
        let header = SegmentHeader(try file.bytes(at: 0, count: SegmentHeader.size))
        state = header.flatMap { $0.firstIndex == first ? StreamState($0.state) : nil }
        result.first = state
        if state == nil { note(.damaged, nil, "its header is damaged: its seals cannot be checked") }
        try walk(file, end: end)
        result.bytes = try file.size()
        result.last = isBehindGap ? nil : state
        result.unsealed = state.map { $0.frontier.size - $0.base.size } ?? 0
        if !isNewest { noteLeaves() }
        return result
    }

    // MARK: - Blocks

    private mutating func walk(_ file: any File, end: UInt64?) throws {
        var blocks = IntactBlocks(file, first: firstIndex, end: end ?? .max)
        while let block = try blocks.next() {
            if block.firstIndex > result.end { try skip(to: block.firstIndex) }
            try take(blocks.scan.payload(of: block), block)
        }
        if let end, result.end < end { try skip(to: end) }
        let tail = try file.size() > blocks.scan.offset
        result.hasDamagedBytes = blocks.skippedBytes > 0 || (tail && !isNewest)
    }

    /// Goes on behind records that are damaged or gone, with their leaf hashes if those are there.
    private mutating func skip(to index: UInt64) throws {
        let gap = result.end..<index
        result.end = index
        isBehindGap = true
        result.gaps.insert(gap)
        note(.damaged, gap, "damaged or gone")
        guard var state, let hashes = try storedHashes(gap) else {
            state = nil
            return
        }
        hasher.append(hashes, to: &state.frontier)
        self.state = state
    }

    private mutating func take(_ payload: ArraySlice<UInt8>, _ block: BlockHeader) throws {
        let indexes = block.firstIndex..<block.nextIndex
        result.end = indexes.upperBound
        guard hasher.hash(payload, of: block) else {
            state = nil
            return note(.tampered, indexes, "their block has another number of records than it says")
        }
        result.records += UInt64(block.recordCount)
        try compareLeaves(indexes)
        if var state {
            hasher.append(to: &state.frontier, without: block.endsBatch ? 1 : 0)
            self.state = state
        }
        if block.endsBatch, let line = hasher.lastLine {
            let seal = try? SealRecord(
                parsing: unsafe payload.span.bytes.extracting(line))
            try take(seal, indexes.upperBound - 1)
        }
    }

    // MARK: - Leaf hashes

    /// The stored hashes of the records in `indexes`, nil if they are not all there.
    private func storedHashes(_ indexes: Range<UInt64>) throws(FileError) -> [Hash]? {
        try leaves?.hashes(at: indexes.lowerBound - firstIndex, count: indexes.count)
    }

    private mutating func compareLeaves(_ indexes: Range<UInt64>) throws(FileError) {
        guard leaves != nil else { return }
        guard let stored = try storedHashes(indexes) else {
            // The newest ones may be just about to be written.
            return isNewest ? () : differing.insert(indexes)
        }
        guard stored != hasher.hashes else { return }
        for (number, hash) in stored.enumerated() where hash != hasher.hashes[number] {
            differing.insert(indexes.lowerBound + UInt64(number)..<indexes.lowerBound + UInt64(number) + 1)
        }
    }

    /// What differs although the seals are right is damage of the leaf hashes alone.
    private mutating func noteLeaves() {
        for indexes in differing.all {
            result.badLeaves.insert(indexes)
            note(.damaged, indexes, "their leaf hashes are damaged or gone")
        }
        differing = IndexRanges()
    }

    // MARK: - Seals

    private mutating func take(_ seal: SealRecord?, _ index: UInt64) throws {
        guard let seal else {
            state = nil
            return note(.tampered, index..<index + 1, "it ends a batch and is no seal")
        }
        result.seals += 1
        if verifiers.contains(where: { $0.signed(seal) }) {
            result.signedSeals += 1
        } else if verifiers.contains(where: { $0.keyID == seal.keyID }) {
            note(.tampered, index..<index + 1, "the signature of seal \(seal.number) is wrong")
        } else {
            note(.unverifiable, index..<index + 1, "seal \(seal.number) is signed by a key that is not known")
        }
        guard var state, let leaf = hasher.hashes.last else { return }
        guard state.isFollowed(by: seal, isBehindGap: isBehindGap) else {
            self.state = nil
            return note(.tampered, index..<index + 1, "seal \(seal.number) does not follow the one before")
        }
        hasher.append(leaf, to: &state.frontier)
        if hasher.root(of: state.frontier) == seal.root {
            noteLeaves()
        } else if let frontier = try frontier(by: seal) {
            // The stored hashes make the root, so they tell the records that are not what was sealed.
            for indexes in differing.all { note(.tampered, indexes, "not what seal \(seal.number) sealed") }
            differing = IndexRanges()
            state.frontier = frontier
        } else {
            note(.tampered, seal.from..<seal.size, "not what seal \(seal.number) sealed")
            differing = IndexRanges()
            self.state = nil
            return
        }
        state.commit(seal, leaf: leaf)
        isBehindGap = false
        self.state = state
    }

    /// The tree at `seal` by the stored leaf hashes, nil if they do not make its root.
    private mutating func frontier(by seal: SealRecord) throws -> CompactRange? {
        var tree = seal.base
        let files = try LeafFiles(layout, system)
        for index in seal.from..<seal.size {
            guard let hash = try? files.hash(index) else { return nil }
            hasher.append(hash, to: &tree)
        }
        return hasher.root(of: tree) == seal.root ? tree : nil
    }

    private mutating func note(_ kind: LedgerFinding.Kind, _ indexes: Range<UInt64>?, _ detail: String) {
        result.findings.append(LedgerFinding(kind, path, indexes, detail))
    }
}
