/// Counts of what a recogniser has done.
public struct RecognitionStatistics: Sendable, Equatable {
    /// Headscale's records.
    public internal(set) var records: UInt64 = 0
    /// Those of them whose message the catalogue does not have: a newer Headscale than it knows, as a rule.
    public internal(set) var unmatched: UInt64 = 0
    /// Lines of records that have several, without the first.
    public internal(set) var continuations: UInt64 = 0

    public init() {}

    mutating func note(_ finding: Finding) {
        records &+= 1
        if finding.part > 1 { continuations &+= 1 } else if finding.isUnmatched { unmatched &+= 1 }
    }
}
