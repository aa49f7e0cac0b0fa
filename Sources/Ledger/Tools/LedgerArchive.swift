import OpenSSL
public import Seal
import Syslog
public import TransparencyLog

/// A ledger as it lies on the disk, for tools that only read: whether a relay runs on it does not matter.
public struct LedgerArchive: Sendable {
    public let layout: Layout
    let system: any FileSystem

    /// The ledger in `directory`. Throws ``LedgerError`` when there is none.
    public init(_ directory: String, system: any FileSystem = DiskFileSystem()) throws(LedgerError) {
        layout = Layout(directory)
        self.system = system
        guard system.exists(layout.origin) else {
            throw LedgerError(
                .noLedger, "there is no ledger in \(directory): name the relay's `data` folder with --data")
        }
    }

    /// The public key of the log, in vkey form.
    public func verifierKey() throws -> String {
        guard let origin = try OriginFile(layout, system), !origin.key.isEmpty else {
            throw LedgerError(.damaged, "\(layout.origin) does not name the log and its key")
        }
        return origin.key
    }

    /// The public keys that have signed the log: `pinned`, or else the one that the ledger itself names, and those that
    /// the notes of its changes of the key lead to from there, each of which both keys have signed.
    public func verifiers(pinned: [LogVerifier]? = nil) throws -> [LogVerifier] {
        var known = try pinned ?? [LogVerifier(parsing: verifierKey())]
        let notes = try KeyRotation.notes(layout, system)
        for note in notes + notes.reversed() where known.contains(note.old) != known.contains(note.new) {
            guard note.isSigned else { continue }
            known.append(known.contains(note.old) ? note.new : note.old)
        }
        return known
    }

    /// The newest seal that is durable, nil when there is none yet.
    public func newestSeal() throws -> SealRecord? {
        for first in try layout.segmentIndexes(system).reversed() {
            let file = try layout.openSegment(first, system)
            guard let seal = try lastSeal(file, first) else { continue }
            // What the relay has written may not be durable yet; what is shown must be.
            try file.sync()
            return seal
        }
        return nil
    }

    // MARK: - Reading

    /// Where the whole blocks of the newest segment end, after seeing to it that they are durable.
    func end() throws -> LedgerPosition {
        guard let newest = try layout.segmentIndexes(system).last else {
            return LedgerPosition(nextIndex: 0, segment: 0, offset: 0)
        }
        let file = try layout.openSegment(newest, system)
        // What was durable a second ago is whole, so that one header leads to the next.
        let durable = try DurableMark.nextIndex(layout, system)
        var (offset, index) = (UInt64(SegmentHeader.size), newest)
        while index < durable, let block = try LedgerReader.readHeader(file, offset), block.firstIndex == index,
            block.nextIndex <= durable
        {
            offset += UInt64(BlockHeader.size + block.payloadLength)
            index = block.nextIndex
        }
        var blocks = IntactBlocks(file, at: offset, index: index)
        while try blocks.next() != nil {}
        try file.sync()
        return LedgerPosition(nextIndex: blocks.scan.nextIndex, segment: newest, offset: blocks.scan.offset)
    }

    /// A reader of what is durable up to `end`, from the record at `index` on. See ``LedgerAccess/makeReader(from:onLoss:)``.
    func makeReader(
        from index: UInt64, to end: LedgerPosition, onLoss: @escaping (LostRecords) -> Void
    ) throws(LedgerError) -> LedgerReader {
        try LedgerReader(layout, system, Horizon(end), from: index, onLoss: onLoss)
    }

    /// The indexes among which all records are that were written at `times`, milliseconds since 1970.
    func indexes(writtenAt times: ClosedRange<UInt64>, end: UInt64) throws(FileError) -> Range<UInt64> {
        let firsts = try layout.segmentIndexes(system)
        var (from, to) = (firsts.first ?? 0, end)
        for first in firsts {
            let bytes = try layout.openSegment(first, system).bytes(at: 0, count: SegmentHeader.size)
            guard let header = SegmentHeader(bytes) else { continue }
            // What was written in the same millisecond may be in the segment before.
            if header.createdAt < times.lowerBound { from = first }
            if header.createdAt > times.upperBound {
                to = min(first, end)
                break
            }
        }
        return from..<max(from, to)
    }

    private func lastSeal(_ file: any File, _ first: UInt64) throws -> SealRecord? {
        var blocks = IntactBlocks(file, first: first, end: .max)
        var line: [UInt8]?
        while let block = try blocks.next() {
            if block.endsBatch { line = blocks.scan.lastLine(of: block) }
        }
        return try line.map { try SealRecord(parsing: unsafe $0.span.bytes) }
    }

    /// A proof that the record at `index` is in the tree of the newest seal (C2SP tlog-proof).
    public func proof(of index: UInt64) throws -> TLogProof {
        guard let seal = try newestSeal(), index < seal.size else {
            throw LedgerError(.outOfRange, "record \(index) is not sealed yet")
        }
        let leaves = try LeafFiles(layout, system)
        var hasher = try SHA256Hasher()
        let proof = try InclusionProof(index: index, size: seal.size, &hasher) { try leaves.hash($0) }
        guard proof.root(of: try leaves.hash(index), &hasher) == seal.root else {
            throw LedgerError(
                .damaged, "the leaf hashes under \(layout.segments) do not give the root of the newest seal")
        }
        return TLogProof(index: index, hashes: proof.hashes, checkpoint: try seal.note)
    }
}

/// The leaf hashes of a ledger, one file for each segment, read a page at a time.
final class LeafFiles {
    private static let pageHashes = 4096

    private let layout: Layout
    private let system: any FileSystem
    private let all: [LeafFile]
    private var file: (first: UInt64, file: any File)?
    private var page: (first: UInt64, bytes: [UInt8])?

    init(_ layout: Layout, _ system: any FileSystem) throws(FileError) {
        self.layout = layout
        self.system = system
        all = try LeafFile.all(layout, system)
    }

    func hash(_ index: UInt64) throws -> Hash {
        if let page, index >= page.first, index < page.first + UInt64(page.bytes.count / Hash.byteCount) {
            return pick(page.bytes, Int(index - page.first))
        }
        guard let place = all.last(where: { $0.firstIndex <= index }) else {
            throw LedgerError(.outOfRange, "the leaf hash of record \(index) is not kept any more")
        }
        let first = place.firstIndex
        if file?.first != first { file = (first, try system.open(place.path(layout), .read)) }
        guard let file else { throw LedgerError(.outOfRange, "record \(index) has no leaf hash") }
        let start = (index - first) / UInt64(Self.pageHashes) * UInt64(Self.pageHashes)
        let bytes = try file.file.bytes(at: start * UInt64(Hash.byteCount), count: Self.pageHashes * Hash.byteCount)
        page = (first + start, bytes)
        guard index - first - start < UInt64(bytes.count / Hash.byteCount) else {
            throw LedgerError(.outOfRange, "record \(index) has no leaf hash in \(place.path(layout))")
        }
        return pick(bytes, Int(index - first - start))
    }

    private func pick(_ bytes: [UInt8], _ position: Int) -> Hash {
        Hash(Array(bytes[position * Hash.byteCount..<(position + 1) * Hash.byteCount]))!
    }
}
