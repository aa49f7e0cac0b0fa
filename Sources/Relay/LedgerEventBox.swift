import Ledger
import Synchronization

/// Brings what happens to the ledger to the relay, which is made after it.
final class LedgerEventBox: Sendable {
    private let handler = Mutex<(@Sendable (LedgerEvent) -> Void)?>(nil)

    func setHandler(_ new: @escaping @Sendable (LedgerEvent) -> Void) {
        handler.withLock { $0 = new }
    }

    func report(_ event: LedgerEvent) {
        handler.withLock { $0 }?(event)
    }
}
