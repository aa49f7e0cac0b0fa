import Batch
import OpenSSL
public import Seal
import TransparencyLog

/// Puts a ledger in order that no relay runs on: what is damaged is set aside under `damaged`, what is whole in it goes
/// on being read, leaf hashes are made anew, leftovers go.
///
/// It leaves alone what was altered (the leaf hashes and seals tell, and only a backup helps) and the newest segment,
/// which is the next start's business.
public struct LedgerRepair {
    /// Something that is wrong, and what is done about it.
    public struct Step: Equatable, Sendable {
        public let path: String
        /// What is done, or why nothing can be.
        public let detail: String
        /// Records that are lost, and were not known to be.
        public var lost: [Range<UInt64>] = []
        /// Whether it is put in order by this.
        public var isRemedy = true
    }

    private let layout: Layout
    private let system: any FileSystem
    private let verifiers: [LogVerifier]
    private let isTrial: Bool
    private var steps: [Step] = []
    private var losses: KnownLosses
    private var deleted: DeletedRecords

    /// A repair of `archive`, against the keys in `verifiers`. A trial says what it would do and does nothing.
    public init(_ archive: LedgerArchive, _ verifiers: [LogVerifier], isTrial: Bool) throws {
        layout = archive.layout
        system = archive.system
        self.verifiers = verifiers
        self.isTrial = isTrial
        losses = try KnownLosses(layout, system)
        deleted = try DeletedRecords(layout, system)
    }

    /// Does it. Throws ``LedgerError`` if a relay has the folder.
    public mutating func run() throws -> [Step] {
        let lock = try system.open(layout.lock, .updateOrCreate)
        guard try lock.lock() else {
            throw LedgerError(.locked, "\(layout.directory) is in use by a running waxwing; stop it first")
        }
        try removeLeftovers()
        let firsts = try layout.segmentIndexes(system)
        var audit = try SegmentAudit(layout, system, verifiers)
        for (first, end) in zip(firsts, firsts.dropFirst()) { try repair(first..<end, &audit) }
        return steps
    }

    // MARK: - Leftovers

    private mutating func removeLeftovers() throws {
        let names = try system.list(layout.segments)
        for name in names where name.hasSuffix(".new") {
            try remove("\(layout.segments)/\(name)", "a file that a crash left unfinished is removed")
        }
        for name in names where name.hasSuffix(".segment") && names.contains(name + ".zst") {
            let path = "\(layout.segments)/\(name)"
            let copy = try CompressedFile(try system.open(path + ".zst", .read), path + ".zst")
            // The original goes only if nothing is missing from the copy.
            let isWhole = try copy.size() == system.open(path, .read).size()
            try remove(isWhole ? path : path + ".zst", "one of two copies of a segment is removed")
        }
    }

    private mutating func remove(_ path: String, _ detail: String) throws {
        steps.append(Step(path: path, detail: detail))
        guard !isTrial else { return }
        try system.remove(path)
        try system.syncDirectory(layout.segments)
    }

    // MARK: - Segments

    private mutating func repair(_ indexes: Range<UInt64>, _ audit: inout SegmentAudit) throws {
        let first = indexes.lowerBound
        let path = system.exists(layout.segment(first)) ? layout.segment(first) : layout.compressedSegment(first)
        let leaves = LeafFile(firstIndex: first)
        let hasLeaves = system.exists(leaves.path(layout))
        let result = try audit.run(first, end: indexes.upperBound, leaves: hasLeaves ? leaves : nil)
        if let finding = result.findings.first(where: { $0.kind == .tampered }) {
            let records = finding.indexes.map { " (\($0.text))" } ?? ""
            steps.append(
                Step(
                    path: path, detail: "was altered\(records) and is left as it is: restore it from a backup",
                    isRemedy: false))
            return
        }
        let gaps = result.gaps.all.filter { !deleted.text.contains($0) }
        if result.first == nil || result.hasDamagedBytes || !gaps.isEmpty { try mend(path, indexes, gaps, result) }
        if result.records > 0, !hasLeaves || !result.badLeaves.isEmpty { try mendLeaves(leaves, indexes, result) }
    }

    /// Puts another segment in the place of a damaged one, with what is whole in it, and notes what is lost.
    private mutating func mend(
        _ path: String, _ indexes: Range<UInt64>, _ gaps: [Range<UInt64>], _ result: SegmentAudit.Result
    ) throws {
        let lost = gaps.flatMap { losses.note($0) }
        let header = try result.first == nil ? rebuiltHeader(indexes.lowerBound) : nil
        guard result.hasDamagedBytes || header != nil else {
            if !lost.isEmpty { steps.append(Step(path: path, detail: "lacks records", lost: lost)) }
            if result.first == nil {
                steps.append(Step(path: path, detail: "has a header that cannot be made anew", isRemedy: false))
            }
            if !isTrial, !lost.isEmpty { try losses.store(layout, system) }
            return
        }
        let place = layout.unusedDamaged(path, system)
        let rest = result.records > 0 ? "what is whole takes its place" : "nothing in it is whole"
        steps.append(Step(path: path, detail: "is set aside as \(place); \(rest)", lost: lost))
        guard !isTrial else { return }
        try losses.store(layout, system)
        try copy(path, to: place)
        if result.records > 0 {
            try replace(path, indexes, header)
        } else {
            try removeSegment(path, LeafFile(firstIndex: indexes.lowerBound))
        }
    }

