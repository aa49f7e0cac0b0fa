import Headscale

/// The last snapshot whose changes were told, and how it came to be.
public struct KeptSnapshot: Sendable, Equatable {
    /// Whose state it is, and by which way: `api https://…`, `sqlite /var/…`. Those of two sources are not compared.
    public var source: String
    /// When reading it began, in milliseconds since 1970: what happened later may not be in it.
    public var from: Int64
    public var snapshot: Snapshot

    public init(source: String, from: Int64, snapshot: Snapshot) {
        self.source = source
        self.from = from
        self.snapshot = snapshot
    }
}

/// Decides what to tell of the snapshots that come in: a state machine without clock, files or connections.
///
/// Nothing is missed and nothing is told twice: a snapshot takes the place of the last one only when the records about
/// it are durable (``Action/report(_:then:)``), and only then is the next one compared. Should the process die in
/// between, the same changes are found again by the next one, which is told that this may be so, and marks them
/// `repeated="possible"`.
struct WatcherMachine {
    enum Event {
        /// The state was read, between these two times (milliseconds since 1970).
        case snapshot(Snapshot, from: Int64, to: Int64)
        /// It could not be read, for this reason.
        case failure(ServerError, at: Int64)
        /// What ``Action/report(_:then:)`` asked for is done.
        case reported
    }

    enum Action: Equatable {
        /// The records are to be made durable, then the snapshot, and then the machine is to be told.
        case report([StateRecord], then: KeptSnapshot)
        /// The records, which belong to no snapshot, are to be handed on.
        case announce([StateRecord])
        /// The state is to be read again soon.
        case askAgain
    }

    /// Failures in a row after which the watcher calls itself blind.
    static let failureLimit = 3
    /// How old, in milliseconds, the kept snapshot may be on the disk if nothing changes: the start of a window after a
    /// restart is too early by so much at most.
    static let keepInterval: Int64 = 600_000

    /// Octets that a parameter of a record has at most.
    static let valueLimit = UnifiedDiff.limit

    private let source: String
    private let channel: String
    private let hints: WatcherHints
    private(set) var last: KeptSnapshot?
    private var storedAt: Int64 = 0
    private var reporting: KeptSnapshot?
    private var mayRepeat: Bool
    /// What was empty all of a sudden in the snapshot before, which was not believed.
    private var doubted: Snapshot?
    private var failures = 0
    private var blindSince: Int64?

    /// A watcher of `source` (see ``KeptSnapshot/source``), whose first word is how the state is read, that goes on from
    /// `last`. `mayRepeat` says that the records behind it may have been told already.
    init(source: String, hints: WatcherHints, last: KeptSnapshot? = nil, mayRepeat: Bool = false) {
        self.source = source
        channel = String(source.prefix { $0 != " " })
        self.hints = hints
        self.last = last?.source == source ? last : nil
        self.mayRepeat = mayRepeat && self.last != nil
        storedAt = last?.from ?? 0
    }

