import OpenSSL
import Seal
import TransparencyLog

/// What a start found on the disk.
struct RecoveredLedger: ~Copyable {
    var sealer: Sealer
    var segment: SegmentWriter
    /// Bytes of a torn write that were cut off the newest segment.
    let tornBytes: UInt64
    /// If records that were durable once cannot be read: the index from which on to look for which.
    let lossFrom: UInt64?

    init(
        _ sealer: consuming Sealer, _ segment: consuming SegmentWriter, tornBytes: UInt64 = 0, lossFrom: UInt64? = nil
    ) {
        self.sealer = sealer
        self.segment = segment
        self.tornBytes = tornBytes
        self.lossFrom = lossFrom
    }

    var position: LedgerPosition {
        LedgerPosition(nextIndex: sealer.nextIndex, segment: segment.firstIndex, offset: segment.length)
    }
}

/// Brings the ledger back to where its files say it was: reads the newest segment, takes in every whole block, and cuts
/// off what a crash left half written.
///
/// All of the newest segment is checked against its CRCs, but only the records behind the ``DurableMark`` are hashed
/// again: before that, the leaf hashes beside the segment will do, if they add up to the mark's tree. If they do not,
/// as after a power failure that took some of them, every record is hashed. When fewer whole records are there than the
/// mark says, some are lost, and the stream goes on behind them from the mark's state in a new segment.
struct Recovery: ~Copyable {
    /// Leaf hashes read at one go.
    private static let leavesAtOnce = 8192

    private let options: LedgerOptions
    private let layout: Layout
    private let system: any FileSystem
    private let now: UInt64
    private var hasher: SHA256Hasher

    /// `now` is in milliseconds since 1970.
    init(_ options: LedgerOptions, _ system: any FileSystem, now: UInt64) throws(OpenSSLError) {
        self.options = options
        self.system = system
        self.now = now
        hasher = try SHA256Hasher()
        layout = Layout(options.directory)
    }

    /// Recovers, or begins a new ledger where there is none. `mark` is the state that the durable mark holds, if it
    /// holds one. `makeSealer` makes the sealer that goes on from a state; `accept` is told the index of the next
    /// record and throws if that cannot be, before anything is cut off.
    consuming func run(
        mark: SealerState?, _ makeSealer: (SealerState) throws -> Sealer, accept: (UInt64) throws -> Void
    ) throws -> RecoveredLedger {
        try removeUnfinished()
        let segments = try layout.segmentIndexes(system)
        if let newest = segments.last, system.exists(layout.segment(newest)) {
            let found = try NewestSegment(newest, layout, system, mark: mark?.frontier.size)
            if let header = found.header, found.end >= mark?.frontier.size ?? 0 {
                return try goOn(found, header, mark, makeSealer, accept)
            }
        }
        if let mark { return try goOnBehindLoss(segments, mark, makeSealer, accept) }
        if let newest = segments.last { throw nothingToGoOnFrom(newest) }
        try accept(0)
        let sealer = try makeSealer(SealerState())
        let segment = try begin(sealer.state)
        return RecoveredLedger(sealer, segment)
    }

    private func begin(_ state: SealerState) throws(FileError) -> SegmentWriter {
        try SegmentWriter.begin(state, at: now, reserve: options.segmentBytes, layout, system)
    }

    /// Removes what a crash left of a segment that never got its name.
    private func removeUnfinished() throws(FileError) {
        for name in try system.list(layout.segments) where name.hasSuffix(".segment.new") {
            try system.remove("\(layout.segments)/\(name)")
        }
    }

    private func nothingToGoOnFrom(_ segment: UInt64) -> LedgerError {
        LedgerError(
            .damaged,
            "\(layout.segment(segment)) is damaged or gone, and so is \(layout.durable): nobody knows where the log "
                + "stood, and going on would give indexes twice. Restore one of the two, or begin a new log: another "
                + "`data` folder and another `stream.origin`")
    }

    // MARK: - All is there

    private mutating func goOn(
        _ found: NewestSegment, _ header: SegmentHeader, _ mark: SealerState?,
        _ makeSealer: (SealerState) throws -> Sealer, _ accept: (UInt64) throws -> Void
    ) throws -> RecoveredLedger {
        let leaves = try system.open(layout.leaves(found.first), .updateOrCreate)
        var (state, offset) = (header.state, UInt64(SegmentHeader.size))
        if let mark, let markOffset = found.markOffset, try adds(leaves, to: header.state.frontier, mark.frontier) {
            (state, offset) = (mark, markOffset)
        }
        var sealer = try makeSealer(state)
        var leafCount = sealer.nextIndex - found.first
        var scan = SegmentScan(found.file, at: offset, index: sealer.nextIndex)
        while let block = try scan.next() {
            let hashes = try absorb(scan.payload(of: block), block, &sealer)
            try leaves.write(hashes, at: leafCount)
            leafCount += UInt64(hashes.count)
        }
        try accept(sealer.nextIndex)
        try leaves.truncate(to: leafCount * UInt64(Hash.byteCount))
        let size = try found.file.size()
        try found.file.truncate(to: scan.offset)
        try found.file.sync()
        let segment = SegmentWriter(
            resuming: found.first, records: found.file, length: scan.offset, leaves: leaves, leafCount: leafCount)
        return RecoveredLedger(sealer, segment, tornBytes: size - min(size, scan.offset))
    }

