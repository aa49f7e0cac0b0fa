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
    /// Records that were durable once and that the start could not read; ``start()`` declares them.
    public let lostRecords: [LostRecords]

    private let lock: any File
    private let queue: BatchQueue
    private let syncer: Syncer
    private let losses: LossDeclarations
    private var writer: LedgerWriter?
    private var writerThread: Worker?
    private var syncerThread: Worker?
    private let onEvent: @Sendable (LedgerEvent) -> Void

    /// Opens the ledger, or makes a new one. Throws ``LedgerError``, ``FileError`` or `SealError`.
    ///
    /// `onEvent` is called from the ledger's threads and those of its readers.
    public init(
        _ options: LedgerOptions, key: LogKey, ratchet: consuming Ratchet?, queue: BatchQueue, counters: LedgerCounters,
        system: any FileSystem = DiskFileSystem(), onEvent: @escaping @Sendable (LedgerEvent) -> Void
    ) throws {
        let layout = Layout(options.directory)
        try layout.makeDirectories(system)
        lock = try Self.takeLock(layout, system)
        try Self.checkOrigin(key, layout, system)
        let mark = try DurableMark(layout, system)
        var ratchet = ratchet
        let recovery = try Recovery(options, system, now: options.wallClock())
        let recovered = try recovery.run(mark: mark.state) { state in
            try Sealer(key: key, enterpriseNumber: options.enterpriseNumber, ratchet: ratchet.take(), restoring: state)
        } accept: { nextIndex in
            try Self.refuseRestoredBackup(nextIndex, layout, system)
            try options.accept(nextIndex)
        }
        let horizon = Horizon(recovered.position)
        losses = LossDeclarations(
            options, known: try KnownLosses(layout, system), queue: queue, counters: counters, onEvent: onEvent)
        access = LedgerAccess(layout, horizon, losses, system)
        tornBytes = recovered.tornBytes
        unsealedRecords = recovered.sealer.pending
        syncer = Syncer(horizon, isInline: options.isStepwise) { queue.wake() }
        self.queue = queue
        self.onEvent = onEvent
        let lossFrom = recovered.lossFrom
        writer = try LedgerWriter(
            options, system, queue: queue, horizon: horizon, syncer: syncer, counters: counters, signals: signals,
            mark: mark, recovered: recovered, onEvent: onEvent)
        let missing = try lossFrom.map { try Self.missing(from: $0, layout, system, horizon) } ?? []
        lostRecords = missing.filter { !$0.wereDeleted }
    }

    /// Starts the two threads. What is lost is declared first.
    public func start() {
        for lost in lostRecords { losses.declare(lost) }
        syncerThread = Worker { [syncer] in syncer.run() }
        writerThread = Worker { [self] in
            do { try writer?.run() } catch { onEvent(.failed(error)) }
        }
    }

    /// Does what there is to do now; at the end, when the queue was closed, all that ``join()`` waits for. Only of a
    /// stepwise ledger.
    func step() throws {
        for lost in lostRecords { losses.declare(lost) }
        while queue.isWaiting { _ = try writer?.turn(until: 0) }
        if queue.isClosed { try writer?.stop() }
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

    /// Which of the durable records from `index` on cannot be read.
    private static func missing(
        from index: UInt64, _ layout: Layout, _ system: any FileSystem, _ horizon: Horizon
    ) throws -> [LostRecords] {
        let end = horizon.position.nextIndex
        guard try layout.segmentIndexes(system).contains(where: { $0 < end }) else {
            return index < end ? [LostRecords(indexes: index..<end, segment: layout.segments)] : []
        }
        var losses: [LostRecords] = []
        var reader = try LedgerReader(layout, system, horizon, from: index) { losses.append($0) }
        var memory = [UInt8](repeating: 0, count: BlockHeader.size + BlockHeader.payloadLimit)
        while let block = try reader.peek() {
            try unsafe memory.withUnsafeMutableBytes { memory in
                let size = BlockHeader.size + block.payloadLength
                _ = unsafe try reader.read(block, into: UnsafeMutableRawBufferPointer(rebasing: memory[..<size]))
            }
        }
        return losses
    }

    static func takeLock(_ layout: Layout, _ system: any FileSystem) throws -> any File {
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
        guard let stored = try OriginFile(layout, system) else {
            return try OriginFile.store(key.verifier, layout, system)
        }
        // What a damaged file said the newest seal says too, and by whose key.
        if !stored.isWhole {
            let seal = try OriginFile.newestSeal(layout, system)
            let isOurs = seal.map { $0.origin == key.origin && (try? $0.note.verify(by: key.verifier)) != nil }
            if isOurs ?? true { return try OriginFile.store(key.verifier, layout, system) }
            throw LedgerError(
                .otherOrigin,
                "\(layout.origin) is damaged, and the newest seal is not by \(key.verifierKey): put back the file, or the "
                    + "key and `stream.origin` of the log that is in \(layout.directory)")
        }
        guard stored.name == key.origin.text else {
            throw LedgerError(
                .otherOrigin,
                "\(layout.directory) holds the log \(stored.name), not \(key.origin): set `stream.origin` to it, or "
                    + "use another `data` folder for a new log")
        }
        guard stored.key == "\(key.verifierKey)" else {
            throw LedgerError(
                .otherKey,
                "\(layout.directory) holds a log that is signed with the key of \(stored.key), not of "
                    + "\(key.verifierKey): restore the private key, or name the new one in `stream.key` if the key was "
                    + "replaced; or begin a new log: another `data` folder and another `stream.origin`")
        }
    }

    private static func refuseRestoredBackup(
        _ nextIndex: UInt64, _ layout: Layout, _ system: any FileSystem
    ) throws {
        for name in try system.list(layout.cursors) where name.hasSuffix(".cursor") {
            let cursor = try CursorFile("\(layout.cursors)/\(name)", system)
            guard let ahead = cursor.value?.nextIndex, ahead > nextIndex else { continue }
            throw restoredBackup("destination \(name.dropLast(7))", ahead, nextIndex)
        }
    }

    /// The refusal of a ledger that ends at `nextIndex`, while `who` has records up to `ahead`.
    public static func restoredBackup(_ who: String, _ ahead: UInt64, _ nextIndex: UInt64) -> LedgerError {
        LedgerError(
            .restoredBackup,
            "\(who) has records up to \(ahead), the ledger only up to \(nextIndex): it was restored from an old copy, and "
                + "signing on would give indexes twice. Put the newest copy back, or begin a new log: another `data` "
                + "folder and another `stream.origin`")
    }
}
