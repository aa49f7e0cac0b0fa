/// How long the ledger keeps what it has, and how much of it. Times are milliseconds.
public struct RetentionPolicy: Sendable {
    /// What happens when the disk budget is used up.
    public enum WhenFull: Sendable {
        /// Nothing is taken until there is room again.
        case stop
        /// The oldest records are deleted, even if a destination does not have them yet; what is lost is sealed.
        case dropOldest
    }

    /// The age at which records are deleted; nil for never.
    public var age: UInt64?
    /// Bytes of segments, as they lie on the disk, beyond which the oldest are deleted; nil for no limit.
    public var textBytes: UInt64?
    /// How long leaf hashes are kept after their records were deleted.
    public var hashes: UInt64 = 90 * 86_400_000
    /// Bytes that everything in the ledger's folder may take; nil for what the disk has.
    public var diskBytes: UInt64?
    public var whenFull = WhenFull.stop
    /// Whether closed and delivered segments are compressed.
    public var compresses = true

    public init() {}

    /// The age at which a segment that is not full is closed all the same, so that its records can become old: a tenth
    /// of ``age``, but not less than a minute, nor more than a day. Nil if age does not matter.
    var segmentAge: UInt64? { age.map { min(max($0 / 10, 60_000), 86_400_000) } }
}
