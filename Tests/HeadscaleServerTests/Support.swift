import Batch
import Headscale
import Logging
import NIOPosix
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import HeadscaleServer

extension Snapshot {
    /// A small network: two users, two nodes, a key of each kind and a policy.
    static var example: Snapshot {
        var snapshot = Snapshot()
        snapshot.users = [User(id: 1, name: "alice"), User(id: 2, name: "bob")]
        snapshot.nodes = [.example(1, "web1", user: 1, "alice"), .example(2, "db1", user: 2, "bob")]
        var key = Key(id: 1)
        key.prefix = "AAAAAAAAAAAA"
        key.user = "alice"
        key.expiry.at = 4_000_000_000
        snapshot.keys[.preAuth] = [key]
        key.user = ""
        key.prefix = "BBBBBBBBBBBB"
        snapshot.keys[.api] = [key]
        snapshot.policy = Policy(text: "{\n  // everybody\n  \"acls\": []\n}\n", updated: 1_700_000_000)
        return snapshot
    }

    /// The same after a change.
    func with(_ change: (inout Snapshot) -> Void) -> Snapshot {
        var copy = self
        change(&copy)
        return copy
    }
}

extension Snapshot.Node {
    static func example(_ id: UInt64, _ name: String, user: UInt64?, _ userName: String) -> Self {
        var node = Self(id: id)
        node.hostname = name
        node.givenName = name
        node.userID = user
        node.user = userName
        node.addresses = [IPAddress(v4: 0x6440_0000 + UInt32(id))]
        node.registered = "authkey"
        node.nodeKey = 0xABCD_0000_0000_0000 + id
        return node
    }
}

extension StateRecord {
    subscript(_ name: String) -> String? { parameters.first { $0.name == name }?.value }
}

/// What a ledger would have got.
final class RecordSink: Sendable {
    private let state = Mutex<(records: [StateRecord], isDurable: Bool)>(([], true))

    var records: [StateRecord] { state.withLock { $0.records } }

    func setDurable(_ isDurable: Bool) { state.withLock { $0.isDurable = isDurable } }

    func append(_ records: [StateRecord]) -> @Sendable () -> Bool {
        state.withLock { $0.records += records }
        return { [self] in state.withLock { $0.isDurable } }
    }
}

/// A loop of the watcher over a source of its own, run turn by turn.
struct Bench: ~Copyable {
    let sink = RecordSink()
    let context = ContextStore()
    let hints = WatcherHints()
    private let directory = TemporaryDirectory()
    private var source: any StateSource
    private let redact: @Sendable (String) -> String
    private var loop: StateLoop?

    init(_ source: any StateSource, redact: @escaping @Sendable (String) -> String = { $0 }) {
        self.source = source
        self.redact = redact
        restart()
    }

    var folder: String { directory.path("headscale") }

    /// Goes on in a new process, after the old one ended in order, or was killed.
    mutating func restart(_ other: (any StateSource)? = nil, killing: Bool = false) {
        if !killing { loop?.stop() }
        source = other ?? source
        let registry = MetricsRegistry()
        loop = StateLoop(
            StateService.Options(.file(path: ""), interval: 0, watches: true, folder: folder),
            StateService.Surroundings(
                context: context, hints: hints, counters: StateCounters(registry, context),
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), redact: redact,
                append: { [sink] in sink.append($0) }),
            source)
    }

    /// Reads the state once, and sees what was reported durable. Returns the new records.
    @discardableResult
    mutating func turn() -> [StateRecord] {
        let before = sink.records.count
        _ = loop?.turn()
        _ = loop?.turn()
        return Array(sink.records[before...])
    }

    /// Reads the state once and no more.
    mutating func halfTurn() { _ = loop?.turn() }
}

/// A source that says what it is told to.
final class ScriptedSource: StateSource {
    let name: String
    private let state: Mutex<Result<Snapshot, ServerError>>

    init(_ snapshot: Snapshot, name: String = "api test") {
        self.name = name
        state = Mutex(.success(snapshot))
    }

    func set(_ snapshot: Snapshot) { state.withLock { $0 = .success(snapshot) } }
    func fail(_ text: String) { state.withLock { $0 = .failure(ServerError(text)) } }
    func read() throws(ServerError) -> Snapshot { try state.withLock { $0 }.get() }
}

/// Something that a server does or does not.
final class Flag: Sendable {
    private let value = Atomic<Bool>(false)

    var isSet: Bool { value.load(ordering: .acquiring) }

    func set(_ new: Bool) { value.store(new, ordering: .releasing) }
}

/// Reads a source on a thread of its own.
final class ReadingThread: Sendable {
    private let outcome: Monitor<Result<Snapshot, ServerError>?>
    private let thread: Worker

    init(_ source: any StateSource) {
        let outcome = Monitor<Result<Snapshot, ServerError>?>(nil)
        self.outcome = outcome
        thread = Worker {
            let result = Result { () throws(ServerError) in try source.read() }
            outcome.withLock { $0 = result }
        }
    }

    /// Waits for the end of it.
    func result() throws -> Snapshot {
        thread.join()
        return try #require(outcome.withLock { $0 }).get()
    }
}
