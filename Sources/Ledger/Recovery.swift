import OpenSSL
import Seal
import TransparencyLog

/// What a start found on the disk.
struct RecoveredLedger: ~Copyable {
    var sealer: Sealer
    var segment: SegmentWriter
    /// Bytes of a torn write that were cut off the newest segment.
    let tornBytes: UInt64

    init(_ sealer: consuming Sealer, _ segment: consuming SegmentWriter, tornBytes: UInt64 = 0) {
        self.sealer = sealer
        self.segment = segment
        self.tornBytes = tornBytes
    }

    var position: LedgerPosition {
        LedgerPosition(nextIndex: sealer.nextIndex, segment: segment.firstIndex, offset: segment.length)
    }
}

/// Brings the ledger back to where its files say it was: reads the newest segment, takes in every whole block, and cuts
/// off what a crash left half written.
///
/// All of the segment is checked against its CRCs, but only the records from its last sealed batch on are hashed again:
/// before that, the leaf hashes beside the segment will do, if they add up to the tree that the seal names. If they do
/// not, as after a power failure that took some of them, every record is hashed.
struct Recovery: ~Copyable {
    /// Leaf hashes read at one go.
    private static let leavesAtOnce = 8192

    private let options: LedgerOptions
    private let layout: Layout
    private let system: any FileSystem
    private var hasher: SHA256Hasher

    init(_ options: LedgerOptions, _ system: any FileSystem) throws(OpenSSLError) {
        self.options = options
        self.system = system
        layout = Layout(options.directory)
        hasher = try SHA256Hasher()
    }

    /// Recovers, or begins a new ledger where there is none. `makeSealer` makes the sealer that goes on from a state;
    /// `accept` is told the index of the next record and throws if that cannot be, before anything is cut off.
    consuming func run(
        now: UInt64, _ makeSealer: (SealerState) throws -> Sealer, accept: (UInt64) throws -> Void
    ) throws -> RecoveredLedger {
        try removeUnfinished()
        guard let newest = try layout.segmentIndexes(system).last else {
            try accept(0)
            let sealer = try makeSealer(SealerState())
            let segment = try SegmentWriter(
                creating: sealer.state, at: now, reserve: options.segmentBytes, layout, system)
            return RecoveredLedger(sealer, segment)
        }
        let records = try system.open(layout.segment(newest), .update)
        let leaves = try system.open(layout.leaves(newest), .updateOrCreate)
        let start = try start(header(of: newest, records), records, leaves)
        var sealer = try makeSealer(start.state)
        var leafCount = sealer.nextIndex - newest
        var scan = SegmentScan(records, at: start.offset, index: sealer.nextIndex)
        while let block = try scan.next() {
            let hashes = try absorb(scan.payload(of: block), block, &sealer)
            try leaves.write(hashes, at: leafCount)
            leafCount += UInt64(hashes.count)
        }
        try accept(sealer.nextIndex)
        try leaves.truncate(to: leafCount * UInt64(Hash.byteCount))
        let size = try records.size()
        try records.truncate(to: scan.offset)
        try records.sync()
        let segment = SegmentWriter(
            resuming: newest, records: records, length: scan.offset, leaves: leaves, leafCount: leafCount)
        return RecoveredLedger(sealer, segment, tornBytes: size - min(size, scan.offset))
    }

    /// Removes what a crash left of a segment that never got its name.
    private func removeUnfinished() throws(FileError) {
        for name in try system.list(layout.segments) where name.hasSuffix(".segment.new") {
            try system.remove("\(layout.segments)/\(name)")
        }
    }

    private func header(of segment: UInt64, _ records: any File) throws -> SegmentHeader {
        guard let header = SegmentHeader(try records.bytes(at: 0, count: SegmentHeader.size)),
            header.firstIndex == segment
        else {
            throw LedgerError(
                .damaged,
                "\(layout.segment(segment)): its header is damaged, and going on without it would give indexes twice. "
                    + "Restore the file, or begin a new log: another `data` folder and another `stream.origin`")
        }
        return header
    }

    // MARK: - Where to begin

    /// A state of the stream, and the block that came next.
    private struct Start {
        var state: SealerState
        var offset: UInt64
    }

    /// The latest place at which the state of the stream is known without hashing records.
    private mutating func start(
        _ header: SegmentHeader, _ records: any File, _ leaves: any File
    ) throws -> Start {
        let beginning = Start(state: header.state, offset: UInt64(SegmentHeader.size))
        guard let batch = try lastBatch(header, records),
            let tree = try tree(header.state.frontier, upTo: batch.seal.from, leaves),
            let state = SealerState(before: batch.seal, over: tree)
        else { return beginning }
        return Start(state: state, offset: batch.offset)
    }

    /// The last batch that begins and ends in the segment: the offset of its first block, and its seal. Goes through
    /// the whole segment.
    private func lastBatch(_ header: SegmentHeader, _ records: any File) throws -> (offset: UInt64, seal: SealRecord)? {
        var scan = SegmentScan(records, at: UInt64(SegmentHeader.size), index: header.firstIndex)
        var begin: UInt64?
        var last: (offset: UInt64, seal: [UInt8])?
        while let block = try scan.next() {
            guard block.endsBatch else { continue }
            if let begin, let line = scan.lastLine(of: block) { last = (begin, line) }
            begin = scan.offset
        }
        guard let last else { return nil }
        return (last.offset, try SealRecord(parsing: unsafe last.seal.span.bytes))
    }

    /// The tree of `size` leaves that `frontier` becomes with the leaf hashes in the file, or nil if it has too few.
    private mutating func tree(
        _ frontier: CompactRange, upTo size: UInt64, _ leaves: any File
    ) throws(FileError) -> CompactRange? {
        var tree = frontier
        while tree.size < size {
            let count = Int(min(size - tree.size, UInt64(Self.leavesAtOnce)))
            guard let hashes = try leaves.hashes(at: tree.size - frontier.size, count: count) else { return nil }
            tree.append(hashes, &hasher)
        }
        return tree
    }

    // MARK: - Taking in records

    /// The lines of a payload.
    private func lines(of payload: ArraySlice<UInt8>) -> [Range<Int>] {
        unsafe payload.withUnsafeBytes { payload in
            var lines: [Range<Int>] = []
            var walk = RecordWalk()
            while let line = unsafe walk.next(payload) { lines.append(line) }
            return lines
        }
    }

    /// Gives the records of a block to `sealer` and returns their leaf hashes.
    private mutating func absorb(
        _ payload: ArraySlice<UInt8>, _ header: BlockHeader, _ sealer: inout Sealer
    ) throws -> [Hash] {
        let lines = lines(of: payload)
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

/// A file of leaf hashes.
extension File {
    /// `count` hashes from number `index` on, or nil if the file has fewer.
    func hashes(at index: UInt64, count: Int) throws(FileError) -> [Hash]? {
        var hashes = [Hash](repeating: Hash(), count: count)
        var failure: FileError?
        let length = unsafe hashes.withUnsafeMutableBytes { buffer in
            do throws(FileError) {
                return unsafe try read(into: buffer, at: index * UInt64(Hash.byteCount))
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        return length == count * Hash.byteCount ? hashes : nil
    }

    /// Writes `hashes` as number `index` and the following.
    func write(_ hashes: [Hash], at index: UInt64) throws(FileError) {
        var failure: FileError?
        unsafe hashes.withUnsafeBytes { buffer in
            do throws(FileError) {
                unsafe try write(buffer, at: index * UInt64(Hash.byteCount))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }
}
