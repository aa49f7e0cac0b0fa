import Batch
import Syslog

extension Batch {
    /// Appends `text`, with the place of the identity before `tail`, which is its end.
    mutating func append(_ text: String, tail: String = "", originalLength: Int = 0) {
        append { writer in
            writer.append(Array(text.utf8))
            return (text.utf8.count - tail.utf8.count, originalLength)
        }
    }

    /// The bytes of `range`, as text.
    func text(_ range: Range<Int>) -> String {
        String(decoding: array(range), as: UTF8.self)
    }

    func array(_ range: Range<Int>) -> [UInt8] {
        let part = bytes.extracting(range)
        return unsafe part.withUnsafeBytes { unsafe Array($0) }
    }

    /// The lines of all records.
    var lines: [String] { (0..<recordCount).map { text(self[$0].line) } }
}

/// A batch of the smallest size there may be, or of the ordinary one, with these lines.
func batch(_ lines: String..., isSmall: Bool = true) -> Batch {
    var batch = isSmall ? Batch(byteCapacity: 2 * Batch.lineLimit, recordCapacity: 16) : Batch()
    for line in lines { batch.append(line) }
    return batch
}

/// A generator with the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_F491_4F6C_DD1D
    }
}
