extension Settings {
    /// How long the ledger keeps what it has, and how much of it.
    public struct Retention: Sendable, Hashable {
        /// The age at which records are deleted; nil for never.
        public internal(set) var age: Duration?
        /// Bytes of records beyond which the oldest are deleted; nil for no limit.
        public internal(set) var sizeBytes: Int?
        /// How long leaf hashes are kept after their records.
        public internal(set) var hashes = Duration.seconds(90 * 86_400)
        /// Bytes that everything in the ledger's folder may take; nil for what the disk has.
        public internal(set) var diskBytes: Int?
        /// What happens when that is used up.
        public internal(set) var whenFull = WhenFull.stop
        /// Whether closed and delivered segments are compressed.
        public internal(set) var compresses = true
    }

    /// What happens when the disk budget is used up.
    public enum WhenFull: String, Sendable, CaseIterable {
        /// Nothing is taken until there is room.
        case stop
        /// The oldest records go, even those that a destination does not have yet.
        case dropOldest = "drop-oldest"
    }
}
