import Synchronization

/// Brings the ledger's failure to the relay, which is made after it.
final class FailureBox: Sendable {
    private let handler = Mutex<(@Sendable (any Error) -> Void)?>(nil)

    func setHandler(_ new: @escaping @Sendable (any Error) -> Void) {
        handler.withLock { $0 = new }
    }

    func report(_ error: any Error) {
        handler.withLock { $0 }?(error)
    }
}
