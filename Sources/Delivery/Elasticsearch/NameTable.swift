/// Finds what stands for a name: one hash, and as a rule one comparison. Built once, then only read.
struct NameTable<Value: Sendable>: Sendable {
    private struct Slot: Sendable {
        var head: UInt64 = 0
        var tail: UInt64 = 0
        var length = 0
        var entry = -1
    }

    private let entries: [(name: StaticString, value: Value)]
    /// A power of two, at least twice as many as there are entries, each in the first free place from its own on.
    private let slots: [Slot]

    init(_ entries: [(name: StaticString, value: Value)]) {
        var size = 2
        while size < entries.count * 2 { size *= 2 }
        var slots = [Slot](repeating: Slot(), count: size)
        for (number, entry) in entries.enumerated() {
            let name = entry.name.withUTF8Buffer { unsafe $0.map(\.self) }
            var slot = unsafe Self.key(name.span.bytes, 0..<name.count)
            slot.entry = number
            var place = Self.place(of: slot, size)
            while slots[place].entry >= 0 { place = (place + 1) & (size - 1) }
            slots[place] = slot
        }
        self.entries = entries
        self.slots = slots
    }

    /// What stands for the name in `range`.
    @inline(__always)
    func find(_ line: RawSpan, _ range: Range<Int>) -> Value? {
        let key = Self.key(line, range)
        var place = Self.place(of: key, slots.count)
        while slots[place].entry >= 0 {
            let slot = slots[place]
            if slot.head == key.head, slot.tail == key.tail, slot.length == key.length,
                range.count <= 16 || line.equals(entries[slot.entry].name, range)
            {
                return entries[slot.entry].value
            }
            place = (place + 1) & (slots.count - 1)
        }
        return nil
    }

    /// The first and, of more than eight, the last eight octets; together all of a name of up to sixteen.
    @inline(__always)
    private static func key(_ bytes: RawSpan, _ range: Range<Int>) -> Slot {
        guard range.count > 8 else { return Slot(head: bytes.word(range), length: range.count) }
        return Slot(head: bytes.word(range.prefix(8)), tail: bytes.word(range.suffix(8)), length: range.count)
    }

    @inline(__always)
    private static func place(of key: Slot, _ size: Int) -> Int {
        let mixed = (key.head ^ key.tail &* 0xFF51_AFD7_ED55_8CCD &+ UInt64(key.length)) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: mixed >> 40) & (size - 1)
    }
}
