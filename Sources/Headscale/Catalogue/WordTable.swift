/// Finds words: one hash, and as a rule one comparison. Built once, then only read.
struct WordTable: Sendable {
    private struct Slot {
        var word: StaticString = ""
        var head: UInt64 = 0
        var value = 0
    }

    /// A power of two, with room enough that words seldom collide.
    private static let slotCount = 512
    /// Letters of the longest word.
    private static let lengthLimit = 16

    private var slots = [Slot](repeating: Slot(), count: slotCount)

    /// A table of words of 2 to 16 lower-case letters, a few hundred at most, and what stands for each.
    init(_ words: [(word: StaticString, value: Int)]) {
        precondition(words.count < Self.slotCount / 2)
        for (word, value) in words {
            let bytes = FixedText(word).bytes
            let head = Self.head(bytes, 0..<bytes.byteCount)
            var index = Self.index(head, bytes.byteCount)
            while slots[index].word.utf8CodeUnitCount > 0 { index = (index + 1) % Self.slotCount }
            slots[index] = Slot(word: word, head: head, value: value)
        }
    }

    /// What stands for the word in `range`, whatever the case of its letters; nil if it is none of the table.
    @inline(__always)
    func value(_ text: RawSpan, _ range: Range<Int>) -> Int? {
        guard range.count >= 2, range.count <= Self.lengthLimit else { return nil }
        let head = Self.head(text, range)
        var index = Self.index(head, range.count)
        while slots[index].word.utf8CodeUnitCount > 0 {
            if slots[index].head == head, text.isWord(slots[index].word, range) { return slots[index].value }
            index = (index + 1) % Self.slotCount
        }
        return nil
    }

    /// The first eight letters, in lower case.
    @inline(__always)
    private static func head(_ text: RawSpan, _ range: Range<Int>) -> UInt64 {
        var head: UInt64 = 0
        for at in range.prefix(8) { head = head << 8 | UInt64(text.byte(at) | 0x20) }
        return head
    }

    @inline(__always)
    private static func index(_ head: UInt64, _ length: Int) -> Int {
        Int(truncatingIfNeeded: ((head &+ UInt64(length)) &* 0x9E37_79B9_7F4A_7C15) >> 55)
    }
}
