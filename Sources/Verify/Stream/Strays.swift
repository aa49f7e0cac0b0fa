/// The records out of order with the highest indexes, with their bytes: whoever alters an index most likely makes one
/// that points past the end, and then it can be told which record it was.
struct Strays {
    struct Record {
        var index: UInt64
        var position: SourcePosition
        /// The bytes of its leaf.
        var leaf: [UInt8]
    }

    /// Records kept.
    static let limit = 16

    private(set) var all: [Record] = []
    private var lowest = 0

    @inline(__always)
    func wants(_ index: UInt64) -> Bool { all.count < Self.limit || index > all[lowest].index }

    mutating func add(_ record: Record) {
        if all.count < Self.limit {
            all.append(record)
        } else {
            all[lowest] = record
        }
        lowest = all.indices.min { all[$0].index < all[$1].index } ?? 0
    }
}

extension Strays.Record {
    /// The leaf with `index` in the place of its own, which stands behind the first `mark`; nil if it does not.
    func leaf(at index: UInt64, behind mark: [UInt8]) -> [UInt8]? {
        let digits = Array(String(self.index).utf8)
        let start = (0..<max(0, leaf.count - mark.count - digits.count)).first { start in
            mark.indices.allSatisfy { leaf[start + $0] == mark[$0] }
        }
        guard let start = start.map({ $0 + mark.count }), leaf[start...].starts(with: digits) else { return nil }
        return leaf[..<start] + Array(String(index).utf8) + leaf[(start + digits.count)...]
    }
}
