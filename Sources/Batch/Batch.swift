public import Syslog

/// One record of a ``Batch``: where its line lies in the batch's bytes.
///
/// The line is canonical but for its identity element, which only the ledger can give: it goes in at ``split``.
/// `start..<split` is header and structured data (with no `-` when there is none, so it then ends in the space behind
/// MSGID); `split..<end` is empty, or a space and the MSG.
public struct Record: BitwiseCopyable, Sendable, Equatable {
    /// Offset of the line's first byte in the batch.
    public var start: UInt32
    /// Offset at which the identity element is to be inserted.
    public var split: UInt32
    /// Offset one past the line's last byte.
    public var end: UInt32
    /// Octets the sender's frame had before it was cut, or 0 for a record that is whole.
    public var originalLength: UInt32
    /// The relays that have the record in their streams, this one included: 1, or more for a record that a trusted
    /// relay sent with its identity.
    public var relay: UInt32
    /// Where the header's fields stand in the line; nothing for one that was not an encoder's, or was rewritten.
    public var places: HeadPlaces

    public init(
        start: Int, split: Int, end: Int, originalLength: Int = 0, relay: UInt32 = 1, places: HeadPlaces = HeadPlaces()
    ) {
        precondition(start <= split && split <= end)
        self.start = UInt32(start)
        self.split = UInt32(split)
        self.end = UInt32(end)
        self.originalLength = UInt32(clamping: originalLength)
        self.relay = relay
        self.places = places
    }

    @inlinable public var line: Range<Int> { Int(start)..<Int(end) }
    @inlinable public var head: Range<Int> { Int(start)..<Int(split) }
    @inlinable public var tail: Range<Int> { Int(split)..<Int(end) }
}

/// The unit of work of the data plane: some records and the bytes they lie in, owned by one stage at a time.
///
/// A stage is a function `(inout Batch) -> Void` that does no I/O and allocates nothing. Lines are separated by LF, so
/// that a scanner can run over all of ``bytes`` at once. Memory is taken at creation and again at most once for each
/// doubling that redaction needs; a batch is emptied and used again.
@safe
public struct Batch: ~Copyable, Sendable {
    /// The longest line a batch takes, identity element included (the canonical record's limit).
    public static let lineLimit = CanonicalEncoder.lineLimitMax

    nonisolated(unsafe) private var storage: UnsafeMutableRawPointer
    nonisolated(unsafe) private var table: UnsafeMutablePointer<Record>
    /// Records that there is room for.
    public let recordCapacity: Int
    private var byteCapacity: Int
    /// Bytes in use.
    public private(set) var byteCount = 0
    /// Records in use.
    public private(set) var recordCount = 0

    /// A batch that is full at about `byteCapacity` bytes or `recordCapacity` records, whichever comes first.
    public init(byteCapacity: Int = 256 << 10, recordCapacity: Int = 2048) {
        precondition(byteCapacity >= 2 * Self.lineLimit && recordCapacity > 0)
        self.byteCapacity = byteCapacity
        self.recordCapacity = recordCapacity
        unsafe storage = .allocate(byteCount: byteCapacity, alignment: 64)
        unsafe table = .allocate(capacity: recordCapacity)
    }

    deinit {
        unsafe storage.deallocate()
        unsafe table.deallocate()
    }

    public var isEmpty: Bool { recordCount == 0 }

    /// Whether there is no longer room for one more record of any length.
    public var isFull: Bool { recordCount == recordCapacity || byteCapacity - byteCount <= Self.lineLimit }

