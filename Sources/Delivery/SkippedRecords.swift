import Ledger
import Logging
import Synchronization
import Telemetry

/// Counts and logs the records that a destination has left out because the ledger has lost them: each once, however
/// often the destination comes to the place. Those that were deleted on purpose are only logged: the ledger counts them.
final class SkippedRecords: Sendable {
    private let counter: Counter
    private let logger: Logger
    /// Index behind the last record that was counted. A destination that begins again further back comes to the same
    /// places; what was damaged there since has been delivered before.
    private let countedTo = Mutex<UInt64>(0)

    init(_ counter: Counter, _ logger: Logger) {
        self.counter = counter
        self.logger = logger
    }

    func note(_ lost: LostRecords) {
        let new = countedTo.withLock { countedTo in
            let new = max(countedTo, lost.indexes.lowerBound)..<max(countedTo, lost.indexes.upperBound)
            countedTo = new.upperBound
            return new
        }
        guard let first = new.first, let last = new.last else { return }
        guard !lost.wereDeleted else {
            logger.warning(
                "records were deleted from the ledger by its retention and are left out",
                metadata: ["first_index": "\(first)", "last_index": "\(last)"])
            return
        }
        counter.add(UInt64(new.count))
        logger.error(
            "records are damaged or gone in the ledger and are left out; `waxwing verify` will name them as missing",
            metadata: ["first_index": "\(first)", "last_index": "\(last)", "segment": "\(lost.segment)"])
    }
}
