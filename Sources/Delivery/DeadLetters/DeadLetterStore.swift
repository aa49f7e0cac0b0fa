/// Where records go that a destination will never take.
public protocol DeadLetterStore: Sendable {
    /// Stores the records, which are in the ledger, and returns when they are durable. Throws why they are not, in
    /// which case some of them may be all the same.
    func store(_ records: [RejectedRecord], of destination: String) throws
    /// Notes that records were sent again by request: `delivered` have arrived, `failed` have not.
    func noteResent(delivered: [UInt64], failed: [UInt64], of destination: String)
}
