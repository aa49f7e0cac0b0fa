internal import Glibc
internal import Seal
internal import TransparencyLog

/// What tells copies of a seal apart beyond its leaf: a seal's signature element is no part of it. The values mean
/// something within one process only, which nobody outside can foresee.
struct SealMark: BitwiseCopyable, Equatable {
    /// Of the signed root.
    var root = 0
    /// Of all the seal says.
    var whole = 0

    /// The mark of a record that is no seal.
    static let none = SealMark()

    private init() {}

    init(_ seal: SealRecord) {
        root = seal.root.hashValue
        whole = seal.hashValue
    }
}

/// What is remembered of a verified record.
struct KnownLeaf: BitwiseCopyable {
    var leaf: Hash
    var position: SourcePosition
    var seal: SealMark
}

/// The leaf hashes of the records verified last, to tell a duplicate from a conflict without keeping all of them.
///
/// A direct-mapped cache: a relay that sends again what may not have arrived repeats records it sent just before. What
/// it forgets goes to a ``LeafSpool`` if there is one.
@safe
final class RecentLeaves {
    /// Records remembered. A power of two.
    static let capacity = 1 << 16

    struct Entry: BitwiseCopyable {
        /// The index and one, so that zeros are an empty entry: a short export then never touches most of the memory.
        var key: UInt64
        var known: KnownLeaf
    }

    private let entries: UnsafeMutablePointer<Entry>
    private let spool: LeafSpool?

    init(spool: LeafSpool? = nil) {
        self.spool = spool
        guard let memory = unsafe calloc(Self.capacity, MemoryLayout<Entry>.stride) else { fatalError("out of memory") }
        unsafe entries = memory.bindMemory(to: Entry.self, capacity: Self.capacity)
    }

    deinit {
        unsafe free(entries)
    }

    @inline(__always)
    private static func place(_ index: UInt64) -> Int { Int(truncatingIfNeeded: index) & (capacity - 1) }

    func remember(_ index: UInt64, _ leaf: Hash, _ position: SourcePosition) {
        let place = Self.place(index)
        if let spool, unsafe entries[place].key != 0, unsafe entries[place].key != index + 1 {
            unsafe spool.keep(entries[place])
        }
        unsafe entries[place] = Entry(
            key: index + 1, known: KnownLeaf(leaf: leaf, position: position, seal: .none))
    }

    /// Adds what `seal` says to what is remembered of its leaf.
    func mark(_ seal: SealRecord) {
        let place = Self.place(seal.index)
        guard unsafe entries[place].key == seal.index + 1 else { return }
        unsafe entries[place].known.seal = SealMark(seal)
    }

    func find(_ index: UInt64) -> KnownLeaf? {
        let entry = unsafe entries[Self.place(index)]
        return entry.key == index + 1 ? entry.known : spool?.find(index)
    }
}
