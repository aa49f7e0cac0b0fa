import CFile

/// How far a destination has got, kept on disk so that a restart goes on from there.
///
/// The file has two slots that are written in turn, each with a sequence number and a CRC, so that a torn write leaves
/// the slot before it. A cursor that is older than the truth costs duplicates, never a loss.
public struct CursorFile: ~Copyable {
    /// What is kept.
    public struct Value: Equatable, Sendable {
        /// Index of the first record that the destination may not have.
        public var nextIndex: UInt64
        /// A number that is the destination's own (the file destination: length of its current file).
        public var detail: UInt64

        public init(nextIndex: UInt64, detail: UInt64 = 0) {
            self.nextIndex = nextIndex
            self.detail = detail
        }
    }

    private static let slotSize = 40
    private static let slotDistance: UInt64 = 512
    private static let magic: UInt64 = 0x3152_4F53_5255_4358  // "XCURSOR1"

    private let file: any File
    private var sequence: UInt64
    /// The value last stored, nil for a new cursor.
    public private(set) var value: Value?

    /// Opens the cursor at `path`, or makes a new one.
    public init(_ path: String, _ system: any FileSystem = DiskFileSystem()) throws(FileError) {
        let file = try system.open(path, .updateOrCreate)
        let newest = Self.newest(try file.contents(limit: 2 * Int(Self.slotDistance)))
        self.file = file
        sequence = newest.sequence
        value = newest.value
    }

    /// The value of the cursor at `path`, which somebody else may be storing; nil if there is none.
    public static func read(
        _ path: String, _ system: any FileSystem = DiskFileSystem()
    ) throws(FileError) -> Value? {
        guard system.exists(path) else { return nil }
        return newest(try system.open(path, .read).contents(limit: 2 * Int(slotDistance))).value
    }

    /// The newer of the two slots in `bytes`.
    private static func newest(_ bytes: [UInt8]) -> (sequence: UInt64, value: Value?) {
        var (sequence, value): (UInt64, Value?) = (0, nil)
        for slot in 0..<2 {
            let start = slot * Int(slotDistance)
            guard bytes.count >= start + slotSize, let (number, found) = decode(bytes[start...]), number > sequence
            else { continue }
            (sequence, value) = (number, found)
        }
        return (sequence, value)
    }

    /// Stores a new value, durably.
    public mutating func store(_ new: Value) throws(FileError) {
        guard new != value else { return }
        let next = sequence + 1
        try file.write(Self.encode(next, new), at: next % 2 * Self.slotDistance)
        try file.sync()
        (sequence, value) = (next, new)
    }

    private static func encode(_ sequence: UInt64, _ value: Value) -> [UInt8] {
        var bytes: [UInt8] = []
        for number in [magic, sequence, value.nextIndex, value.detail] {
            for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
        }
        let checksum = UInt64(unsafe waxwing_crc32c(0, bytes, bytes.count))
        for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: checksum >> shift)) }
        return bytes
    }

    private static func decode(_ slot: ArraySlice<UInt8>) -> (sequence: UInt64, value: Value)? {
        let numbers = (0..<5).map { field in
            (0..<8).reduce(UInt64(0)) { $0 | UInt64(slot[slot.startIndex + field * 8 + $1]) << (8 * UInt64($1)) }
        }
        let body = Array(slot.prefix(slotSize - 8))
        guard numbers[0] == magic, numbers[4] == UInt64(unsafe waxwing_crc32c(0, body, body.count)) else { return nil }
        return (numbers[1], Value(nextIndex: numbers[2], detail: numbers[3]))
    }
}
