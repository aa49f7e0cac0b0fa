/// A `.tlog-proof` file: that a record is in a log, to be checked offline with the log's key alone (C2SP tlog-proof).
public struct TLogProof: Hashable, Sendable, CustomStringConvertible {
    /// The first line of every proof.
    public static let header = "c2sp.org/tlog-proof@v1"
    /// Bytes in a proof at most: a note of the largest size, and as much again.
    public static let byteLimit = 2 * SignedNote.byteLimit

    /// Opaque data beside the proof, which nobody signed.
    public let extra: [UInt8]?
    /// The record's place in the log, from 0.
    public let index: UInt64
    /// The audit path, from the leaf's sibling to the root's child (RFC 6962 §2.1.1).
    public let hashes: [Hash]
    /// The signed checkpoint that the path leads to.
    public let checkpoint: SignedNote

    public init(index: UInt64, hashes: [Hash], checkpoint: SignedNote, extra: [UInt8]? = nil) {
        self.extra = extra
        self.index = index
        self.hashes = hashes
        self.checkpoint = checkpoint
    }

    /// The proof whose bytes are `bytes`.
    public init(parsing bytes: [UInt8]) throws(TransparencyLogError) {
        guard bytes.count <= Self.byteLimit else {
            throw TransparencyLogError(.malformedProof, "the proof is longer than \(Self.byteLimit) bytes")
        }
        var lines = LineReader(bytes)
        guard lines.next() == Self.header else {
            throw TransparencyLogError(.malformedProof, "the first line of a proof is \(Self.header)")
        }
        var line = lines.next()
        var extra: [UInt8]?
        if let text = line, text.hasPrefix("extra ") {
            extra = Base64.decode(String(text.dropFirst(6)))
            guard extra != nil else {
                throw TransparencyLogError(.malformedProof, "the extra data of a proof is base64")
            }
            line = lines.next()
        }
        guard let text = line, text.hasPrefix("index "), let index = Decimal.parse(text.dropFirst(6)) else {
            throw TransparencyLogError(.malformedProof, "a proof gives the record's index in decimal")
        }
        var hashes: [Hash] = []
        while true {
            let line = lines.next()
            if line == "" { break }
            guard hashes.count < InclusionProof.hashLimit, let line, let hash = Hash(base64: line) else {
                throw TransparencyLogError(
                    .malformedProof, "a proof has at most \(InclusionProof.hashLimit) hashes in base64, one a line")
            }
            hashes.append(hash)
        }
        let checkpoint = try SignedNote(parsing: lines.rest)
        self.init(index: index, hashes: hashes, checkpoint: checkpoint, extra: extra)
    }

    /// The file's text.
    public var description: String {
        let extraLine = extra.map { "extra \(Base64.encode($0))\n" } ?? ""
        return "\(Self.header)\n\(extraLine)index \(index)\n" + hashes.map { "\($0.base64)\n" }.joined()
            + "\n\(checkpoint)"
    }

    /// Checks that the leaf with this hash is in the log whose key is `verifier`, and returns the checkpoint it is in.
    /// The checkpoint's origin must be the key's name, as it is in Waxwing's logs.
    public func verify<Hasher: TreeHasher & ~Copyable>(
        leaf: Hash, by verifier: some NoteVerifier, _ hasher: inout Hasher
    ) throws(TransparencyLogError) -> Checkpoint {
        try checkpoint.verify(by: verifier)
        let head = try Checkpoint(parsing: checkpoint.text)
        guard head.origin == verifier.name else {
            throw TransparencyLogError(
                .unsignedByKey, "the proof is of log \(head.origin), the key of \(verifier.name)")
        }
        let path = InclusionProof(index: index, size: head.size, hashes: hashes)
        guard path.root(of: leaf, &hasher) == head.root else {
            throw TransparencyLogError(.malformedProof, "the record is not leaf \(index) of this log")
        }
        return head
    }
}

/// Takes lines off the front of some bytes.
private struct LineReader {
    private(set) var rest: [UInt8]

    init(_ bytes: [UInt8]) { rest = bytes }

    /// The next line without its newline, or nil if there is none or it is not UTF-8.
    mutating func next() -> String? {
        guard let end = rest.firstIndex(of: 0x0A) else { return nil }
        defer { rest.removeFirst(end + 1) }
        return String(validating: rest[..<end], as: UTF8.self)
    }
}
