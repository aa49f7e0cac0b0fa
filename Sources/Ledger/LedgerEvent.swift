/// What happens to a running ledger that its operator has to know. Told from the ledger's threads.
public enum LedgerEvent: Sendable {
    /// A call on a file has failed. Nothing is taken, nothing is released, and it is tried again until it works. Told
    /// again only when the reason is another.
    case degraded(FileError)
    /// Everything that waited is durable; the ledger takes records again.
    case restored
    /// Records that were durable once cannot be read any more, which a sealed record declares.
    case lost(LostRecords)
    /// The ledger has ended, and what was not synced is gone: it could not be written when the relay was to end, or no
    /// seal could be made.
    case failed(any Error)
}
