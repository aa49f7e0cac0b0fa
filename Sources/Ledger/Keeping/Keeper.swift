public import Batch

/// Looks after the closed segments of a running ledger: compresses what is delivered, deletes what is too old or too
/// much, keeps what is held, and watches the disk. Belongs to one thread.
///
/// One call of ``run(now:shouldGoOn:)`` is one step. Nothing is deleted before the records that say so (`RETENTION`,
/// `LOSS`) are durable in the ledger.
public final class Keeper {
    /// What the keeper did or found, for the log.
    public enum Event: Sendable {
        /// Records were deleted on purpose: how many, from which to which, and why.
        case deleted(Range<UInt64>, reason: String)
        /// The same, though these destinations did not have all of them.
        case lost(Range<UInt64>, destinations: [String])
        /// A segment was compressed: its first index, and bytes before and after.
        case compressed(UInt64, before: UInt64, after: UInt64)
        /// A segment, by its path, has damaged blocks, and is left as it is.
        case damaged(String)
        /// The disk has come to another level.
        case level(DiskUse.Level, DiskUse)
        /// A file operation failed; it is tried again.
        case failed(any Error)
    }

    /// What was handed to the writer, to be acted upon once it is durable.
    private struct Announcement {
        let losses: IndexRanges
        let holds: [(hold: Hold, event: Hold.Event)]
        let deletions: [Deletion]
        /// Index behind the records that say so, once they are written.
        var end: UInt64?

        var records: [RelayRecord] {
            losses.all.map { Loss(indexes: $0, reason: .damage).record } + holds.map { $0.hold.record($0.event) }
                + deletions.flatMap(\.records)
        }
    }

    private let policy: RetentionPolicy
    private let destinations: [String]
    private let segmentBytes: UInt64
    private let author: RelayRecord.Author
    private let layout: Layout
    private let system: any FileSystem
    private let horizon: Horizon
    private let signals: WriterSignals
    private let queue: BatchQueue
    private let ledgerCounters: LedgerCounters
    private let counters: KeeperCounters
    private let freeBytes: () -> UInt64?
    private let report: (Event) -> Void
    private let holds: Holds

    private var survey: SegmentSurvey
    private var remover: SegmentRemover
    private var pending: Announcement?
    private var use = DiskUse(used: 0, usable: .max)
    private var level = DiskUse.Level.ample
    /// First indexes of segments that cannot be compressed.
    private var refused: Set<UInt64> = []

    /// A keeper of `ledger`, which `options` describe.
    ///
    /// - Parameters:
    ///   - destinations: The names of all that are configured; others' cursors keep nothing.
    ///   - system: The file system; that of the ledger if there is none.
    ///   - freeBytes: What the disk has left; nil if that is not known.
    public init(
        _ options: LedgerOptions, _ policy: RetentionPolicy, destinations: [String], ledger: Ledger,
        queue: BatchQueue, ledgerCounters: LedgerCounters, counters: KeeperCounters,
        system: (any FileSystem)? = nil,
        freeBytes: @escaping () -> UInt64?, report: @escaping (Event) -> Void
    ) throws {
        self.policy = policy
        self.destinations = destinations
        self.queue = queue
        self.ledgerCounters = ledgerCounters
        self.counters = counters
        self.freeBytes = freeBytes
        self.report = report
        segmentBytes = options.segmentBytes
        author = RelayRecord.Author(options)
        layout = ledger.access.layout
        self.system = system ?? ledger.access.system
        horizon = ledger.access.horizon
        signals = ledger.signals
        holds = Holds(layout, system: self.system)
        survey = try SegmentSurvey()
        remover = try SegmentRemover(layout, self.system, holds)
        try SegmentCompressor.removeLeftovers(layout, self.system)
    }

    /// Does the next step. Returns whether there is more to do soon.
    ///
    /// - Parameters:
    ///   - now: Milliseconds since 1970.
    ///   - shouldGoOn: Called now and then during long work; it may wait, and says whether to go on.
    public func run(now: UInt64, shouldGoOn: () -> Bool = { true }) -> Bool {
        do {
            if let pending, !isDurable(pending) { return true }
            let written = signals.writtenBytes
            try survey.update(layout, system)
            try measure(since: written)
            askForRotation(now)
            if let pending {
                if try execute(pending, now) { self.pending = nil }
                return true
            }
            if try remover.finish(survey.closed, now: now) { return true }
            if try announce(now) { return true }
            // Leaf hashes of what is gone may take a quarter of the disk.
            if try remover.removeHashes(survey.leaves, age: policy.hashes, limit: use.usable / 4, now: now) {
                return true
            }
            return try compressNext(shouldGoOn)
        } catch {
            counters.failures.add()
            report(.failed(error))
            return false
        }
    }

    // MARK: - The disk

