/// The last lines of inputs that lack their line end: each may be a whole record, or the beginning of one.
///
/// Such a line is believed if it is what was sealed. If it is not, it may have been cut off, which is no tampering; it
/// is not enough to take the place of a record that is there, unless it is how that record begins.
struct CutLines {
    struct Line {
        var index: UInt64
        var position: SourcePosition
        /// The bytes of its leaf.
        var bytes: [UInt8]
        /// Whether another record with its index begins with it.
        var isBeginning = false
    }

    /// Lines kept. One of a further input is taken for whole.
    static let limit = 256

    private(set) var all: [Line] = []

    var isEmpty: Bool { all.isEmpty }

    mutating func add(_ line: Line) {
        if all.count < Self.limit { all.append(line) }
    }

    func has(_ index: UInt64) -> Bool { !all.isEmpty && all.contains { $0.index == index } }

    func find(_ position: SourcePosition) -> Line? { all.first { $0.position == position } }

    /// Compares `leaf`, a record with `index` at `position`, with the lines that may be its beginning.
    mutating func compare(_ leaf: [UInt8], at index: UInt64, _ position: SourcePosition) {
        for place in all.indices where all[place].index == index && all[place].position != position {
            if leaf.count > all[place].bytes.count, leaf.starts(with: all[place].bytes) {
                all[place].isBeginning = true
            }
        }
    }
}
