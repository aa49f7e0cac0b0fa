public import NIOCore

/// A reader of the ledger that brings it somewhere.
public protocol Destination: Sendable {
    /// Begins, and goes on by itself until it is stopped.
    func start()
    /// Sends what is still in the ledger if the destination can be reached, then ends in order.
    func stop() -> EventLoopFuture<Void>
    /// Ends at once; what was not confirmed is sent again after the next start.
    func abandon()
}

/// A destination that says of single records that it will never take them, and can be asked to try again.
public protocol ResendingDestination: Destination {
    /// Sends records again that were rejected once; the dead letters are told what became of them.
    func resend(_ indexes: [UInt64])
}
