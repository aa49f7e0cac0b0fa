import CFile

// The layout of a segment file. All numbers are little-endian.
//
//   segment  = header (8,192 bytes), block, block, …
//   block    = header (32 bytes), payload
//   payload  = record, record, …            each "LENGTH SP LINE" (octet counting, RFC 6587 §3.4.1)
//
// A payload is what a syslog-TLS collector gets: a reader sends it on as it stands. A block is what was written at one
// go; it is guarded by one CRC-32C and never crosses the end of a sealed batch.

/// The header of a block.
public struct BlockHeader: Equatable, Sendable {
    public static let size = 32
    /// The longest payload: a batch of ordinary size, or a few records of the greatest length.
    public static let payloadLimit = 512 << 10

    /// Index of the first record.
    public var firstIndex: UInt64
    /// Number of records; at least 1.
    public var recordCount: Int
    /// Bytes of the payload.
    public var payloadLength: Int
    /// Whether the last record is a seal, so that a whole batch ends here.
    public var endsBatch: Bool
    /// When the block was written, in milliseconds since 1970.
    public var writtenAt: UInt64

    /// Index of the first record of the next block.
    public var nextIndex: UInt64 { firstIndex + UInt64(recordCount) }

    private static let magic: UInt32 = 0x3142_5857  // "WXB1"
    /// The byte that every block begins with.
    static let firstByte = Int32(magic & 0xFF)
    private static let endsBatchBit: UInt32 = 1 << 31

    public init(firstIndex: UInt64, recordCount: Int, payloadLength: Int, endsBatch: Bool, writtenAt: UInt64) {
        self.firstIndex = firstIndex
        self.recordCount = recordCount
        self.payloadLength = payloadLength
        self.endsBatch = endsBatch
        self.writtenAt = writtenAt
    }

    /// Writes the header before the payload that follows it in memory: `block` is both.
    func write(to block: UnsafeMutableRawBufferPointer) {
        assert(block.count == Self.size + payloadLength)
        unsafe block.storeBytes(of: Self.magic.littleEndian, toByteOffset: 0, as: UInt32.self)
        unsafe block.storeBytes(of: UInt32(payloadLength).littleEndian, toByteOffset: 8, as: UInt32.self)
        let count = UInt32(recordCount) | (endsBatch ? Self.endsBatchBit : 0)
        unsafe block.storeBytes(of: count.littleEndian, toByteOffset: 12, as: UInt32.self)
        unsafe block.storeBytes(of: firstIndex.littleEndian, toByteOffset: 16, as: UInt64.self)
        unsafe block.storeBytes(of: writtenAt.littleEndian, toByteOffset: 24, as: UInt64.self)
        let checksum = unsafe Self.checksum(UnsafeRawBufferPointer(block))
        unsafe block.storeBytes(of: checksum.littleEndian, toByteOffset: 4, as: UInt32.self)
    }

    /// Reads a header; nil where there is none, or one that cannot be.
    init?(_ bytes: UnsafeRawBufferPointer) {
        func word(_ offset: Int) -> UInt32 {
            UInt32(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        func long(_ offset: Int) -> UInt64 {
            UInt64(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        guard bytes.count >= Self.size, word(0) == Self.magic else { return nil }
        payloadLength = Int(word(8))
        recordCount = Int(word(12) & ~Self.endsBatchBit)
        endsBatch = word(12) & Self.endsBatchBit != 0
        firstIndex = long(16)
        writtenAt = long(24)
        guard payloadLength <= Self.payloadLimit, recordCount > 0, recordCount <= payloadLength,
            firstIndex < UInt64.max - UInt64(recordCount)
        else { return nil }
    }

    /// Whether the CRC over the header's fields and the payload is the one the header holds.
    static func isIntact(_ block: UnsafeRawBufferPointer) -> Bool {
        let stored = UInt32(littleEndian: unsafe block.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        return unsafe stored == checksum(block)
    }

    private static func checksum(_ block: UnsafeRawBufferPointer) -> UInt32 {
        unsafe waxwing_crc32c(0, block.baseAddress! + 8, block.count - 8)
    }
}

/// Walks the records of a payload.
public struct RecordWalk {
    /// Offset of the next record's first digit.
    public private(set) var position = 0

    public init() {}

    /// The next record's line as a range of `payload`, or nil at the end or at anything that is not a counted record.
    @inlinable
    public mutating func next(_ payload: UnsafeRawBufferPointer) -> Range<Int>? {
        var length = 0
        var cursor = position
        while cursor < payload.count {
            let byte = unsafe payload[cursor]
            cursor &+= 1
            if byte == 0x20 { break }
            guard byte >= 0x30, byte <= 0x39, length < 1 << 20 else { return nil }
            length = length &* 10 &+ Int(byte &- 0x30)
        }
        guard length > 0, length <= payload.count &- cursor else { return nil }
        setPosition(cursor &+ length)
        return cursor..<(cursor &+ length)
    }

    /// Where the lines of a payload are.
    static func lines(of payload: ArraySlice<UInt8>) -> [Range<Int>] {
        unsafe payload.withUnsafeBytes { payload in
            var lines: [Range<Int>] = []
            var walk = RecordWalk()
            while let line = unsafe walk.next(payload) { lines.append(line) }
            return lines
        }
    }

    @usableFromInline mutating func setPosition(_ new: Int) { position = new }
}
