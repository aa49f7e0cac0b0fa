internal import TransparencyLog

/// A record that was read and is not verified yet: its leaf hash, where it stands, and where its bytes are kept.
struct PendingRecord: BitwiseCopyable {
    var leaf: Hash
    var position: SourcePosition
    /// The record's bytes in the ``LeafStore``, or ``LeafStore/none``.
    var text: UInt64
}

/// Pending records by index, 56 bytes each: an open-addressing table with linear probing.
///
/// Indexes come from whoever wrote the export, so the hash is multiplication by a random odd number: nobody can choose
/// indexes that collide.
@safe
struct RecordTable: ~Copyable {
    private struct Slot: BitwiseCopyable {
        var index: UInt64
        var record: PendingRecord
    }

    /// No index is this large (CompactRange.sizeLimit).
    private static let empty = UInt64.max
    private static let initialBits = 6

    private var slots: UnsafeMutablePointer<Slot>
    private var bits = Self.initialBits
    private let multiplier = UInt64.random(in: 0 ... .max) | 1
    private(set) var count = 0

    init() {
        unsafe slots = Self.allocate(bits: Self.initialBits)
    }

    deinit {
        unsafe slots.deallocate()
    }

    func find(_ index: UInt64) -> PendingRecord? {
        guard count > 0 else { return nil }
        let slot = place(of: index)
        return unsafe slots[slot].index == index ? slots[slot].record : nil
    }

    /// Adds or replaces the record at `index`.
    mutating func set(_ index: UInt64, _ record: PendingRecord) {
        if count &+ 1 > (1 << bits) / 4 * 3 { resize(to: bits + 1) }
        let slot = place(of: index)
        if unsafe slots[slot].index != index { count += 1 }
        unsafe slots[slot] = Slot(index: index, record: record)
    }

    /// Removes and returns the record at `index`.
    @discardableResult
    mutating func remove(_ index: UInt64) -> PendingRecord? {
        guard count > 0 else { return nil }
        var hole = place(of: index)
        guard unsafe slots[hole].index == index else { return nil }
        let removed = unsafe slots[hole].record
        count -= 1
        // Close the gap, so that a search that stops at an empty slot has seen all it should.
        let mask = 1 << bits &- 1
        var next = (hole &+ 1) & mask
        while unsafe slots[next].index != Self.empty {
            let home = unsafe home(of: slots[next].index)
            if (next &- home) & mask >= (next &- hole) & mask {
                unsafe slots[hole] = slots[next]
                hole = next
            }
            next = (next &+ 1) & mask
        }
        unsafe slots[hole].index = Self.empty
        if count == 0, bits > 16 { shrink() }
        return removed
    }

    /// Places for records, full and empty.
    var slotCount: Int { 1 << bits }

    /// All indexes, in no order.
    var indexes: [UInt64] {
        var indexes: [UInt64] = []
        indexes.reserveCapacity(count)
        for slot in 0..<1 << bits where unsafe slots[slot].index != Self.empty {
            unsafe indexes.append(slots[slot].index)
        }
        return indexes
    }

    // MARK: - Slots

    @inline(__always)
    private func home(of index: UInt64) -> Int {
        Int(truncatingIfNeeded: (index &* multiplier) >> UInt64(64 &- bits))
    }

    /// The slot that has `index`, or the empty one it would go to.
    @inline(__always)
    private func place(of index: UInt64) -> Int {
        let mask = 1 << bits &- 1
        var slot = home(of: index)
        // There always is an empty slot, and every slot number is within the mask.
        while unsafe slots[slot].index != index && slots[slot].index != Self.empty { slot = (slot &+ 1) & mask }
        return slot
    }

    private mutating func resize(to bits: Int) {
        let (old, oldCount) = unsafe (slots, 1 << self.bits)
        unsafe slots = Self.allocate(bits: bits)
        self.bits = bits
        for slot in 0..<oldCount where unsafe old[slot].index != Self.empty {
            unsafe slots[place(of: old[slot].index)] = old[slot]
        }
        unsafe old.deallocate()
    }

    private mutating func shrink() {
        unsafe slots.deallocate()
        bits = Self.initialBits
        unsafe slots = Self.allocate(bits: bits)
    }

    private static func allocate(bits: Int) -> UnsafeMutablePointer<Slot> {
        let slots = UnsafeMutablePointer<Slot>.allocate(capacity: 1 << bits)
        let record = PendingRecord(leaf: Hash(), position: SourcePosition(file: 0, number: 0), text: LeafStore.none)
        unsafe slots.initialize(repeating: Slot(index: empty, record: record), count: 1 << bits)
        return unsafe slots
    }
}
