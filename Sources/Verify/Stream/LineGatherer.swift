internal import OpenSSL
internal import Seal
internal import TransparencyLog

/// A record whose leaf hash is about to be known.
struct GatheredRecord: BitwiseCopyable {
    var index: UInt64
    var position: SourcePosition
    /// Its seal among ``LineGatherer/seals``, or -1.
    var seal: Int32
    /// Its note among ``LineGatherer/notes``, or -1.
    var note: Int32
    var hasIntruder: Bool
    /// Whether it is a last line without an end.
    var mayBeCut: Bool
}

/// Collects the leaves of some hundred records, so that they are hashed in one call.
@safe
struct LineGatherer: ~Copyable {
    /// Records hashed in one call at most.
    static let recordLimit = 1024
    private static let byteCapacity = 1 << 20

    private let base: UnsafeMutableRawPointer
    private var byteCount = 0
    private(set) var extents: [LeafExtent] = []
    private(set) var records: [GatheredRecord] = []
    /// What the seals among the records say, or why they do not parse.
    private(set) var seals: [Result<SealRecord, SealError>] = []
    /// The notes by which keys are replaced among the records, or why they do not parse.
    private(set) var notes: [Result<RekeyNote, SealError>] = []
    private(set) var hashes: [Hash]

    init() {
        unsafe base = .allocate(byteCount: Self.byteCapacity, alignment: 64)
        hashes = Array(repeating: Hash(), count: Self.recordLimit)
        extents.reserveCapacity(Self.recordLimit)
        records.reserveCapacity(Self.recordLimit)
    }

    deinit {
        unsafe base.deallocate()
    }

    /// Whether one more record of any length might not fit.
    var isFull: Bool { records.count == Self.recordLimit || Self.byteCapacity - byteCount < ExportReader.recordLimit }

    /// The leaf bytes of all records.
    private var bytes: RawSpan {
        @_lifetime(borrow self)
        borrowing get {
            let span = unsafe RawSpan(_unsafeStart: base, byteCount: byteCount)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The leaf bytes of record `position`.
    @_lifetime(borrow self)
    func leaf(_ position: Int) -> RawSpan {
        let extent = extents[position]
        return bytes.extracting(Int(extent.offset)..<Int(extent.offset) + Int(extent.length))
    }

    /// Adds a record of `line`. Not to be called when ``isFull``.
    mutating func add(_ line: RawSpan, _ record: StreamRecord, at position: SourcePosition, mayBeCut: Bool = false) {
        precondition(!isFull && line.byteCount <= ExportReader.recordLimit)
        var seal: Int32 = -1
        if record.isSeal {
            seal = Int32(seals.count)
            do throws(SealError) {
                seals.append(.success(try SealRecord(parsing: line)))
            } catch {
                seals.append(.failure(error))
            }
        }
        let note = record.isRekey ? Int32(notes.count) : -1
        if record.isRekey {
            do throws(SealError) {
                notes.append(.success(try RekeyRecord.note(in: line)))
            } catch {
                notes.append(.failure(error))
            }
        }
        let start = byteCount
        append(line.extracting(record.head))
        append(line.extracting(record.tail))
        extents.append(LeafExtent(offset: UInt32(start), length: UInt32(byteCount - start)))
        records.append(
            GatheredRecord(
                index: record.index, position: position, seal: seal, note: note,
                hasIntruder: record.hasIntruder, mayBeCut: mayBeCut))
    }

    /// Computes ``hashes``, one for each record.
    mutating func hash(_ hasher: inout SHA256Hasher) {
        // Taken out and put back, so that it is not part of what is borrowed.
        var target = hashes
        hashes = []
        var span = target.mutableSpan
        hasher.leafHashes(of: extents.span, in: bytes, into: &span)
        hashes = target
    }

    mutating func removeAll() {
        byteCount = 0
        extents.removeAll(keepingCapacity: true)
        records.removeAll(keepingCapacity: true)
        seals.removeAll(keepingCapacity: true)
        notes.removeAll(keepingCapacity: true)
    }

    private mutating func append(_ piece: RawSpan) {
        precondition(piece.byteCount <= Self.byteCapacity - byteCount)
        // The room was just checked.
        unsafe piece.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            unsafe (base + byteCount).copyMemory(from: start, byteCount: source.count)
        }
        byteCount += piece.byteCount
    }
}
