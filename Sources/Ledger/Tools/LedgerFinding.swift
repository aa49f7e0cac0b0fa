/// Something that a check of the ledger found.
public struct LedgerFinding: Equatable, Sendable {
    /// What it means for what the ledger proves.
    public enum Kind: String, Sendable {
        /// Records, seals or headers are not what was sealed.
        case tampered
        /// Something is damaged or gone that should be there.
        case damaged
        /// A seal is signed by a key that is not known.
        case unverifiable
    }

    public let kind: Kind
    /// The path of the file it is in.
    public let path: String
    /// The records it is about; nil if it is about no records in particular.
    public let indexes: Range<UInt64>?
    /// What it is, as a clause.
    public let detail: String

    init(_ kind: Kind, _ path: String, _ indexes: Range<UInt64>? = nil, _ detail: String) {
        self.kind = kind
        self.path = path
        self.indexes = indexes
        self.detail = detail
    }
}
