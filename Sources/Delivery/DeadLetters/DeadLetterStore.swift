/// Where records go that a destination will never take.
public protocol DeadLetterStore: Sendable {
    /// Stores the records, which are in the ledger, and returns when they are durable. Throws why they are not, in
    /// which case some of them may be all the same.
    func store(_ records: [RejectedRecord], of destination: String) throws
    /// The lines of these records, as far as they are among the open letters of `destination`, and whole.
    func originals(of indexes: Set<UInt64>, for destination: String) throws -> [UInt64: [UInt8]]
    /// Notes that records were sent again by request: `delivered` have arrived, `failed` have not.
    func noteResent(delivered: [UInt64], failed: [UInt64], of destination: String)
}
