/// Records that the ledger had and has no more, although somebody may still want them: MSGID `LOSS`, element
/// `waxwing-loss` with the index of the first (`from`), how many there are (`n`) and why (`reason`).
struct Loss: Equatable, Sendable {
    enum Reason: String, Sendable {
        /// The disk was full and the configuration says to go on (`when_full: drop-oldest`).
        case retention
        /// Their bytes on the disk are not what was written, or are gone.
        case damage
    }

    let indexes: Range<UInt64>
    let reason: Reason
    /// The destinations that did not have them yet, as far as that is known.
    var destinations: [String] = []

    var record: RelayRecord {
        var parameters = [
            (name: "from", value: "\(indexes.lowerBound)"), (name: "n", value: "\(indexes.count)"),
            (name: "reason", value: reason.rawValue),
        ]
        if !destinations.isEmpty { parameters.append(("destinations", destinations.joined(separator: " "))) }
        let cause =
            switch reason {
            case .retention: "deleted before everybody had them, since the disk is full"
            case .damage: "damaged on the disk, or gone from it"
            }
        return RelayRecord(
            priority: .warning, identifier: "LOSS", element: "loss", parameters: parameters,
            text: "\(indexes.text) lost: \(cause)")
    }
}
