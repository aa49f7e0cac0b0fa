import TransparencyLog

/// Records that are deleted on purpose: MSGID `RETENTION`, element `waxwing-retention` with the index of the first
/// (`from`), how many there are (`n`), why, and the root of the tree up to the last of them. It is sealed before
/// anything is deleted.
struct Deletion: Equatable, Sendable {
    enum Reason: String, Sendable {
        /// They are older than `retention.age`.
        case age
        /// There is more text than `retention.size`.
        case size
        /// The disk budget is nearly used up.
        case disk
    }

    let indexes: Range<UInt64>
    let reason: Reason
    /// The root of the tree of all records before `indexes.upperBound`.
    let root: Hash
    /// Destinations that do not have all of them.
    let destinations: [String]

    /// What is sealed about it.
    var records: [RelayRecord] {
        let cause =
            switch reason {
            case .age: "older than retention.age"
            case .size: "more text than retention.size"
            case .disk: "the disk budget is nearly used up"
            }
        let parameters = [
            (name: "from", value: "\(indexes.lowerBound)"), (name: "n", value: "\(indexes.count)"),
            (name: "why", value: reason.rawValue), (name: "root", value: root.base64),
        ]
        let record = RelayRecord(
            priority: .notice, identifier: "RETENTION", element: "retention", parameters: parameters,
            text: "\(indexes.text) deleted: \(cause)")
        guard !destinations.isEmpty else { return [record] }
        return [Loss(indexes: indexes, reason: .retention, destinations: destinations).record, record]
    }
}
