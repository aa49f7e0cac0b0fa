public import TransparencyLog

/// Where a stream stands between two records: all a ``Sealer`` needs to go on, but for the keys.
public struct SealerState: Hashable, Sendable {
    /// Bytes of an encoded state at most.
    public static let encodedByteLimit =
        magic.count + 8 + 8 + 32 + 2 * (8 + (CompactRange.hashLimit - 1) * Hash.byteCount)

    /// The tree with all records so far.
    public internal(set) var frontier = CompactRange()
    /// The tree at the last seal, that one included.
    public internal(set) var base = CompactRange()
    /// The number of the next seal, from 1.
    public internal(set) var number: UInt64 = 1
    /// The leaf hash of the last seal, or nil if there is none.
    public internal(set) var previous: Hash?
    /// The time of the last seal; 1970 if there is none.
    public internal(set) var time = SealTime(clamping: 0)

    /// A stream without records.
    public init() {}

    /// Whether the parts fit each other, as they do in every state a sealer comes to.
    private var isConsistent: Bool {
        let isFirst = number == 1
        return number >= 1 && base.size <= frontier.size && base.size >= number - 1
            && isFirst == (base.size == 0) && isFirst == (previous == nil)
            && (base.size < frontier.size || base == frontier)
    }

    // MARK: - Storing

    private static let magic = Array("WAXSEAL1".utf8)

    /// The state in at most ``encodedByteLimit`` bytes, integers in little-endian order: a mark, the number, the time,
    /// the previous seal's leaf hash if there is one, and size and hashes of both trees.
    public func encoded() -> [UInt8] {
        var bytes = Self.magic
        func append(_ value: UInt64) {
            for shift in stride(from: 0, to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
            }
        }
        append(number)
        append(UInt64(time.milliseconds))
        if let previous { bytes += previous.bytes }
        for tree in [base, frontier] {
            append(tree.size)
            for hash in tree.hashes { bytes += hash.bytes }
        }
        return bytes
    }

    /// The state that ``encoded()`` stored. Takes any bytes and refuses all that no state is stored as.
    public init(decoding bytes: RawSpan) throws(SealError) {
        var reader = Reader(bytes)
        guard reader.takesMagic(Self.magic), let number = reader.integer(), let milliseconds = reader.integer() else {
            throw SealError(.state, "these are not the bytes of a sealer's state")
        }
        self.number = number
        time = SealTime(clamping: Int64(clamping: milliseconds))
        if number > 1 { previous = reader.hash() }
        guard let base = reader.tree(), let frontier = reader.tree(), reader.isAtEnd else {
            throw SealError(.state, "the stored state of the sealer is cut or has bytes too many")
        }
        self.base = base
        self.frontier = frontier
        guard isConsistent, UInt64(time.milliseconds) == milliseconds else {
            throw SealError(.state, "the stored state of the sealer contradicts itself")
        }
    }
}

/// Takes fixed-size values off the front of some bytes, and nil once they are used up.
private struct Reader: ~Escapable {
    private let bytes: RawSpan
    private var offset = 0

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.byteCount }

    mutating func takesMagic(_ magic: [UInt8]) -> Bool {
        guard bytes.byteCount >= magic.count, magic.indices.allSatisfy({ bytes.byte($0) == magic[$0] }) else {
            return false
        }
        offset = magic.count
        return true
    }

    mutating func integer() -> UInt64? {
        guard bytes.byteCount - offset >= 8 else { return nil }
        let value = (0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(bytes.byte(offset + $1)) }
        offset += 8
        return value
    }

    mutating func hash() -> Hash? {
        guard bytes.byteCount - offset >= Hash.byteCount else { return nil }
        let hash = Hash(bytes.extracting(offset..<offset + Hash.byteCount))
        offset += Hash.byteCount
        return hash
    }

    mutating func tree() -> CompactRange? {
        guard let size = integer() else { return nil }
        var hashes: [Hash] = []
        for _ in 0..<size.nonzeroBitCount {
            guard let hash = hash() else { return nil }
            hashes.append(hash)
        }
        return CompactRange(size: size, hashes: hashes)
    }
}
