import Batch
import Synchronization

/// Declares records that were durable once and cannot be read any more: each once, to the operator and, sealed, in the
/// log itself, however many readers come to the place.
final class LossDeclarations: Sendable {
    /// Ranges that are remembered; when there are more, the oldest are forgotten and may be declared again.
    private static let limit = 4096

    private let author: RelayRecord.Author
    private let wallClock: @Sendable () -> UInt64
    private let queue: BatchQueue
    private let counters: LedgerCounters
    private let onEvent: @Sendable (LedgerEvent) -> Void
    private let declared: Mutex<IndexRanges>

    /// `known` are those that need no declaration any more.
    init(
        _ options: LedgerOptions, known: KnownLosses, queue: BatchQueue, counters: LedgerCounters,
        onEvent: @escaping @Sendable (LedgerEvent) -> Void
    ) {
        author = RelayRecord.Author(options)
        wallClock = options.wallClock
        self.queue = queue
        self.counters = counters
        self.onEvent = onEvent
        declared = Mutex(IndexRanges(known.found.all + known.sealed.all))
    }

    /// Declares those of `lost` that were not declared yet.
    func declare(_ lost: LostRecords) {
        let new = declared.withLock { declared in
            let new = declared.missing(from: lost.indexes)
            declared.insert(lost.indexes)
            if declared.all.count > Self.limit { declared = IndexRanges(declared.all.suffix(Self.limit)) }
            return new
        }
        for indexes in new {
            counters.lost.add(UInt64(indexes.count))
            onEvent(.lost(LostRecords(indexes: indexes, segment: lost.segment)))
            var notice = queue.takeEmpty()
            Loss(indexes: indexes, reason: .damage).record.append(to: &notice, by: author, at: wallClock())
            queue.push(notice: notice)
        }
    }
}