    /// All bytes: the lines, each followed by LF, and whatever a rewrite left behind.
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        borrowing get {
            let span = unsafe RawSpan(_unsafeStart: storage, byteCount: byteCount)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The records, in the order in which they arrived.
    public subscript(index: Int) -> Record {
        get {
            precondition(index >= 0 && index < recordCount)
            return unsafe table[index]
        }
    }

    /// Appends one record. `write` writes its line and returns where the identity goes, counted from the line's first
    /// byte, and the octets the frame had if it was cut (0 if it is whole). Not to be called on a full batch.
    /// `relay` is ``Record/relay``.
    @inlinable
    public mutating func append(
        relay: UInt32 = 1, _ write: (inout ByteWriter) -> (split: Int, originalLength: Int)
    ) {
        precondition(!isFull)
        var writer = freeSpace()
        let (split, originalLength) = write(&writer)
        precondition(!writer.overflowed, "the encoder keeps lines within Batch.lineLimit")
        commit(length: writer.count, split: split, originalLength: originalLength, relay: relay)
    }

    /// The same for a line of an encoder's.
    @inlinable
    public mutating func append(relay: UInt32 = 1, _ write: (inout ByteWriter) -> EncodedRecord) {
        precondition(!isFull)
        var writer = freeSpace()
        let record = write(&writer)
        precondition(!writer.overflowed, "the encoder keeps lines within Batch.lineLimit")
        commit(
            length: writer.count, split: record.split, originalLength: record.originalLength, relay: relay,
            places: record.head)
    }

    /// Gives record `index` a new line, written by `write`, which returns where the identity goes, and whether nothing
    /// of the old line had to be cut off: else the record says from now on how long it was.
    /// The old bytes stay behind, unused, until the batch is emptied.
    @inlinable
    public mutating func rewrite(
        _ index: Int, _ write: (RawSpan, Record, inout ByteWriter) -> (split: Int, isWhole: Bool)
    ) {
        grow(by: Batch.lineLimit + 1)
        var writer = freeSpace()
        let old = self[index]
        let (split, isWhole) = write(bytes, old, &writer)
        precondition(!writer.overflowed, "a rewritten line stays within Batch.lineLimit")
        replace(index, length: writer.count, split: split, isWhole: isWhole)
    }

    /// Appends record `index` of `other` with a new line, which `write` writes as in ``rewrite(_:_:)``; what else the record
    /// says goes with it. There must be room for one record more.
    @inlinable
    public mutating func append(
        _ index: Int, of other: borrowing Batch,
        _ write: (RawSpan, Record, inout ByteWriter) -> (split: Int, isWhole: Bool)
    ) {
        precondition(recordCount < recordCapacity)
        grow(by: Batch.lineLimit + 1)
        var writer = freeSpace()
        let old = other[index]
        let (split, isWhole) = write(other.bytes, old, &writer)
        precondition(!writer.overflowed, "a rewritten line stays within Batch.lineLimit")
        let originalLength = isWhole || old.originalLength > 0 ? Int(old.originalLength) : old.line.count
        commit(
            length: writer.count, split: split, originalLength: originalLength, relay: old.relay,
            places: old.places)
    }

    /// Appends record `index` of `other` as it is. There must be room for one record more.
    public mutating func append(_ index: Int, of other: borrowing Batch) {
        append(index, of: other) { bytes, record, out in
            out.append(bytes, record.line)
            return (record.head.count, true)
        }
    }

    /// Forgets all records; the memory stays.
    public mutating func removeAll() {
        byteCount = 0
        recordCount = 0
    }

    @usableFromInline
    func freeSpace() -> ByteWriter {
        unsafe ByteWriter(unsafeOver: storage + byteCount, capacity: min(Self.lineLimit, byteCapacity - byteCount - 1))
    }

    @usableFromInline
    mutating func commit(
        length: Int, split: Int, originalLength: Int, relay: UInt32, places: HeadPlaces = HeadPlaces()
    ) {
        unsafe table[recordCount] = Record(
            start: byteCount, split: byteCount + split, end: byteCount + length, originalLength: originalLength,
            relay: relay, places: places)
        recordCount += 1
        closeLine(length)
    }

    @usableFromInline
    mutating func replace(_ index: Int, length: Int, split: Int, isWhole: Bool) {
        let old = self[index]
        let originalLength = isWhole || old.originalLength > 0 ? Int(old.originalLength) : old.line.count
        unsafe table[index] = Record(
            start: byteCount, split: byteCount + split, end: byteCount + length, originalLength: originalLength,
            relay: old.relay)
        closeLine(length)
    }

    private mutating func closeLine(_ length: Int) {
        unsafe storage.storeBytes(of: 0x0A, toByteOffset: byteCount + length, as: UInt8.self)
        byteCount += length + 1
    }

    @usableFromInline
    mutating func grow(by needed: Int) {
        guard byteCapacity - byteCount < needed else { return }
        let larger = byteCapacity * 2
        let new = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 64)
        unsafe new.copyMemory(from: storage, byteCount: byteCount)
        unsafe storage.deallocate()
        unsafe storage = unsafe new
        byteCapacity = larger
    }
}
