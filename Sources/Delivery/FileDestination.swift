import Batch
public import Filter
public import Ledger
public import Logging
public import NIOCore

/// Writes the ledger to files of one record a line, each of which ends with a whole sealed batch, so that every file
/// verifies by itself.
///
/// Files are named by the index of their first record. The cursor keeps the length up to which the newest file was
/// synced; a start cuts off what lies behind it.
public final class FileDestination: Destination {
    public struct Options: Sendable {
        public var name: String
        /// The folder; made if it is not there.
        public var path: String
        /// A file of at least this many bytes is closed at the end of the batch.
        public var rotate: UInt64 = 64 << 20
        /// Which records are written; nil for all.
        public var filter: RecordFilter?
        /// How often the file is synced and the cursor stored.
        public var syncInterval: UInt64 = 1_000_000_000
        /// How long after a failure the next try is.
        var retryInterval: UInt64 = 5_000_000_000

        public init(name: String, path: String) {
            self.name = name
            self.path = path
        }
    }

    private struct Shared {
        var changed = true
        var stopping = false
        var abandoned = false
    }

    private let shared = Monitor(Shared())
    private let options: Options
    private let ledger: LedgerAccess
    private let writer: ArchiveWriter
    private let counters: DestinationCounters
    private let skipped: SkippedRecords
    private let logger: Logger
    private let finished: EventLoopPromise<Void>

    /// A destination that goes on from its cursor, or from `start` if it has none. Throws what opening the folder
    /// throws.
    public init(
        _ options: Options, ledger: LedgerAccess, cursor: consuming CursorFile, start: UInt64,
        on eventLoop: any EventLoop,
        counters: DestinationCounters, logger: Logger, system: any FileSystem = DiskFileSystem()
    ) throws(FileError) {
        self.options = options
        self.ledger = ledger
        self.counters = counters
        var logger = logger
        logger[metadataKey: "destination"] = "\(options.name)"
        self.logger = logger
        skipped = SkippedRecords(counters.skipped, logger)
        let index = cursor.value?.nextIndex ?? start
        writer = try ArchiveWriter(
            options.path, rotate: options.rotate, filter: options.filter, cursor: cursor, from: index, system)
        finished = eventLoop.makePromise()
        counters.confirmed.set(Int64(index))
        counters.next.set(Int64(index))
    }

    public func start() {
        let observation = ledger.horizon.observe { [self] in
            shared.withLock { $0.changed = true }
            shared.signal()
        }
        _ = Worker { [self] in
            run()
            observation.cancel()
            finished.succeed()
        }
    }

    public func stop() -> EventLoopFuture<Void> {
        shared.withLock { $0.stopping = true }
        shared.signal()
        return finished.futureResult
    }

    public func abandon() {
        shared.withLock { $0.abandoned = true }
        shared.signal()
    }

    /// Copies until it is stopped. A failure is logged, and tried again after a while from where the cursor is.
    private func run() {
        while true {
            do {
                counters.isConnected.set(1)
                try copy()
                return
            } catch {
                counters.failures.add()
                counters.isConnected.set(0)
                logger.error(
                    "writing the archive failed",
                    metadata: ["error": "\(error)", "next_try": "in \(options.retryInterval / 1_000_000_000) s"])
                writer.rewind()
            }
            let ended = shared.wait(until: Clock.monotonic() + options.retryInterval) {
                $0.stopping || $0.abandoned ? true : nil
            }
            if ended == true { return }
        }
    }

    private func copy() throws {
        var reader = try ledger.makeReader(from: writer.nextIndex) { [skipped] in skipped.note($0) }
        var syncAt = Clock.monotonic() + options.syncInterval
        while true {
            let stopping = shared.withLock { $0.stopping }
            while let block = try reader.peek() {
                if shared.withLock({ $0.abandoned }) { return }
                let written = try writer.append(block, from: &reader)
                counters.records.add(written.records)
                counters.octets.add(written.octets)
                counters.filtered.add(written.filtered)
                counters.next.set(Int64(writer.nextIndex))
                if Clock.monotonic() >= syncAt { syncAt = try sync() }
            }
            try writer.skip(to: reader.nextIndex)
            if stopping || Clock.monotonic() >= syncAt { syncAt = try sync() }
            if stopping { return }
            let wake = shared.wait(until: writer.isSynced ? nil : syncAt) { state -> Bool? in
                guard state.changed || state.stopping || state.abandoned else { return nil }
                state.changed = false
                return state.abandoned
            }
            if wake == true { return }
        }
    }

    private func sync() throws(FileError) -> UInt64 {
        try writer.sync()
        counters.confirmed.set(Int64(writer.nextIndex))
        return Clock.monotonic() + options.syncInterval
    }
}
