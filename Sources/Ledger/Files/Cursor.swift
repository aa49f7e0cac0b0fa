/// How far a destination has got, kept on disk so that a restart goes on from there (``SlotFile``). A cursor that is
/// older than the truth costs duplicates, never a loss.
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

    private static let slotSize = 512
    private static let magic: UInt64 = 0x3252_4F53_5255_4358  // "XCURSOR2"

    private var slots: SlotFile
    /// The value last stored, nil for a new cursor.
    public private(set) var value: Value?

    /// Opens the cursor at `path`, or makes a new one.
    public init(_ path: String, _ system: any FileSystem = DiskFileSystem()) throws(FileError) {
        slots = try SlotFile(path, magic: Self.magic, slotSize: Self.slotSize, system)
        value = slots.value.flatMap(Self.decode)
    }

    /// The value of the cursor at `path`, which somebody else may be storing; nil if there is none.
    public static func read(
        _ path: String, _ system: any FileSystem = DiskFileSystem()
    ) throws(FileError) -> Value? {
        guard system.exists(path) else { return nil }
        let file = try system.open(path, .read)
        return try SlotFile.newest(in: file, magic: magic, slotSize: slotSize).flatMap { decode($0.value) }
    }

    /// Stores a new value, durably.
    public mutating func store(_ new: Value) throws(FileError) {
        guard new != value else { return }
        var bytes: [UInt8] = []
        bytes.append(littleEndian: new.nextIndex)
        bytes.append(littleEndian: new.detail)
        try slots.store(bytes)
        value = new
    }

    private static func decode(_ bytes: [UInt8]) -> Value? {
        guard bytes.count == 16 else { return nil }
        return Value(
            nextIndex: bytes[...].littleEndian(at: 0, as: UInt64.self),
            detail: bytes[...].littleEndian(at: 8, as: UInt64.self))
    }
}
