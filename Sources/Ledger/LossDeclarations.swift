import Batch
import Synchronization

/// Declares records that were durable once and cannot be read any more: each once, to the operator and, sealed, in the
/// log itself, however many readers come to the place.
final class LossDeclarations: Sendable {
    /// Ranges that are remembered; of more, the oldest are forgotten and may be declared again.
    private static let limit = 4096

    private let options: LedgerOptions
    private let queue: BatchQueue
    private let counters: LedgerCounters
    private let onEvent: @Sendable (LedgerEvent) -> Void
    /// What was declared, in the order of the indexes, without overlaps.
    private let declared = Mutex<[Range<UInt64>]>([])

    init(
        _ options: LedgerOptions, queue: BatchQueue, counters: LedgerCounters,
        onEvent: @escaping @Sendable (LedgerEvent) -> Void
    ) {
        self.options = options
        self.queue = queue
        self.counters = counters
        self.onEvent = onEvent
    }

    /// Declares those of `lost` that were not declared yet.
    func declare(_ lost: LostRecords) {
        for indexes in declared.withLock({ Self.add(lost.indexes, to: &$0) }) {
            counters.lost.add(UInt64(indexes.count))
            onEvent(.lost(LostRecords(indexes: indexes, segment: lost.segment)))
            queue.push(LossRecord(indexes, .damage).batch(options, now: Int64(Clock.wall() / 1_000_000)))
        }
    }

    /// Adds `indexes` to `ranges` and returns which of them are new.
    static func add(_ indexes: Range<UInt64>, to ranges: inout [Range<UInt64>]) -> [Range<UInt64>] {
        var new: [Range<UInt64>] = []
        var start = indexes.lowerBound
        for known in ranges where known.upperBound > start && known.lowerBound < indexes.upperBound {
            if known.lowerBound > start { new.append(start..<known.lowerBound) }
            start = known.upperBound
        }
        if start < indexes.upperBound { new.append(start..<indexes.upperBound) }
        ranges += new
        ranges.sort { $0.lowerBound < $1.lowerBound }
        ranges.removeFirst(max(0, ranges.count - limit))
        return new
    }
}