    /// The newest snapshot that is believed.
    var newest: KeptSnapshot? { reporting ?? last }

    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .snapshot(let snapshot, let from, let to):
            let recovered = recover(at: to)
            return recovered + take(snapshot, from, to)
        case .failure(let error, let time): return fail(error, at: time)
        case .reported:
            last = reporting ?? last
            storedAt = last?.from ?? 0
            reporting = nil
            mayRepeat = false
            return []
        }
    }

    // MARK: - Snapshots

    private mutating func take(_ snapshot: Snapshot, _ from: Int64, _ to: Int64) -> [Action] {
        guard reporting == nil else { return [] }
        var snapshot = snapshot
        snapshot.sort()
        guard let last else {
            snapshot.judgeExpiries(at: to / 1000, after: nil)
            return report([baseline(snapshot)], KeptSnapshot(source: source, from: from, snapshot: snapshot))
        }
        snapshot.complete(from: last.snapshot)
        guard isBelieved(snapshot, after: last.snapshot) else { return [.askAgain] }
        snapshot.judgeExpiries(at: to / 1000, after: last.snapshot)
        let kept = KeptSnapshot(source: source, from: from, snapshot: snapshot)
        guard snapshot != last.snapshot else {
            // The old one stays in memory, where the context shares its nodes.
            self.last?.from = from
            return mayRepeat || from - storedAt >= Self.keepInterval ? report([], self.last ?? kept) : []
        }
        let changes = SnapshotDifference(from: last.snapshot, to: snapshot).changes
        return report(records(changes, since: last.from, until: to), kept)
    }

    private mutating func report(_ records: [StateRecord], _ kept: KeptSnapshot) -> [Action] {
        reporting = kept
        return [.report(records, then: kept)]
    }

    /// An empty list after one that was not is believed when it comes twice: a server that starts may be asked before it
    /// has read its database.
    private mutating func isBelieved(_ snapshot: Snapshot, after old: Snapshot) -> Bool {
        guard snapshot.isSuddenlyEmpty(after: old) else {
            doubted = nil
            return true
        }
        if let doubted, !snapshot.isSuddenlyEmpty(after: doubted) {
            self.doubted = nil
            return true
        }
        doubted = snapshot
        return false
    }

    // MARK: - Failures

    private mutating func fail(_ error: ServerError, at time: Int64) -> [Action] {
        failures += 1
        guard failures == Self.failureLimit else { return [] }
        blindSince = time
        return [
            .announce([
                record(
                    .watcherBlind, outcome: "failure", [("reason", error.description)],
                    text: "the state of Headscale cannot be read: \(error)")
            ])
        ]
    }

    private mutating func recover(at time: Int64) -> [Action] {
        failures = 0
        guard let since = blindSince else { return [] }
        blindSince = nil
        return [
            .announce([
                record(
                    .watcherRecovered,
                    [("since", StateTime.text(milliseconds: since)), ("until", StateTime.text(milliseconds: time))],
                    text: "the state of Headscale can be read again")
            ])
        ]
    }

    // MARK: - Records

    private func baseline(_ snapshot: Snapshot) -> StateRecord {
        let keys = snapshot.keys.values.reduce(0) { $0 + $1.count }
        return record(
            .watcherBaseline,
            [
                ("users", "\(snapshot.users.count)"), ("nodes", "\(snapshot.nodes.count)"), ("keys", "\(keys)"),
                ("version", snapshot.version ?? ""),
            ].filter { !$0.1.isEmpty },
            text: "the state of Headscale is known, and compared with from now on: \(snapshot.summary)")
    }

    private func records(_ changes: [Change], since: Int64, until: Int64) -> [StateRecord] {
        let likely = LikelyCauses.find(changes, hints.within(min(since, until)...until))
        let window = [
            ("since", StateTime.text(milliseconds: since)), ("until", StateTime.text(milliseconds: until)),
        ]
        return zip(changes, likely).map { change, likely in
            var parameters = change.subject.map { ($0.name, $0.value) }
            if let old = change.old { parameters.append(("old", old)) }
            if let new = change.new { parameters.append(("new", new)) }
            parameters += change.details.map { ($0.name, $0.value) } + [("actor", "unknown")]
            if let likely { parameters.append(("likely", likely.description)) }
            parameters += window
            if mayRepeat { parameters.append(("repeated", "possible")) }
            return record(change.event, parameters, text: change.text)
        }
    }

    private func record(
        _ event: StateEvent, outcome: String = "success", _ parameters: [(String, String)], text: String
    ) -> StateRecord {
        StateRecord(
            severity: event.severity, event: event.rawValue,
            parameters: [
                (name: "outcome", value: outcome), (name: "category", value: event.category),
                (name: "service", value: "audit"), (name: "level", value: event.severity < 5 ? "warn" : "info"),
            ] + parameters.map { (name: $0.0, value: Self.cut($0.1)) } + [(name: "source", value: channel)],
            text: Self.cut(text))
    }

    /// A value that is not longer than ``valueLimit``.
    private static func cut(_ value: String) -> String {
        guard value.utf8.count > valueLimit else { return value }
        // A character has four octets at most.
        let ends = (valueLimit - 3...valueLimit).reversed()
        return (ends.lazy.compactMap { String(value.utf8.prefix($0)) }.first ?? "") + "…"
    }
}
