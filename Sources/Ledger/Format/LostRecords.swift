/// Records that were durable once and cannot be read any more: their block is damaged, or their segment is gone or was
/// deleted on purpose.
public struct LostRecords: Equatable, Sendable {
    /// Their indexes; at least one.
    public let indexes: Range<UInt64>
    /// The path of the segment where they were looked for.
    public let segment: String
    /// Whether all of them were deleted on purpose (retention).
    public let wereDeleted: Bool

    init(indexes: Range<UInt64>, segment: String, wereDeleted: Bool = false) {
        self.indexes = indexes
        self.segment = segment
        self.wereDeleted = wereDeleted
    }
}
