import Batch
import Headscale
import Logging

/// What the thread of a ``StateService`` does: the state machine's actions, with files and clocks.
struct StateLoop: ~Copyable {
    /// How soon a doubtful answer is asked for again.
    private static let secondLook: UInt64 = 2_000_000_000
    /// How long there is nothing read after a reading.
    private static let rest: UInt64 = 1_000_000_000
    /// How often it is looked whether records have become durable.
    private static let durabilityInterval: UInt64 = 20_000_000
    /// How long the end waits for that.
    private static let endLimit: UInt64 = 5_000_000_000

    private let options: StateService.Options
    private let surroundings: StateService.Surroundings
    private let source: any StateSource
    private let file: SnapshotFile
    private var machine: WatcherMachine
    private var nextReading: UInt64 = 0
    private var pending: Pending?
    /// The snapshot that is on the disk.
    private var stored: KeptSnapshot?
    /// The nodes that the context shows.
    private var shown: [Snapshot.Node]?
    /// What was complained of last, and is still so.
    private var complaint: ServerError?

    private struct Pending {
        var kept: KeptSnapshot
        var isDurable: @Sendable () -> Bool
    }

    init(_ options: StateService.Options, _ surroundings: StateService.Surroundings, _ source: any StateSource) {
        self.options = options
        self.surroundings = surroundings
        self.source = source
        file = SnapshotFile(folder: options.folder)
        var (kept, mayRepeat) = (KeptSnapshot?.none, false)
        do throws(ServerError) {
            kept = try file.read()
            if let kept { mayRepeat = try file.isMarked(behind: kept) }
        } catch {
            surroundings.logger.warning(
                "the last snapshot of Headscale cannot be read: changes since then are not told",
                metadata: ["error": "\(error)"])
        }
        machine = WatcherMachine(
            source: source.name, hints: surroundings.hints, last: kept, mayRepeat: mayRepeat)
        stored = machine.last
        if let last = machine.last { show(last.snapshot, at: last.from) }
    }

    // MARK: - Turns

    /// Does what is due, and returns when there is something to do again (monotonic nanoseconds).
    mutating func turn() -> UInt64 {
        if let pending, pending.isDurable() { finish(pending) }
        if Clock.monotonic() >= nextReading { read() }
        return pending == nil ? nextReading : min(nextReading, Clock.monotonic() + Self.durabilityInterval)
    }

    /// Waits for what was handed on, and keeps the newest snapshot.
    mutating func stop() {
        let limit = Clock.monotonic() + Self.endLimit
        let clock = Monitor(())
        while let pending, Clock.monotonic() < limit {
            if pending.isDurable() { finish(pending) }
            _ = clock.wait(until: Clock.monotonic() + Self.durabilityInterval) { _ in Bool?.none }
        }
        if pending == nil, let last = machine.last, last != stored { store(last) }
    }

    private mutating func read() {
        let from = Self.milliseconds()
        nextReading = Clock.monotonic() + options.interval
        // A server that takes longer than that to answer is given a rest.
        defer { nextReading = max(nextReading, Clock.monotonic() + min(options.interval, Self.rest)) }
        do throws(ServerError) {
            var snapshot = try source.read()
            snapshot.redact(surroundings.redact)
            handle(.snapshot(snapshot, from: from, to: Self.milliseconds()))
            if let newest = machine.newest { show(newest.snapshot, at: newest.from) }
            surroundings.counters.noteReading(milliseconds: Self.milliseconds() - from)
            complain(of: nil)
        } catch {
            surroundings.counters.noteFailure()
            complain(of: error)
            handle(.failure(error, at: Self.milliseconds()))
        }
    }

    /// Says in the relay's own log what keeps the state from being read, once, and when nothing does any more.
    private mutating func complain(of error: ServerError?) {
        guard error != complaint else { return }
        complaint = error
        if let error {
            surroundings.logger.warning(
                "the state of Headscale cannot be read; it is tried again", metadata: ["error": "\(error)"])
        } else {
            surroundings.logger.notice("the state of Headscale can be read again")
        }
    }

    private static func milliseconds() -> Int64 { Int64(Clock.wall() / 1_000_000) }

    // MARK: - Actions

    private mutating func handle(_ event: WatcherMachine.Event) {
        for action in machine.handle(event) {
            switch action {
            case .askAgain: nextReading = min(nextReading, Clock.monotonic() + Self.secondLook)
            case .announce(let records): _ = append(records)
            case .report(let records, let kept):
                if !records.isEmpty, options.watches {
                    attempt { () throws(ServerError) in try file.setMark(for: kept) }
                }
                let pending = Pending(kept: kept, isDurable: append(records))
                if records.isEmpty { finish(pending) } else { self.pending = pending }
            }
        }
    }

    private func append(_ records: [StateRecord]) -> @Sendable () -> Bool {
        guard options.watches, !records.isEmpty else { return { true } }
        for record in records { surroundings.counters.noteChange(record.event) }
        return surroundings.append(records)
    }

    private mutating func finish(_ done: Pending) {
        pending = nil
        store(done.kept)
        _ = machine.handle(.reported)
    }

    private mutating func store(_ kept: KeptSnapshot) {
        attempt { () throws(ServerError) in try file.replace(kept) }
        stored = kept
    }

    /// A disk that fails does not end the watcher: what it knows is in memory, and the mark stays.
    private func attempt(_ body: () throws(ServerError) -> Void) {
        do throws(ServerError) { try body() } catch {
            surroundings.logger.warning(
                "the snapshot of Headscale cannot be kept: after a restart, changes may be told twice",
                metadata: ["error": "\(error)"])
        }
    }

    /// Shows the snapshot to the data plane, by a new table if its nodes are other ones. `time` is in milliseconds since
    /// 1970.
    private mutating func show(_ snapshot: Snapshot, at time: Int64) {
        let takenAt = UInt64(max(0, time)) * 1_000_000
        surroundings.counters.note(nodes: snapshot.nodes.count, users: snapshot.users.count)
        guard snapshot.nodes != shown else { return surroundings.context.confirm(takenAt: takenAt) }
        shown = snapshot.nodes
        surroundings.context.replace(snapshot.context, takenAt: takenAt)
    }
}

extension Snapshot {
    /// Takes secrets out of the text that people write: it is kept on the disk, and told.
    fileprivate mutating func redact(_ line: (String) -> String) {
        if let text = policy?.text {
            policy?.text = text.split(separator: "\n", omittingEmptySubsequences: false).map { line(String($0)) }
                .joined(separator: "\n")
        }
        for (kind, keys) in keys {
            for index in keys.indices where !keys[index].description.isEmpty {
                self.keys[kind]?[index].description = line(keys[index].description)
            }
        }
    }
}
