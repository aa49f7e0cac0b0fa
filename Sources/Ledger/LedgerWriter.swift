import Batch
import OpenSSL
import Seal
import Syslog

/// The one writer of the ledger: takes batches from the queue, gives the records their indexes, and writes, seals and
/// has them synced. Runs on a thread of its own.
///
/// The system calls: a block is written behind the last one, its leaf hashes to the file beside it (pwrite each). Every
/// `syncInterval` or `syncBytes` the syncer syncs the segment (fdatasync), at most once a second stores ratchet and
/// durable mark, and then moves the horizon that readers see. A segment that is long enough is synced and followed by
/// the next one, whose header is synced under another name before it gets its own (rename, fsync of the folder).
struct LedgerWriter: ~Copyable {
    private let options: LedgerOptions
    private let layout: Layout
    private let system: any FileSystem
    private let queue: BatchQueue
    private let syncer: Syncer
    private let counters: LedgerCounters
    private let signals: WriterSignals
    private var sealer: Sealer
    private var segment: SegmentWriter
    private var builder: BlockBuilder
    private var open: OpenBatch
    private var declaredLoss: UInt64 = 0
    private var unsyncedBytes: UInt64 = 0
    /// When the oldest record without a requested sync came in.
    private var unsyncedSince: UInt64?
    private let mark: DurableMark
    /// When ratchet and mark were last stored, and whether something was written since.
    private var marksStoredAt: UInt64 = 0
    private var marksAreBehind = false
    private static let markInterval: UInt64 = 1_000_000_000

    init(
        _ options: LedgerOptions, _ system: any FileSystem, queue: BatchQueue, syncer: Syncer, counters: LedgerCounters,
        signals: WriterSignals, mark: DurableMark, recovered: consuming RecoveredLedger
    ) throws(OpenSSLError) {
        self.options = options
        self.system = system
        self.queue = queue
        self.syncer = syncer
        self.counters = counters
        self.signals = signals
        self.mark = mark
        layout = Layout(options.directory)
        builder = try BlockBuilder(recovered.sealer.identity)
        open = OpenBatch(options.batch, at: Self.milliseconds())
        sealer = recovered.sealer
        segment = recovered.segment
    }

    /// Works until the queue is closed and empty, then seals and syncs.
    mutating func run() throws {
        if sealer.pending > 0 { try closeBatch(.recover) }
        while true {
            switch queue.next(until: nextDeadline, takesRecords: { signals.hasRoom }) {
            case .batch(let batch):
                try append(batch)
                queue.finish(batch)
            case .notice(let batch):
                try append(batch)
                signals.note(nextIndex: sealer.nextIndex + UInt64(builder.recordCount - builder.absorbedCount))
                queue.finish(notice: batch)
            case .timeout: break
            case .closed: return try stop()
            }
            try closeBatchIfDue()
            try syncIfDue()
        }
    }

    private var nextDeadline: UInt64 {
        min(
            UInt64(open.deadline) * 1_000_000, unsyncedSince.map { $0 + options.syncInterval } ?? .max,
            marksAreBehind ? marksStoredAt + Self.markInterval : .max)
    }

    private static func milliseconds() -> Int64 { Int64(Clock.monotonic() / 1_000_000) }

    // MARK: Records

    private mutating func append(_ batch: borrowing Batch) throws {
        let now = Clock.monotonic()
        for i in 0..<batch.recordCount {
            if builder.isFull { try writeBlock(endsBatch: false) }
            let index = sealer.nextIndex + UInt64(builder.recordCount - builder.absorbedCount)
            let length = builder.append(batch[i], of: batch, index: index)
            open.append(records: 1, bytes: length, at: Int64(now / 1_000_000))
            if open.recordRoom == 0 { try closeBatchIfDue() }
        }
        if unsyncedSince == nil { unsyncedSince = now }
        counters.records.add(UInt64(batch.recordCount))
    }

    private mutating func writeBlock(endsBatch: Bool) throws {
        builder.absorb(into: &sealer)
        guard builder.recordCount > 0 else { return }
        let bytes = UInt64(BlockHeader.size + builder.payloadLength)
        let first = sealer.nextIndex - UInt64(builder.recordCount)
        try unsafe builder.finish(firstIndex: first, endsBatch: endsBatch, writtenAt: options.wallClock()) {
            (block, leaves) throws(FileError) in
            try unsafe segment.append(block, leaves: leaves)
        }
        unsyncedBytes += bytes
        counters.octets.add(bytes)
        signals.note(writtenBytes: bytes)
        if segment.length >= options.segmentBytes || signals.takeRotation() { try rotate() }
    }

    private mutating func rotate() throws {
        requestSync()
        try syncer.drain()
        try segment.syncLeaves()
        segment = try SegmentWriter(
            creating: sealer.state, at: options.wallClock(), reserve: options.segmentBytes, layout, system)
        counters.segments.add()
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
        let position = LedgerPosition(
            nextIndex: sealer.nextIndex, segment: segment.firstIndex, offset: segment.length)
        syncer.request(Syncer.Request(file: segment.records, position: position, afterwards: marks()))
        unsyncedBytes = 0
        unsyncedSince = nil
    }

    /// What is stored behind the records, at most once a second, and never ahead of them: the mark, and the ratchet's
    /// key, so that the keys of the seals before are erased from the disk.
    private mutating func marks() -> (@Sendable () throws(FileError) -> Void)? {
        let now = Clock.monotonic()
        marksAreBehind = now - marksStoredAt < Self.markInterval
        guard !marksAreBehind else { return nil }
        marksStoredAt = now
        let (mark, nextIndex, ratchet, path) = (mark, sealer.nextIndex, sealer.encodedRatchet(), layout.ratchet)
        return { () throws(FileError) in
            if let ratchet { try RatchetFile.store(ratchet, at: path) }
            try mark.store(nextIndex)
        }
    }

    private mutating func stop() throws {
        try closeBatch(.stop)
        marksStoredAt = 0
        requestSync()
        try syncer.drain()
        try segment.syncLeaves()
    }
}
