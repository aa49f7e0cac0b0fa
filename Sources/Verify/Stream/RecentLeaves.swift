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
        var known: Known
    }

    /// What is remembered of a record.
    struct Known: BitwiseCopyable {
        var leaf: Hash
        var position: SourcePosition
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

    func remember(_ index: UInt64, _ leaf: Hash, _ position: SourcePosition) {
        unsafe entries[Self.place(index)] = Entry(key: index + 1, known: Known(leaf: leaf, position: position))
    }

    func find(_ index: UInt64) -> Known? {
        let entry = unsafe entries[Self.place(index)]
        return entry.key == index + 1 ? entry.known : nil
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
