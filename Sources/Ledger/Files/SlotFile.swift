import CFile

/// A file that holds one value of up to a few thousand bytes and survives every crash: two slots that are written in
/// turn, each with a sequence number and a CRC, so that a torn write leaves the slot before it.
///
///     slot     0   magic, 8 bytes
///              8   sequence number, from 1
///              16  length of the value
///              24  the value
///              …   CRC-32C of all before it, 4 bytes
///
/// Numbers are little-endian.
struct SlotFile: ~Copyable {
    /// Bytes before the value.
    private static let prefix = 24
    private static let checksumSize = 4

    private let file: any File
    private let magic: UInt64
    private let slotSize: Int
    private var sequence: UInt64
    /// The value last stored, nil if there is none that is whole.
    private(set) var value: [UInt8]?

    /// Opens the file at `path`, or makes a new one. `magic` tells its kind; a slot has `slotSize` bytes.
    init(_ path: String, magic: UInt64, slotSize: Int, _ system: any FileSystem) throws(FileError) {
        let file = try system.open(path, .updateOrCreate)
        let newest = try Self.newest(in: file, magic: magic, slotSize: slotSize)
        self.file = file
        self.magic = magic
        self.slotSize = slotSize
        sequence = newest?.sequence ?? 0
        value = newest?.value
    }

    /// The newer of the two slots in `file` that is whole, nil if neither is.
    static func newest(
        in file: any File, magic: UInt64, slotSize: Int
    ) throws(FileError) -> (sequence: UInt64, value: [UInt8])? {
        let bytes = try file.contents(limit: 2 * slotSize)
        var newest: (sequence: UInt64, value: [UInt8])?
        for slot in 0..<2 where bytes.count > slot * slotSize {
            let end = min(bytes.count, (slot + 1) * slotSize)
            guard let found = decode(bytes[slot * slotSize..<end], magic), found.sequence > newest?.sequence ?? 0 else {
                continue
            }
            newest = found
        }
        return newest
    }

    /// Stores a new value, durably.
    mutating func store(_ new: [UInt8]) throws(FileError) {
        precondition(Self.prefix + new.count + Self.checksumSize <= slotSize)
        let next = sequence + 1
        try file.write(encode(next, new), at: next % 2 * UInt64(slotSize))
        try file.sync()
        (sequence, value) = (next, new)
    }

    private func encode(_ sequence: UInt64, _ value: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.prefix + value.count + Self.checksumSize)
        for number in [magic, sequence, UInt64(value.count)] { bytes.append(littleEndian: number) }
        bytes += value
        let checksum = unsafe waxwing_crc32c(0, bytes, bytes.count)
        bytes.append(littleEndian: checksum)
        return bytes
    }

    private static func decode(
        _ slot: ArraySlice<UInt8>, _ magic: UInt64
    ) -> (sequence: UInt64, value: [UInt8])? {
        guard slot.count >= prefix + checksumSize, slot.littleEndian(at: 0, as: UInt64.self) == magic else {
            return nil
        }
        let length = slot.littleEndian(at: 16, as: UInt64.self)
        guard length <= UInt64(slot.count - prefix - checksumSize) else { return nil }
        let body = Array(slot.prefix(prefix + Int(length)))
        let checksum = unsafe waxwing_crc32c(0, body, body.count)
        guard slot.littleEndian(at: body.count, as: UInt32.self) == checksum else { return nil }
        return (slot.littleEndian(at: 8, as: UInt64.self), Array(body[prefix...]))
    }
}

// MARK: - Numbers in files

extension [UInt8] {
    /// Appends the bytes of `number`, lowest first.
    mutating func append(littleEndian number: some FixedWidthInteger & UnsignedInteger) {
        for shift in stride(from: 0, to: number.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
}

extension ArraySlice<UInt8> {
    /// The number whose lowest byte is the one at `offset` from the slice's start.
    func littleEndian<Number: FixedWidthInteger & UnsignedInteger>(at offset: Int, as: Number.Type) -> Number {
        let first = startIndex + offset
        return self[first..<first + Number.bitWidth / 8].reversed().reduce(0) { $0 << 8 | Number($1) }
    }
}
