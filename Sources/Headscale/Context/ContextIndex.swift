internal import CScan

/// A hash table from something to its place in the memory of a ``ContextTable``, which holds the thing itself.
///
/// Open addressing with twice to four times as many slots as things, eight octets each: those of some thousand nodes stay
/// in a core's own cache, and what is not there is told without looking anywhere else.
struct ContextIndex {
    private struct Slot: BitwiseCopyable {
        /// The half of the hash that does not say which slot.
        var tag: UInt32 = 0
        var place = ContextIndex.none
    }

    private static let none = UInt32.max

    private var slots: [Slot]

    /// An empty index for as many as `count` things.
    init(count: Int) {
        var size = 2
        while size < count * 2 { size *= 2 }
        slots = [Slot](repeating: Slot(), count: size)
    }

    /// Notes that what has this hash is at `place`, unless something that `isSame` has a place already.
    mutating func insert(_ hash: UInt64, at place: UInt32, isSame: (UInt32) -> Bool) {
        guard find(hash, where: isSame) == nil else { return }
        var slot = first(hash)
        while slots[slot].place != Self.none { slot = next(slot) }
        slots[slot] = Slot(tag: UInt32(truncatingIfNeeded: hash), place: place)
    }

    /// The place of what has this hash and `isIt`.
    @inline(__always)
    func find(_ hash: UInt64, where isIt: (UInt32) -> Bool) -> UInt32? {
        var slot = first(hash)
        while slots[slot].place != Self.none {
            if slots[slot].tag == UInt32(truncatingIfNeeded: hash), isIt(slots[slot].place) { return slots[slot].place }
            slot = next(slot)
        }
        return nil
    }

    /// Asks the memory for the slot at which ``find(_:where:)`` begins.
    @inline(__always)
    func prefetch(_ hash: UInt64) {
        unsafe slots.withUnsafeBufferPointer { unsafe cscan_prefetch($0.baseAddress! + first(hash), 1) }
    }

    @inline(__always)
    private func first(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> 32) & (slots.count - 1) }

    @inline(__always)
    private func next(_ slot: Int) -> Int { (slot + 1) & (slots.count - 1) }
}
