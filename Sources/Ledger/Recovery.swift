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
struct Recovery: ~Copyable {
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
        let path = layout.segment(newest)
        let records = try system.open(path, .update)
        guard let header = SegmentHeader(try records.bytes(at: 0, count: SegmentHeader.size)), header.firstIndex == newest else {
            throw LedgerError(
                .damaged,
                "\(path): its header is damaged, and going on without it would give indexes twice. Restore the file, or "
                    + "begin a new log: another `data` folder and another `stream.origin`")
        }
        var sealer = try makeSealer(header.state)
        let size = try records.size()
        var offset = UInt64(SegmentHeader.size)
        let leaves = try system.open(layout.leaves(newest), .updateOrCreate)
        var leafCount: UInt64 = 0
        while let hashes = try takeBlock(records, &offset, &sealer) {
            try leaves.write(hashes.flatMap { $0.bytes }, at: leafCount * UInt64(Hash.byteCount))
            leafCount += UInt64(hashes.count)
        }
        try accept(sealer.nextIndex)
        try leaves.truncate(to: leafCount * UInt64(Hash.byteCount))
        try records.truncate(to: offset)
        try records.sync()
        let segment = SegmentWriter(
            resuming: newest, records: records, length: offset, leaves: leaves, leafCount: leafCount)
        return RecoveredLedger(sealer, segment, tornBytes: size - min(size, offset))
    }

    /// Removes what a crash left of a segment that never got its name.
    private func removeUnfinished() throws(FileError) {
        for name in try system.list(layout.segments) where name.hasSuffix(".segment.new") {
            try system.remove("\(layout.segments)/\(name)")
        }
    }

    /// Takes in the block at `offset`; nil at the first one that is not whole, which ends the segment.
    private mutating func takeBlock(
        _ file: any File, _ offset: inout UInt64, _ sealer: inout Sealer
    ) throws -> [Hash]? {
        let head = try file.bytes(at: offset, count: BlockHeader.size)
        guard let header = unsafe head.withUnsafeBytes({ unsafe BlockHeader($0) }), header.firstIndex == sealer.nextIndex
        else { return nil }
        let block = try file.bytes(at: offset, count: BlockHeader.size + header.payloadLength)
        guard block.count == BlockHeader.size + header.payloadLength,
            unsafe block.withUnsafeBytes({ unsafe BlockHeader.isIntact($0) })
        else { return nil }
        let hashes = try absorb(block, header, &sealer)
        offset += UInt64(block.count)
        return hashes
    }

    private mutating func absorb(
        _ block: [UInt8], _ header: BlockHeader, _ sealer: inout Sealer
    ) throws -> [Hash] {
        var lines: [Range<Int>] = []
        unsafe block.withUnsafeBytes { bytes in
            let payload = unsafe UnsafeRawBufferPointer(rebasing: bytes[BlockHeader.size...])
            var walk = RecordWalk()
            while let line = unsafe walk.next(payload) {
                lines.append(line.lowerBound + BlockHeader.size..<line.upperBound + BlockHeader.size)
            }
        }
        guard lines.count == header.recordCount else {
            throw LedgerError(.damaged, "the block of record \(header.firstIndex) has \(lines.count) records")
        }
        let bytes = unsafe block.span.bytes
        let extents = lines.map { line in CanonicalLine(bytes.extracting(line)).extent(at: line.lowerBound) }
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
