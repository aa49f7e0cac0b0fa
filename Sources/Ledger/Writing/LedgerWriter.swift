import Batch
import OpenSSL
import Seal
import Syslog
import TransparencyLog

/// The one writer of the ledger: takes batches from the queue, gives the records their indexes, and writes, seals and
/// has them synced. Runs on a thread of its own. `docs/ledger.md` has the system calls in order.
///
/// A file operation that fails does not end it. What is not durable is in memory (``UnsyncedBlocks``), and the writer
/// writes it again to a new segment until that works (``heal(_:)``); meanwhile it takes nothing from the queue.
struct LedgerWriter: ~Copyable {
    private let options: LedgerOptions
    private let layout: Layout
    private let system: any FileSystem
    private let queue: BatchQueue
    private let horizon: Horizon
    private let syncer: Syncer
    private let counters: LedgerCounters
    private let signals: WriterSignals
    private let onEvent: @Sendable (LedgerEvent) -> Void
    private var sealer: Sealer
    private var segment: SegmentWriter
    private var builder: BlockBuilder
    private var unsynced: UnsyncedBlocks
    private var open: OpenBatch
    private var declaredLoss: UInt64 = 0
    private var unsyncedBytes: UInt64 = 0
    /// When the oldest record without a requested sync came in.
    private var unsyncedSince: UInt64?
    private let mark: DurableMark
    /// When ratchet and mark were last stored, and whether something was written since.
    private var marksStoredAt: UInt64 = 0
    private var marksAreBehind = false
    /// Records were found without a seal: they are sealed first.
    private var isRecovering: Bool
    private static let markInterval: UInt64 = 1_000_000_000

    init(
        _ options: LedgerOptions, _ system: any FileSystem, queue: BatchQueue, horizon: Horizon, syncer: Syncer,
        counters: LedgerCounters, signals: WriterSignals, mark: DurableMark, recovered: consuming RecoveredLedger,
        onEvent: @escaping @Sendable (LedgerEvent) -> Void
    ) throws(OpenSSLError) {
        self.options = options
        self.system = system
        self.queue = queue
        self.horizon = horizon
        self.syncer = syncer
        self.counters = counters
        self.signals = signals
        self.mark = mark
        self.onEvent = onEvent
        layout = Layout(options.directory)
        builder = try BlockBuilder(recovered.sealer.identity)
        unsynced = UnsyncedBlocks(recovered.sealer.state)
        open = OpenBatch(options.batch, at: Self.milliseconds())
        isRecovering = recovered.sealer.pending > 0
        sealer = recovered.sealer
        segment = recovered.segment
    }

    /// Works until the queue is closed and empty, then seals and syncs. Throws when no seal can be made, or when the
    /// files could not be written up to the end.
    mutating func run() throws {
        while try turn(until: nextDeadline) {}
        try stop()
    }

    /// Waits for a batch until `deadline`, takes it in, and does what else is due. Returns false when the queue is closed
    /// and empty.
    mutating func turn(until deadline: UInt64) throws -> Bool {
        if isRecovering {
            isRecovering = false
            try closeBatch(.recover)
        }
        if let failure = syncer.failure { try heal(failure) }
        switch queue.next(until: deadline, takesRecords: { signals.hasRoom }) {
        case .batch(let batch):
            try append(batch)
            signals.note(recordIndex: nextIndex)
            queue.finish(batch)
        case .notice(let batch):
            try append(batch)
            signals.note(nextIndex: nextIndex)
            queue.finish(notice: batch)
        case .timeout: break
        case .closed: return false
        }
        try closeBatchIfDue()
        try syncIfDue()
        return true
    }

    /// Seals what there is, with the last seal of this run, and waits until all is durable.
    mutating func stop() throws {
        try closeBatch(options.finalReason)
        marksStoredAt = 0
        try waitForSync()
        try? segment.syncLeaves()
    }

    private var nextDeadline: UInt64 {
        min(
            UInt64(open.deadline) * 1_000_000, unsyncedSince.map { $0 + options.syncInterval } ?? .max,
            marksAreBehind ? marksStoredAt + Self.markInterval : .max)
    }

    /// The index of the next record that is appended.
    private var nextIndex: UInt64 { sealer.nextIndex + UInt64(builder.recordCount - builder.absorbedCount) }

    private static func milliseconds() -> Int64 { Int64(Clock.monotonic() / 1_000_000) }

    // MARK: Records

    private mutating func append(_ batch: borrowing Batch) throws {
        let now = Clock.monotonic()
        for i in 0..<batch.recordCount {
            if builder.isFull { try writeBlock(endsBatch: false) }
            let length = builder.append(batch[i], of: batch, index: nextIndex)
            open.append(records: 1, bytes: length, at: Int64(now / 1_000_000))
            if open.recordRoom == 0 { try closeBatchIfDue() }
        }
        if unsyncedSince == nil { unsyncedSince = now }
        counters.records.add(UInt64(batch.recordCount))
    }

