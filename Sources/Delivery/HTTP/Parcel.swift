/// A server, and the name under which it knows this relay for a while.
public struct Route: Hashable, Sendable {
    /// The server's number, in the order of the configuration.
    public let node: Int
    /// Counts the channels to it, which are told apart by acknowledgements: each number of one means one request.
    public let channel: Int
}

/// Records on their way to a server, from the ledger until they are delivered or in the dead letters.
struct Parcel: Sendable {
    enum State: Equatable, Sendable {
        /// To be sent, not before that time.
        case ready(at: UInt64)
        case sending(Route)
        /// Those that will never be taken are being stored in the dead letters. `before`: the parcel's records before
        /// they were taken out of it.
        case rejecting(before: [UInt64], delay: UInt64)
        /// The server has it, and has not said yet that it is safe.
        case awaiting(Route, acknowledgement: UInt64, until: UInt64)
        case settled
    }

    let id: UInt64
    /// The stretch of the ledger it stands for, lost records included; nil for records that are sent again by request.
    var span: Range<UInt64>?
    /// The records that are still to be delivered, ascending.
    var indexes: [UInt64]
    var state: State
    /// Answers so far that left some of its records to be sent again.
    var attempts = 0
}
