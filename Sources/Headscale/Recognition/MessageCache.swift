/// What the last messages were found to be: a log says the same few things again and again, and comparing a message with
/// the one before costs less than looking it up.
///
/// Only whole messages of a moderate length are kept, each in the place that its bytes decide.
struct MessageCache: ~Copyable {
    static let slotCount = 1024
    /// Octets of the longest message that is kept.
    static let lengthLimit = 64

    /// What is known of a message.
    enum Result: BitwiseCopyable {
        case match(CatalogueMatch)
        /// The catalogue does not have it; what its level and its words tell.
        case unmatched(Meaning)
    }

    /// A message at a level, to be compared with others.
    struct Key: BitwiseCopyable {
        fileprivate var length = -1
        fileprivate var level: UInt8 = 0
        fileprivate var hash: UInt64 = 0
        fileprivate var words = InlineArray<8, UInt64>(repeating: 0)

        fileprivate init() {}

        /// The message in `range`; nil for one that is not kept.
        @inline(__always)
        init?(_ text: RawSpan, _ range: Range<Int>, _ level: Level?) {
            guard !range.isEmpty, range.count <= MessageCache.lengthLimit, range.lowerBound >= 8 else { return nil }
            length = range.count
            self.level = level.map { $0.rawValue + 1 } ?? 0
            hash = UInt64(length) ^ UInt64(self.level) << 8
            var at = range.lowerBound
            var number = 0
            while at + 8 <= range.upperBound {
                add(text.eightBytes(at), number)
                at += 8
                number += 1
            }
            // The rest, read together with what stands in front of it.
            let rest = range.upperBound - at
            if rest > 0 { add(text.eightBytes(range.upperBound - 8) >> UInt64(64 - 8 * rest), number) }
        }

        @inline(__always)
        private mutating func add(_ word: UInt64, _ number: Int) {
            words[number] = word
            hash = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
            hash ^= hash >> 32
        }

        @inline(__always)
        fileprivate func equals(_ other: borrowing Key) -> Bool {
            guard hash == other.hash, length == other.length, level == other.level else { return false }
            var number = 0
            while 8 * number < length {
                if words[number] != other.words[number] { return false }
                number += 1
            }
            return true
        }
    }

    private var keys = [Key](repeating: Key(), count: slotCount)
    private var results = [Result](repeating: .unmatched(.dumped), count: slotCount)

    /// What the message was found to be, if that is still known.
    @inline(__always)
    subscript(key: Key) -> Result? {
        let slot = Int(key.hash % UInt64(Self.slotCount))
        return keys[slot].equals(key) ? results[slot] : nil
    }

    /// Keeps what a message was found to be.
    mutating func keep(_ result: Result, of key: Key) {
        let slot = Int(key.hash % UInt64(Self.slotCount))
        keys[slot] = key
        results[slot] = result
    }
}
