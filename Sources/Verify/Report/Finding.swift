/// Something that proves tampering.
public struct Finding: Hashable, Sendable {
    /// What it is.
    public enum Kind: String, Hashable, Sendable {
        /// The records of a batch are all there and do not match its signed root.
        case batch
        /// A stretch between verified batches is all there and does not match the signed roots around it.
        case range
        /// One record is not what was sealed, as the relay's leaf hashes show.
        case record
        /// Something that no relay writes stands behind a record's identity.
        case intruder
        /// A line carries a damaged identity of the stream, so it is not known which record it was.
        case identity
        /// A seal record does not parse, or contradicts itself.
        case seal
        /// A seal claims to be signed by the pinned key and is not.
        case signature
        /// A note that replaces the key is not to be believed, or a key has signed what was not its to sign.
        case rekey
        /// Verified seals do not follow one another: the history was rewritten by who holds the key.
        case history
        /// A verified seal is dated before the one in front of it.
        case clock
        /// The export does not agree with the given head.
        case head
    }

    public let kind: Kind
    /// The records concerned, or nil if that is not known.
    public let records: Range<UInt64>?
    /// The number of the seal concerned, if there is one.
    public let seal: UInt64?
    /// Where it was read, if it is one line.
    public let position: SourcePosition?
    /// What was found, as a clause.
    public let detail: String

    public init(
        _ kind: Kind, records: Range<UInt64>? = nil, seal: UInt64? = nil, position: SourcePosition? = nil,
        _ detail: String
    ) {
        self.kind = kind
        self.records = records
        self.seal = seal
        self.position = position
        self.detail = detail
    }
}

/// Different records with the same index.
public struct Conflict: Hashable, Sendable {
    public let index: UInt64
    /// Where the true one stands, or nil if that is not known, or if it was read long before.
    public let truth: SourcePosition?
    /// Whether one of the records at ``index`` is verified, so that those at ``others`` are known to be false.
    public let isDecided: Bool
    /// Where the others stand.
    public let others: Listing<SourcePosition>

    public init(index: UInt64, truth: SourcePosition?, isDecided: Bool, others: Listing<SourcePosition>) {
        self.index = index
        self.truth = truth
        self.isDecided = isDecided
        self.others = others
    }
}