    /// Replaces a segment by its intact blocks, behind `header` or the one it has.
    private func replace(_ path: String, _ indexes: Range<UInt64>, _ header: [UInt8]?) throws(FileError) {
        let file = try layout.openSegment(indexes.lowerBound, system)
        let new = layout.segment(indexes.lowerBound)
        let target = try system.open(new + ".new", .updateOrCreate)
        try target.truncate(to: 0)
        let start = if let header { header } else { try file.bytes(at: 0, count: SegmentHeader.size) }
        try target.write(start, at: 0)
        var offset = UInt64(SegmentHeader.size)
        var blocks = IntactBlocks(file, first: indexes.lowerBound, end: indexes.upperBound)
        while let block = try blocks.next() {
            try target.write(Array(blocks.scan.bytes(of: block)), at: offset)
            offset += UInt64(BlockHeader.size + block.payloadLength)
        }
        try target.sync()
        try system.rename(new + ".new", to: new)
        try system.syncDirectory(layout.segments)
        guard path != new else { return }
        try system.remove(path)
        try system.syncDirectory(layout.segments)
    }

    /// Removes a segment, whose leaf hashes are from now on those of records that are gone.
    private func removeSegment(_ path: String, _ leaves: LeafFile) throws(FileError) {
        if system.exists(leaves.path(layout)) {
            let kept = LeafFile(firstIndex: leaves.firstIndex, deletedAt: Clock.wall() / 1_000_000_000)
            try system.rename(leaves.path(layout), to: kept.path(layout))
            try system.syncDirectory(layout.segments)
        }
        try system.remove(path)
        try system.syncDirectory(layout.segments)
    }

    /// Copies a file under `damaged`, durably: until its place is taken, the segment stays where it is.
    private func copy(_ path: String, to place: String) throws(FileError) {
        try system.makeDirectory(layout.damaged)
        try system.syncDirectory(layout.directory)
        let (source, target) = (try system.open(path, .read), try system.open(place, .create))
        var offset: UInt64 = 0
        while true {
            let bytes = try source.bytes(at: offset, count: 1 << 20)
            if bytes.isEmpty { break }
            try target.write(bytes, at: offset)
            offset += UInt64(bytes.count)
        }
        try target.sync()
        try system.syncDirectory(layout.damaged)
    }

    // MARK: - What can be made anew

    /// The header of the segment that begins with record `first`, by going through the one before it; nil if that is
    /// not whole.
    private func rebuiltHeader(_ first: UInt64) throws -> [UInt8]? {
        guard first > 0 else { return SegmentHeader(firstIndex: 0, createdAt: 0, state: SealerState()).encoded() }
        guard let before = try layout.segmentIndexes(system).last(where: { $0 < first }) else { return nil }
        let file = try layout.openSegment(before, system)
        guard let header = SegmentHeader(try file.bytes(at: 0, count: SegmentHeader.size)),
            let verifier = verifiers.first
        else { return nil }
        // It signs nothing: it only takes in what is there.
        var sealer = try Sealer(
            key: LogKey(origin: verifier.origin, privateKey: .generate()), restoring: header.state)
        var hasher = try PayloadHasher()
        var blocks = IntactBlocks(file, first: before, end: first)
        var createdAt = header.createdAt
        while let block = try blocks.next() {
            let payload = blocks.scan.payload(of: block)
            guard block.firstIndex == sealer.nextIndex, hasher.hash(payload, of: block) else { return nil }
            createdAt = block.writtenAt
            guard block.endsBatch, let line = hasher.lastLine, let leaf = hasher.hashes.last else {
                sealer.absorb(hasher.hashes)
                continue
            }
            sealer.absorb(Array(hasher.hashes.dropLast()))
            let seal = try SealRecord(parsing: unsafe payload.span.bytes.extracting(line))
            do { try sealer.replay(seal, leaf: leaf) } catch { return nil }
        }
        guard sealer.nextIndex == first else { return nil }
        return SegmentHeader(firstIndex: first, createdAt: createdAt, state: sealer.state).encoded()
    }

    /// Makes the leaf hashes of a segment anew from its records, which the seals have proven.
    private mutating func mendLeaves(
        _ leaves: LeafFile, _ indexes: Range<UInt64>, _ result: SegmentAudit.Result
    ) throws {
        let path = leaves.path(layout)
        guard result.gaps.isEmpty else {
            steps.append(
                Step(
                    path: path, detail: "cannot be made anew, since records are missing: restore it from a backup",
                    isRemedy: false))
            return
        }
        steps.append(Step(path: path, detail: "is made anew from the records"))
        guard !isTrial else { return }
        let target = try system.open(path + ".new", .updateOrCreate)
        try target.truncate(to: 0)
        var hasher = try PayloadHasher()
        var blocks = IntactBlocks(
            try layout.openSegment(indexes.lowerBound, system), first: indexes.lowerBound, end: indexes.upperBound)
        while let block = try blocks.next() {
            guard hasher.hash(blocks.scan.payload(of: block), of: block) else { continue }
            try target.write(hasher.hashes, at: block.firstIndex - indexes.lowerBound)
        }
        try target.sync()
        try system.rename(path + ".new", to: path)
        try system.syncDirectory(layout.segments)
    }
}