    private mutating func writeBlock(endsBatch: Bool) throws {
        builder.absorb(into: &sealer)
        guard builder.recordCount > 0 else { return }
        let first = sealer.nextIndex - UInt64(builder.recordCount)
        let block = builder.finish(
            firstIndex: first, endsBatch: endsBatch, writtenAt: options.wallClock(), next: unsynced.takeEmpty())
        unsynced.append(block)
        unsyncedBytes += UInt64(block.length)
        counters.octets.add(UInt64(block.length))
        signals.note(writtenBytes: UInt64(block.length) + (sealer.nextIndex - first) * UInt64(Hash.byteCount))
        do throws(FileError) {
            try segment.append(block)
            if segment.length >= options.segmentBytes || signals.takeRotation() { try rotate() }
        } catch {
            try heal(error)
        }
        if unsynced.isFull { try waitForSync() }
    }

    /// Ends the segment and begins the next one, of which as much as can be is done while the syncer is busy.
    private mutating func rotate() throws(FileError) {
        requestSync()
        try segment.syncLeaves()
        segment = try newSegment(sealer.state) { () throws(FileError) in
            try syncer.drain()
            // What was reserved for the old one and is not needed goes back to the disk.
            segment.cut(to: horizon.position)
        }
    }

    private func newSegment(
        _ state: SealerState, with blocks: [Block] = [], settle: () throws(FileError) -> Void = {}
    ) throws(FileError) -> SegmentWriter {
        let segment = try SegmentWriter.begin(
            state, with: blocks, at: options.wallClock(), reserve: options.segmentBytes, layout, system,
            settle: settle)
        counters.segments.add()
        return segment
    }

    // MARK: Seals

    private mutating func closeBatchIfDue() throws {
        if let reason = open.due(at: Self.milliseconds()) { try closeBatch(reason) }
    }

    private mutating func closeBatch(_ reason: SealReason) throws {
        let lost = queue.lostRecords
        if builder.isFull { try writeBlock(endsBatch: false) }
        let sealed = try builder.seal(
            with: &sealer, why: reason, at: SealTime(clamping: Int64(options.wallClock())),
            dropped: lost - declaredLoss, host: options.hostname, processID: UInt32(options.processID))
        declaredLoss = lost
        open.close(at: Self.milliseconds())
        counters.noteSeal(sealed)
        if unsyncedSince == nil { unsyncedSince = Clock.monotonic() }
        try writeBlock(endsBatch: true)
    }

    // MARK: Durability

    private mutating func syncIfDue() throws {
        let now = Clock.monotonic()
        let isDue =
            unsyncedSince.map { unsyncedBytes >= options.syncBytes || now >= $0 + options.syncInterval } ?? false
        guard isDue || (marksAreBehind && now >= marksStoredAt + Self.markInterval) else { return }
        try writeBlock(endsBatch: false)
        requestSync()
    }

    private mutating func requestSync() {
        unsynced.release(upTo: horizon.position.nextIndex)
        unsynced.noteRequest(sealer.state)
        let position = LedgerPosition(
            nextIndex: sealer.nextIndex, segment: segment.firstIndex, offset: segment.length,
            generation: horizon.position.generation)
        syncer.request(Syncer.Request(file: segment.records, position: position, afterwards: marks()))
        unsyncedBytes = 0
        unsyncedSince = nil
    }

    private mutating func waitForSync() throws {
        do throws(FileError) {
            requestSync()
            try syncer.drain()
            unsynced.release(upTo: horizon.position.nextIndex)
        } catch {
            try heal(error)
        }
    }

    /// What is stored behind the records, at most once a second, and never ahead of them: the mark, and the ratchet's
    /// key, so that the keys of the seals before are erased from the disk.
    private mutating func marks() -> (@Sendable () throws(FileError) -> Void)? {
        let now = Clock.monotonic()
        marksAreBehind = now - marksStoredAt < Self.markInterval
        guard !marksAreBehind else { return nil }
        marksStoredAt = now
        let (mark, state, ratchet, path, system) = (mark, sealer.state, sealer.encodedRatchet(), layout.ratchet, system)
        return { () throws(FileError) in
            if let ratchet { try system.replaceSecret(path, ratchet) }
            try mark.store(state)
        }
    }

    // MARK: Failures

    /// Writes what is not durable to a new segment, again and again until that works; at the relay's end only once
    /// more. Throws the reason if it did not.
    private mutating func heal(_ first: FileError) throws(FileError) {
        var failure = first
        var pause: UInt64 = 0
        counters.isDegraded.set(1)
        onEvent(.degraded(failure))
        while true {
            counters.failures.add()
            let isEnding = queue.waitForEnd(until: Clock.monotonic() + pause)
            do throws(FileError) {
                try writeAgain()
                break
            } catch {
                if error != failure { onEvent(.degraded(error)) }
                failure = error
            }
            if isEnding { throw failure }
            pause = min(options.retryPause.upperBound, max(options.retryPause.lowerBound, pause * 2))
        }
        counters.isDegraded.set(0)
        onEvent(.restored)
    }

    /// Begins a new segment behind the last durable record, writes everything since to it, and waits for its sync.
    private mutating func writeAgain() throws(FileError) {
        syncer.reset()
        let durable = horizon.position
        unsynced.release(upTo: durable.nextIndex)
        if segment.firstIndex == durable.segment { segment.cut(to: durable) }
        try? segment.syncLeaves()
        segment = try newSegment(unsynced.base, with: unsynced.blocks)
        horizon.replaceNewestFile()
        try mark.replace()
        marksStoredAt = 0
        requestSync()
        try syncer.drain()
        unsynced.release(upTo: horizon.position.nextIndex)
    }
}
