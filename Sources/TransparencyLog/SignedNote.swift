/// One signature line of a note: `— NAME BASE64`, the last part the key ID and the signature.
public struct NoteSignature: Hashable, Sendable, CustomStringConvertible {
    public let name: String
    public let keyID: UInt32
    /// The signature without the key ID in front, never empty.
    public let signature: [UInt8]

    public init(name: String, keyID: UInt32, signature: [UInt8]) {
        precondition(VerifierKey.isValidName(name) && !signature.isEmpty)
        self.name = name
        self.keyID = keyID
        self.signature = signature
    }

    /// The key ID in big-endian order and the signature: what the line has in base64.
    public var bytes: [UInt8] {
        stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: keyID >> UInt32($0)) } + signature
    }

    /// The line, without its newline.
    public var description: String { "\u{2014} \(name) \(Base64.encode(bytes))" }

    init(line: Substring) throws(TransparencyLogError) {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "\u{2014}", VerifierKey.isValidName(String(parts[1])) else {
            throw TransparencyLogError(.malformedNote, "a signature line has the form \u{2014} NAME BASE64")
        }
        guard let bytes = Base64.decode(String(parts[2])), bytes.count > 4 else {
            throw TransparencyLogError(.malformedNote, "a signature is base64 of a key ID and the signature's bytes")
        }
        name = String(parts[1])
        keyID = bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        signature = Array(bytes.dropFirst(4))
    }
}

/// A text and the signatures under it (C2SP signed-note).
///
/// Parsing says nothing about trust: read ``text`` only after ``verify(by:)``.
public struct SignedNote: Hashable, Sendable, CustomStringConvertible {
    /// Bytes in a note at most.
    public static let byteLimit = 1 << 20
    /// Signatures on a note at most.
    public static let signatureLimit = 64

    /// The signed text, with the newline it ends in.
    public let text: String
    public let signatures: [NoteSignature]

    /// The note of `text`, which ends in a newline, and at least one signature.
    public init(text: String, signatures: [NoteSignature]) throws(TransparencyLogError) {
        guard text.utf8.last == 0x0A, Self.hasNoControl(text.utf8) else {
            throw TransparencyLogError(.malformedNote, "a note's text ends in a newline and has no control character")
        }
        guard !signatures.isEmpty, signatures.count <= Self.signatureLimit else {
            throw TransparencyLogError(.malformedNote, "a note has 1 to \(Self.signatureLimit) signatures")
        }
        self.text = text
        self.signatures = signatures
    }

    /// Signs `text`, which ends in a newline.
    public init(text: String, signedBy signer: some NoteSigner) throws {
        let signature = try signer.signature(of: Array(text.utf8))
        try self.init(
            text: text, signatures: [NoteSignature(name: signer.name, keyID: signer.keyID, signature: signature)])
    }

    /// The note whose bytes are `bytes`.
    public init(parsing bytes: [UInt8]) throws(TransparencyLogError) {
        guard bytes.count <= Self.byteLimit else {
            throw TransparencyLogError(.malformedNote, "the note is longer than \(Self.byteLimit) bytes")
        }
        guard let note = String(validating: bytes, as: UTF8.self), Self.hasNoControl(bytes) else {
            throw TransparencyLogError(.malformedNote, "a note is UTF-8 without control characters")
        }
        guard let split = Self.lastEmptyLine(bytes), bytes.last == 0x0A else {
            throw TransparencyLogError(
                .malformedNote, "a note has an empty line before its signatures, which end in one")
        }
        let utf8 = note.utf8
        let textEnd = utf8.index(utf8.startIndex, offsetBy: split)
        let lines = note[utf8.index(after: textEnd)...].dropLast().split(
            separator: "\n", omittingEmptySubsequences: false)
        guard lines.count <= Self.signatureLimit else {
            throw TransparencyLogError(.malformedNote, "the note has more than \(Self.signatureLimit) signatures")
        }
        var signatures: [NoteSignature] = []
        for line in lines { signatures.append(try NoteSignature(line: line)) }
        try self.init(text: String(note[..<textEnd]), signatures: signatures)
    }

    /// The note as it is stored and sent.
    public var description: String { text + "\n" + signatures.map { "\($0)\n" }.joined() }

    /// Refuses the note unless it is signed by `verifier`'s key. A signature that claims this key and is not by it
    /// spoils the note even if another one is good; signatures of other keys are not looked at.
    public func verify(by verifier: some NoteVerifier) throws(TransparencyLogError) {
        let claimed = signatures.filter { $0.name == verifier.name && $0.keyID == verifier.keyID }
        guard !claimed.isEmpty else {
            throw TransparencyLogError(
                .unsignedByKey, "the note is not signed by \(verifier.name)+\(VerifierKey.text(verifier.keyID))")
        }
        let bytes = Array(text.utf8)
        guard claimed.allSatisfy({ verifier.isValid($0.signature, of: bytes) }) else {
            throw TransparencyLogError(
                .invalidSignature, "the signature of \(verifier.name)+\(VerifierKey.text(verifier.keyID)) is not valid")
        }
    }

    // MARK: - Syntax

    /// The offset of the last newline that directly follows another one.
    private static func lastEmptyLine(_ bytes: [UInt8]) -> Int? {
        var position = bytes.count - 1
        while position > 0 {
            if bytes[position] == 0x0A, bytes[position - 1] == 0x0A { return position }
            position -= 1
        }
        return nil
    }

    private static func hasNoControl(_ bytes: some Sequence<UInt8>) -> Bool {
        bytes.allSatisfy { $0 >= 0x20 || $0 == 0x0A }
    }
}