    /// Whether `frontier` becomes `target` with the hashes in the file.
    private mutating func adds(
        _ leaves: any File, to frontier: CompactRange, _ target: CompactRange
    ) throws(FileError) -> Bool {
        var tree = frontier
        while tree.size < target.size {
            let count = Int(min(target.size - tree.size, UInt64(Self.leavesAtOnce)))
            guard let hashes = try leaves.hashes(at: tree.size - frontier.size, count: count) else { return false }
            tree.append(hashes, &hasher)
        }
        return tree == target
    }

    // MARK: - Some is lost

    /// Goes on from `mark`, with the whole blocks that follow it without a gap, in a new segment. The damaged ones stay
    /// for readers, which go around damage; those of which no record counts are set aside.
    private mutating func goOnBehindLoss(
        _ segments: [UInt64], _ mark: SealerState, _ makeSealer: (SealerState) throws -> Sealer,
        _ accept: (UInt64) throws -> Void
    ) throws -> RecoveredLedger {
        var sealer = try makeSealer(mark)
        let first = segments.last { $0 <= mark.frontier.size } ?? 0
        var end: (file: any File, offset: UInt64)?
        for segment in segments where segment >= first && segment <= sealer.nextIndex {
            let file = try open(segment)
            end = (file, try absorbFollowing(file, &sealer))
        }
        try accept(sealer.nextIndex)
        if let end, !(end.file is CompressedFile) { try end.file.truncate(to: end.offset) }
        for segment in segments where segment >= sealer.nextIndex { try setAside(segment) }
        let segment = try begin(sealer.state)
        return RecoveredLedger(sealer, segment, lossFrom: first)
    }

    private func open(_ segment: UInt64) throws(FileError) -> any File {
        system.exists(layout.segment(segment))
            ? try system.open(layout.segment(segment), .update) : try layout.openSegment(segment, system)
    }

    /// Gives the whole blocks of `file` that come next to `sealer`. Returns the offset behind which no record counts.
    private mutating func absorbFollowing(_ file: any File, _ sealer: inout Sealer) throws -> UInt64 {
        var offset = UInt64(SegmentHeader.size)
        while let (block, start) = try BlockSearch.first(in: file, from: offset, to: .max, with: sealer.nextIndex) {
            guard block.firstIndex == sealer.nextIndex else { return start }
            let payload = try file.bytes(at: start + UInt64(BlockHeader.size), count: block.payloadLength)
            _ = try absorb(payload[...], block, &sealer)
            offset = start + UInt64(BlockHeader.size + block.payloadLength)
        }
        return try file.size()
    }

    /// Moves the files of a segment to the folder of damaged ones.
    private func setAside(_ segment: UInt64) throws(FileError) {
        try system.makeDirectory(layout.damaged)
        try system.syncDirectory(layout.directory)
        let paths = [layout.segment(segment), layout.compressedSegment(segment), layout.leaves(segment)]
        for path in paths where system.exists(path) {
            try system.rename(path, to: layout.unusedDamaged(path, system))
        }
        try system.syncDirectory(layout.damaged)
        try system.syncDirectory(layout.segments)
    }

    // MARK: - Taking in records

    /// Gives the records of a block to `sealer` and returns their leaf hashes.
    private mutating func absorb(
        _ payload: ArraySlice<UInt8>, _ header: BlockHeader, _ sealer: inout Sealer
    ) throws -> [Hash] {
        let lines = RecordWalk.lines(of: payload)
        guard lines.count == header.recordCount else {
            throw LedgerError(.damaged, "the block of record \(header.firstIndex) has \(lines.count) records")
        }
        let bytes = unsafe payload.span.bytes
        let extents = lines.indices.map { number in
            let line = lines[number]
            // Behind the identity there is nothing yet but, on a seal, the signature, which is not of the leaf.
            return header.endsBatch && number == lines.count - 1
                ? CanonicalLine(bytes.extracting(line)).extent(at: line.lowerBound)
                : LeafExtent(offset: UInt32(line.lowerBound), length: UInt32(line.count))
        }
        var hashes = [Hash](repeating: Hash(), count: extents.count)
        var target = hashes.mutableSpan
        hasher.leafHashes(of: extents.span, in: bytes, into: &target)
        guard header.endsBatch, let last = lines.last else {
            sealer.absorb(hashes.span)
            return hashes
        }
        sealer.absorb(hashes.span.extracting(0..<hashes.count - 1))
        try sealer.replay(SealRecord(parsing: bytes.extracting(last)), leaf: hashes[hashes.count - 1])
        return hashes
    }
}

/// The newest segment as it lies on the disk, read once from its first block to the last that is whole.
private struct NewestSegment {
    let first: UInt64
    let file: any File
    /// Nil if it is damaged.
    let header: SegmentHeader?
    /// Index behind the last record that can be read without a gap.
    let end: UInt64
    /// Offset of the block that begins with the record at the mark, or of the end if the mark is there.
    let markOffset: UInt64?

    init(_ first: UInt64, _ layout: Layout, _ system: any FileSystem, mark: UInt64?) throws {
        self.first = first
        file = try system.open(layout.segment(first), .update)
        let header = SegmentHeader(try file.bytes(at: 0, count: SegmentHeader.size))
        self.header = header?.firstIndex == first ? header : nil
        var scan = SegmentScan(file, at: UInt64(SegmentHeader.size), index: first)
        var markOffset: UInt64?
        repeat {
            if scan.nextIndex == mark { markOffset = scan.offset }
        } while try scan.next() != nil
        end = scan.nextIndex
        self.markOffset = markOffset
    }
}
