/// Why a note, checkpoint, key or proof was refused. Two errors are equal if their codes are.
public struct TransparencyLogError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of refusal it is.
    public enum Code: String, Hashable, Sendable {
        /// The bytes are not a signed note (C2SP signed-note).
        case malformedNote
        /// The note's text is not a checkpoint (C2SP tlog-checkpoint).
        case malformedCheckpoint
        /// The text is not a verifier key, or its key ID is not that of its key.
        case malformedKey
        /// The bytes are not a proof (C2SP tlog-proof).
        case malformedProof
        /// No signature of the note is by the given key.
        case unsignedByKey
        /// A signature claims to be by the given key and is not.
        case invalidSignature
    }

    public let code: Code
    /// What was wrong, as a clause without a full stop.
    public let reason: String

    public init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    public var description: String { reason }

    public static func == (left: Self, right: Self) -> Bool { left.code == right.code }
    public func hash(into hasher: inout Hasher) { hasher.combine(code) }
}
