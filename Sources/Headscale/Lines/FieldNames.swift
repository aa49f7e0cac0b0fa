/// Finds the field that a name stands for: one hash, one comparison. Built once, then only read.
struct FieldNames: Sendable {
    /// A name that was found: its field, and how far in front it stands among the field's names (0 for the first).
    struct Found: Equatable {
        let field: Field
        let rank: UInt8
    }

    private struct Slot {
        /// The first eight bytes, and the last eight of a longer name.
        var head: UInt64 = 0
        var tail: UInt64 = 0
        var length: UInt8 = 0
        var found = Found(field: .message, rank: 0)
    }

    /// A power of two, with room enough that names seldom collide, and small enough for a core's first cache.
    private static let slotCount = 256

    private var slots = [Slot](repeating: Slot(), count: slotCount)
    /// The names, by slot.
    private var names = [StaticString](repeating: "", count: slotCount)

    init() {
        for field in Field.allCases {
            for (rank, name) in field.names.enumerated() {
                let bytes = unsafe RawSpan(_unsafeStart: name.utf8Start, byteCount: name.utf8CodeUnitCount)
                let head = Self.head(bytes, 0..<bytes.byteCount)
                var slot = Self.slot(head, bytes.byteCount)
                while slots[slot].length > 0 { slot = (slot + 1) % Self.slotCount }
                slots[slot] = Slot(
                    head: head, tail: bytes.byteCount > 8 ? bytes.eightBytes(bytes.byteCount - 8) : 0,
                    length: UInt8(bytes.byteCount), found: Found(field: field, rank: UInt8(rank)))
                names[slot] = name
            }
        }
    }

    /// The field that the name in `range` stands for, if it is one of those.
    @inline(__always)
    func find(_ bytes: RawSpan, _ range: Range<Int>) -> Found? {
        guard !range.isEmpty, range.count <= 32 else { return nil }
        let head = Self.head(bytes, range)
        var index = Self.slot(head, range.count)
        while true {
            let slot = slots[index]
            if slot.length == 0 { return nil }
            if slot.head == head, slot.length == range.count, hasTail(index, bytes, range) { return slot.found }
            index = (index + 1) % Self.slotCount
        }
    }

    /// Whether what follows the first eight bytes is that of the slot's name, too.
    @inline(__always)
    private func hasTail(_ slot: Int, _ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        if range.count <= 8 { return true }
        guard bytes.eightBytes(range.upperBound - 8) == slots[slot].tail else { return false }
        return range.count <= 16 || bytes.has(names[slot], at: range.lowerBound)
    }

    /// The first eight bytes, with zeros behind a shorter name.
    @inline(__always)
    private static func head(_ bytes: RawSpan, _ range: Range<Int>) -> UInt64 {
        if range.lowerBound + 8 <= bytes.byteCount {
            let eight = bytes.eightBytes(range.lowerBound)
            return range.count >= 8 ? eight : eight & (1 << UInt64(range.count * 8) - 1)
        }
        var head: UInt64 = 0
        for offset in 0..<min(8, range.count) {
            head |= UInt64(bytes.byte(range.lowerBound + offset)) << UInt64(offset * 8)
        }
        return head
    }

    @inline(__always)
    private static func slot(_ head: UInt64, _ length: Int) -> Int {
        Int(truncatingIfNeeded: ((head &+ UInt64(length)) &* 0x9E37_79B9_7F4A_7C15) >> 56)
    }
}