    /// Says how much room there is. What was written since the writer's count was `written` may not have been seen.
    private func measure(since written: Int64) throws(FileError) {
        var used = survey.bytes
        for name in try system.list(layout.directory) where name != "segments" {
            used += DiskUse.bytes(of: "\(layout.directory)/\(name)", system)
        }
        use = DiskUse(
            used: used, budget: policy.diskBytes, free: freeBytes(), segment: segmentBytes,
            queue: UInt64(queue.byteLimit))
        let before = (hasRoom: signals.hasRoom, level: level)
        level = use.level(after: before.level)
        signals.set(room: use.room, since: written)
        if signals.hasRoom, !before.hasRoom { queue.wake() }
        if level != before.level { report(.level(level, use)) }
        counters.used.set(Int64(clamping: use.used))
        counters.usable.set(Int64(clamping: use.usable))
        counters.level.set(Int64(level.rawValue))
        counters.segments.set(Int64(survey.closed.count + 1))
        counters.oldestIndex.set(
            Int64(clamping: survey.closed.first?.indexes.lowerBound ?? survey.newest?.firstIndex ?? 0))
    }

    /// Records in a segment that is not closed do not become old, so a quiet stream's is closed by age.
    private func askForRotation(_ now: UInt64) {
        guard let age = policy.segmentAge, let newest = survey.newest, now > age, newest.createdAt <= now - age else {
            return
        }
        signals.askForRotation()
    }

    // MARK: - Saying so first

    /// Hands the writer the records that say what is to be deleted, was held, or was lost, if there is anything.
    private func announce(_ now: UInt64) throws -> Bool {
        let current = try holds.all()
        counters.holds.set(Int64(current.count))
        let announcement = Announcement(
            losses: try KnownLosses(layout, system).found, holds: try holds.unsealed(),
            deletions: try plan(now, current).deletions(survey.closed, newestBytes: survey.newestBytes))
        let records = announcement.records
        guard !records.isEmpty else { return false }
        var batch = queue.takeEmpty()
        for record in records {
            if batch.isFull {
                queue.push(notice: batch)
                batch = queue.takeEmpty()
            }
            record.append(to: &batch, by: author, at: now)
        }
        queue.push(notice: batch)
        pending = announcement
        return true
    }

    private func plan(_ now: UInt64, _ holds: [Hold]) throws(FileError) -> RetentionPlan {
        RetentionPlan(
            policy: policy, now: now,
            sealedTo: min(
                max(survey.sealedTo, UInt64(ledgerCounters.sealedIndex.current)), horizon.position.nextIndex),
            needs: try needs(), holds: holds, use: use, level: level)
    }

    /// What each destination still needs, by its durable cursor.
    private func needs() throws(FileError) -> [(destination: String, from: UInt64)] {
        var needs: [(destination: String, from: UInt64)] = []
        for name in destinations {
            needs.append((name, try CursorFile.read(layout.cursor(name), system)?.nextIndex ?? 0))
        }
        return needs
    }

    private func isDurable(_ announcement: Announcement) -> Bool {
        guard !queue.hasNotices else { return false }
        let end = announcement.end ?? signals.writtenNotices
        pending?.end = end
        return horizon.position.nextIndex >= end
    }

    // MARK: - Deleting

    /// Does what was announced; false if it has to wait, since holds are just being changed.
    private func execute(_ announcement: Announcement, _ now: UInt64) throws -> Bool {
        let isDone = try holds.locked {
            for (hold, event) in announcement.holds { try holds.noteSealed(hold, event) }
            if !announcement.losses.isEmpty {
                var losses = try KnownLosses(layout, system)
                losses.noteSealed(announcement.losses)
                try losses.store(layout, system)
            }
            for deletion in announcement.deletions { try delete(deletion, now) }
            return true
        }
        return isDone ?? false
    }

    private func delete(_ deletion: Deletion, _ now: UInt64) throws(FileError) {
        let segments = try remover.remove(
            survey.closed.filter { deletion.indexes.contains($0.indexes.lowerBound) }, now: now)
        let count = segments.reduce(0) { $0 + UInt64($1.indexes.count) }
        counters.deleted.add(count)
        if deletion.destinations.isEmpty {
            report(.deleted(deletion.indexes, reason: deletion.reason.rawValue))
        } else {
            counters.lost.add(count)
            report(.lost(deletion.indexes, destinations: deletion.destinations))
        }
    }

    // MARK: - Compressing

    /// Compresses the oldest segment that is delivered, or any closed one when the disk is getting full.
    private func compressNext(_ shouldGoOn: () -> Bool) throws -> Bool {
        guard policy.compresses else { return false }
        // Of one that failed at the end, there are two copies.
        try SegmentCompressor.removeLeftovers(layout, system)
        let delivered = level >= .warning ? .max : try needs().map(\.from).min() ?? .max
        let next = survey.closed.first { segment in
            !segment.isCompressed && segment.indexes.upperBound <= delivered
                && !refused.contains(segment.indexes.lowerBound)
        }
        guard let next else { return false }
        // Where the disk becomes full meanwhile, deleting is more urgent.
        let hadRoom = signals.hasRoom
        let signals = signals
        do throws(SegmentCompressor.Refusal) {
            let (before, after) = try SegmentCompressor(layout, system).compress(next.indexes) {
                shouldGoOn() && (signals.hasRoom || !hadRoom)
            }
            counters.compressed.add()
            report(.compressed(next.indexes.lowerBound, before: before, after: after))
            return true
        } catch {
            switch error {
            case .interrupted: return hadRoom && !signals.hasRoom
            case .damaged:
                refused.insert(next.indexes.lowerBound)
                report(.damaged(layout.segment(next.indexes.lowerBound)))
                return true
            case .file(let error): throw error
            }
        }
    }
}
