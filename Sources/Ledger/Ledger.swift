public import Batch
import OpenSSL
public import Seal
import Telemetry

/// The ledger of one stream: the only writer of truth. Opening it takes the directory's lock and brings the files back
/// to a whole state; ``start()`` begins to take batches from the queue.
@safe
public final class Ledger: @unchecked Sendable {
    public let access: LedgerAccess
    /// What the writer and the ``Keeper`` tell each other.
    public let signals = WriterSignals()
    /// Bytes of a torn write that the start cut off.
    public let tornBytes: UInt64
    /// Records that were found without a seal, and are sealed first.
    public let unsealedRecords: UInt64

    private let lock: any File
    private let syncer: Syncer
    private var writer: LedgerWriter?
    private var writerThread: Worker?
    private var syncerThread: Worker?
    private let onFailure: @Sendable (any Error) -> Void

    /// Opens the ledger, or makes a new one. Throws ``LedgerError``, ``FileError`` or `SealError`.
    ///
    /// `onFailure` is called at most once for each of the ledger's two threads, when a file operation has failed: the
    /// ledger takes nothing more then, and what was not synced is not released.
    public init(
        _ options: LedgerOptions, key: LogKey, ratchet: consuming Ratchet?, queue: BatchQueue, counters: LedgerCounters,
        system: any FileSystem = DiskFileSystem(), onFailure: @escaping @Sendable (any Error) -> Void
    ) throws {
        let layout = Layout(options.directory)
        try layout.makeDirectories(system)
        lock = try Self.takeLock(layout, system)
        try Self.checkOrigin(key, layout, system)
        let mark = try DurableMark(layout, system)
        var ratchet = ratchet
        let recovered = try Recovery(options, system).run(now: options.wallClock()) { state in
            try Sealer(key: key, enterpriseNumber: options.enterpriseNumber, ratchet: ratchet.take(), restoring: state)
        } accept: { nextIndex in
            try Self.refuseRestoredBackup(nextIndex, layout, system)
            try Self.refuseLoss(nextIndex, mark, layout, system)
        }
        let horizon = Horizon(recovered.position)
        access = LedgerAccess(layout, horizon, system)
        tornBytes = recovered.tornBytes
        unsealedRecords = recovered.sealer.pending
        syncer = Syncer(horizon) { onFailure($0) }
        self.onFailure = onFailure
        writer = try LedgerWriter(
            options, system, queue: queue, syncer: syncer, counters: counters, signals: signals, mark: mark,
            recovered: recovered)
    }

    /// Starts the two threads.
    public func start() {
        syncerThread = Worker { [syncer] in syncer.run() }
        writerThread = Worker { [self] in
            do { try writer?.run() } catch { onFailure(error) }
        }
    }

    /// Waits until the queue, which must have been closed, is written, sealed and synced. Once is enough; again does
    /// nothing.
    public func join() {
        writerThread?.join()
        writerThread = nil
        syncer.stop()
        syncerThread?.join()
        syncerThread = nil
    }

    private static func takeLock(_ layout: Layout, _ system: any FileSystem) throws -> any File {
        let file = try system.open(layout.lock, .updateOrCreate)
        guard try file.lock() else {
            throw LedgerError(
                .locked,
                "\(layout.directory) is in use by another waxwing; stop it, or give this one another `data` folder")
        }
        return file
    }

    /// A directory holds one log for ever, signed by one key: another origin is another tree, and seals of another key
    /// are none to who has pinned the first.
    private static func checkOrigin(_ key: LogKey, _ layout: Layout, _ system: any FileSystem) throws {
        guard system.exists(layout.origin) else {
            let temporary = layout.origin + ".new"
            let file = try system.open(temporary, .updateOrCreate)
            try file.truncate(to: 0)
            try file.write(Array("\(key.origin)\n\(key.verifierKey)\n".utf8), at: 0)
            try file.sync()
            try system.rename(temporary, to: layout.origin)
            return try system.syncDirectory(layout.directory)
        }
        let text = String(decoding: try system.open(layout.origin, .read).contents(), as: UTF8.self)
        let lines = text.split(separator: "\n").map(String.init)
        guard lines.first == key.origin.text else {
            throw LedgerError(
                .otherOrigin,
                "\(layout.directory) holds the log \(lines.first ?? "?"), not \(key.origin): set `stream.origin` to it, or "
                    + "use another `data` folder for a new log")
        }
        guard lines.count == 2, lines[1] == "\(key.verifierKey)" else {
            throw LedgerError(
                .otherKey,
                "\(layout.directory) holds a log that is signed with the key of \(lines.dropFirst().first ?? "?"), not of "
                    + "\(key.verifierKey): restore the private key, or begin a new log: another `data` folder and another "
                    + "`stream.origin`")
        }
    }

    private static func refuseLoss(
        _ nextIndex: UInt64, _ mark: DurableMark, _ layout: Layout, _ system: any FileSystem
    ) throws {
        guard mark.nextIndex > nextIndex else { return }
        let path = try layout.segmentIndexes(system).last.map(layout.segment) ?? layout.segments
        throw LedgerError(
            .damaged,
            "\(layout.directory) had records up to \(mark.nextIndex), and whole ones are there only up to \(nextIndex): "
                + "what follows in \(path) is damaged or gone, and signing on would give indexes twice. Restore the "
                + "files, or begin a new log: another `data` folder and another `stream.origin`")
    }

    private static func refuseRestoredBackup(
        _ nextIndex: UInt64, _ layout: Layout, _ system: any FileSystem
    ) throws {
        for name in try system.list(layout.cursors) where name.hasSuffix(".cursor") {
            let cursor = try CursorFile("\(layout.cursors)/\(name)", system)
            guard let ahead = cursor.value?.nextIndex, ahead > nextIndex else { continue }
            throw LedgerError(
                .restoredBackup,
                "destination \(name.dropLast(7)) has records up to \(ahead), the ledger only up to \(nextIndex): it was "
                    + "restored from an old copy, and signing on would give indexes twice. Begin a new log: another "
                    + "`data` folder and another `stream.origin`")
        }
    }
}
