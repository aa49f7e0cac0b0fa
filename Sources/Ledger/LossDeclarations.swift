import Batch
import Synchronization

/// Declares records that were durable once and cannot be read any more: each once, to the operator and, sealed, in the
/// log itself, however many readers come to the place.
final class LossDeclarations: Sendable {
    /// Ranges that are remembered; when there are more, the oldest are forgotten and may be declared again.
    private static let limit = 4096

    private let author: RelayRecord.Author
    private let wallClock: @Sendable () -> UInt64
    private let layout: Layout
    private let system: any FileSystem
    private let queue: BatchQueue
    private let counters: LedgerCounters
    private let onEvent: @Sendable (LedgerEvent) -> Void
    private let declared = Mutex(IndexRanges())

    init(
        _ options: LedgerOptions, queue: BatchQueue, counters: LedgerCounters, system: any FileSystem,
        onEvent: @escaping @Sendable (LedgerEvent) -> Void
    ) {
        author = RelayRecord.Author(options)
        wallClock = options.wallClock
        layout = Layout(options.directory)
        self.system = system
        self.queue = queue
        self.counters = counters
        self.onEvent = onEvent
    }

    /// Those of `missing` that were not deleted on purpose.
    func lost(of missing: LostRecords) -> [LostRecords] {
        // If that cannot be found out, they are rather declared than passed over.
        let deleted = (try? DeletedRecords(layout, system).text) ?? IndexRanges()
        return deleted.missing(from: missing.indexes).map { LostRecords(indexes: $0, segment: missing.segment) }
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
