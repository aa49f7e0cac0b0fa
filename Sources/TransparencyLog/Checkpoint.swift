/// A tree head: which log, how many leaves, what root (C2SP tlog-checkpoint). Signed, it is a ``SignedNote``.
public struct Checkpoint: Hashable, Sendable, CustomStringConvertible {
    /// The log's identity, one line.
    public let origin: String
    /// Leaves in the tree.
    public let size: UInt64
    /// The root of the tree at that size (RFC 6962 §2.1).
    public let root: Hash
    /// Lines behind the root, opaque and each not empty. Waxwing writes none.
    public let extensions: [String]

    /// The head of the tree of `size` leaves with `root`. The origin is not empty and has no control character.
    public init(origin: String, size: UInt64, root: Hash, extensions: [String] = []) {
        precondition(([origin] + extensions).allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { $0 >= 0x20 } })
        self.origin = origin
        self.size = size
        self.root = root
        self.extensions = extensions
    }

    /// The checkpoint whose note text is `text`.
    public init(parsing text: String) throws(TransparencyLogError) {
        guard text.utf8.last == 0x0A, text.utf8.allSatisfy({ $0 >= 0x20 || $0 == 0x0A }) else {
            throw TransparencyLogError(
                .malformedCheckpoint, "a checkpoint ends in a newline and has no control character")
        }
        let lines = text.dropLast().split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 3, lines.allSatisfy({ !$0.isEmpty }) else {
            throw TransparencyLogError(
                .malformedCheckpoint, "a checkpoint has at least three lines, none of them empty")
        }
        guard let size = Decimal.parse(lines[1]), size <= CompactRange.sizeLimit else {
            throw TransparencyLogError(
                .malformedCheckpoint, "the second line of a checkpoint is the tree size in decimal")
        }
        guard let root = Hash(base64: String(lines[2])) else {
            throw TransparencyLogError(
                .malformedCheckpoint, "the third line of a checkpoint is the root hash in base64")
        }
        self.init(origin: String(lines[0]), size: size, root: root, extensions: lines.dropFirst(3).map(String.init))
    }

    /// The text to sign: each line with its newline.
    public var description: String {
        "\(origin)\n\(size)\n\(root.base64)\n" + extensions.map { "\($0)\n" }.joined()
    }
}

/// Unsigned decimal numbers in their one spelling: no sign, no leading zero.
enum Decimal {
    static func parse(_ text: some StringProtocol) -> UInt64? {
        let digits = text.utf8
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }), digits.count == 1 || digits.first != 0x30 else {
            return nil
        }
        return UInt64(text)
    }
}
