/// Records that were durable once and cannot be read any more: their block is damaged, or their segment is gone.
public struct LostRecords: Equatable, Sendable {
    /// Their indexes; at least one.
    public let indexes: Range<UInt64>
    /// The path of the segment where they were looked for.
    public let segment: String
}
