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
        /// Nanoseconds, counted from 1970 on, for each of which there is a file of its own; nil for none.
        public var rotateInterval: UInt64?
        /// Whether closed files are compressed with gzip.
        public var compresses = false
        /// Closed files that are kept; nil for all.
        public var keeps: Int?
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
        let folder = ArchiveFolder(path: options.path, system: system)
        let rotation = ArchiveWriter.Rotation(
            bytes: options.rotate, interval: options.rotateInterval.map { $0 / 1_000_000 })
        writer = try ArchiveWriter(folder, rotation, filter: options.filter, cursor: cursor, from: index)
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
        var keeper = ArchiveKeeper(
            writer.folder, ArchiveKeeper.Options(compresses: options.compresses, keeps: options.keeps))
        keep(&keeper)
        while true {
            do {
                counters.isConnected.set(1)
                try copy(&keeper)
                return
            } catch {
                counters.failures.add()
                counters.note(failure: "writing the archive failed: \(error)", at: Clock.wall() / 1_000_000_000)
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
            counters.retries.add()
        }
    }

    private func copy(_ keeper: inout ArchiveKeeper) throws {
        var reader = try ledger.makeReader(from: writer.nextIndex) { [skipped] in skipped.note($0) }
        var syncAt = Clock.monotonic() + options.syncInterval
        while true {
            let stopping = shared.withLock { $0.stopping }
            while let block = try reader.peek() {
                if shared.withLock({ $0.abandoned }) { return }
                try append(block, from: &reader)
                keep(&keeper)
                if Clock.monotonic() >= syncAt { syncAt = try sync() }
            }
            try writer.skip(to: reader.nextIndex)
            if stopping || Clock.monotonic() >= syncAt { syncAt = try sync() }
            if stopping { return }
            keep(&keeper)
            // There is no time to wait while files are to be compressed.
            let deadline = keeper.isBusy ? 0 : writer.isSynced ? nil : syncAt
            let wake = shared.wait(until: deadline) { state -> Bool? in
                guard state.changed || state.stopping || state.abandoned else { return nil }
                state.changed = false
                return state.abandoned
            }
            if wake == true { return }
        }
    }

    private func append(_ block: BlockHeader, from reader: inout LedgerReader) throws {
        if options.rotateInterval != nil, let index = writer.fileIndex, writer.fileTime == nil {
            var first = try ledger.makeReader(from: index)
            writer.noteFileTime(try first.peek()?.writtenAt ?? block.writtenAt)
        }
        let written = try writer.append(block, from: &reader)
        counters.records.add(written.records)
        counters.octets.add(written.octets)
        counters.filtered.add(written.filtered)
        counters.next.set(Int64(writer.nextIndex))
    }

    /// Sees to the closed files, a little at a time. The archive goes on whether that succeeds or not.
    private func keep(_ keeper: inout ArchiveKeeper) {
        do throws(FileError) {
            if let index = writer.takeClosed() { try keeper.noteClosed(before: index) }
            if keeper.isBusy { try keeper.step() }
        } catch {
            counters.failures.add()
            logger.error(
                "a closed file of the archive could not be compressed or removed", metadata: ["error": "\(error)"])
        }
    }

    private func sync() throws(FileError) -> UInt64 {
        try writer.sync()
        counters.acknowledge(upTo: writer.nextIndex)
        return Clock.monotonic() + options.syncInterval
    }
}
