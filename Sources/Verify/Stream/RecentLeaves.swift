internal import Glibc
internal import TransparencyLog

/// The leaf hashes of the records verified last, to tell a duplicate from a conflict without keeping all of them.
///
/// A direct-mapped cache: a relay that sends again what may not have arrived repeats records it sent just before.
@safe
final class RecentLeaves {
    /// Records remembered. A power of two.
    static let capacity = 1 << 16

    private struct Entry: BitwiseCopyable {
        /// The index and one, so that zeros are an empty entry: a short export then never touches most of the memory.
        var key: UInt64
        var leaf: Hash
    }

    private let entries: UnsafeMutablePointer<Entry>

    init() {
        guard let memory = unsafe calloc(Self.capacity, MemoryLayout<Entry>.stride) else { fatalError("out of memory") }
        unsafe entries = memory.bindMemory(to: Entry.self, capacity: Self.capacity)
    }

    deinit {
        unsafe free(entries)
    }

    @inline(__always)
    private static func place(_ index: UInt64) -> Int { Int(truncatingIfNeeded: index) & (capacity - 1) }

    func remember(_ index: UInt64, _ leaf: Hash) {
        unsafe entries[Self.place(index)] = Entry(key: index + 1, leaf: leaf)
    }

    func remember(from first: UInt64, _ leaves: Span<Hash>) {
        for position in leaves.indices { remember(first + UInt64(position), leaves[position]) }
    }

    func find(_ index: UInt64) -> Hash? {
        let entry = unsafe entries[Self.place(index)]
        return entry.key == index + 1 ? entry.leaf : nil
    }
}

/// The roots of the seals verified last, by seal number.
struct RecentRoots {
    private static let capacity: UInt64 = 1 << 10

    private var entries: [(size: UInt64, root: Hash)] = Array(repeating: (0, Hash()), count: Int(capacity))

    mutating func remember(_ number: UInt64, size: UInt64, _ root: Hash) {
        entries[Int(number % Self.capacity)] = (size, root)
    }

    func find(_ number: UInt64, size: UInt64) -> Hash? {
        let entry = entries[Int(number % Self.capacity)]
        return entry.size == size ? entry.root : nil
    }
}
