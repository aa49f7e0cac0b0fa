import Batch
public import Headscale
public import Logging
public import NIOCore

/// How Headscale's state is learned.
public enum StateOrigin: Sendable, Equatable {
    case api(APIAddress, APICredential, authorityFile: String?)
    case database(path: String)
    case file(path: String)

    func open(on group: any EventLoopGroup) throws(ServerError) -> any StateSource {
        switch self {
        case .api(let address, .oauth(let clientID, let secretFile), let authorityFile):
            try OAuthSource(
                address, clientID: clientID, secretFile: secretFile, authorityFile: authorityFile, on: group)
        case .api(let address, let credential, let authorityFile):
            try APISource(address, credential, authorityFile: authorityFile, on: group)
        case .database(let path): DatabaseSource(path: path)
        case .file(let path): FileSource(path: path)
        }
    }

    /// Opens the files that it names, and says what was found. A server is asked only with `connecting`.
    public func check(connecting: Bool, on group: any EventLoopGroup) throws(ServerError) -> String {
        let source = try open(on: group)
        defer { source.close() }
        switch self {
        case .api(let address, let credential, _) where !connecting:
            switch credential {
            case .key(let file), .oauth(_, let file): _ = try APIClient.secret(file: file)
            case .none: break
            }
            return "\(address), not tried (--connect)"
        case .api, .database, .file:
            return try source.read().summary
        }
    }
}

/// Reads Headscale's state every so often, on a thread of its own; keeps the context of records up to date, and hands on
/// what has changed.
public final class StateService: Sendable {
    public struct Options: Sendable {
        public var origin: StateOrigin
        /// Nanoseconds between two readings.
        public var interval: UInt64
        /// Whether changes are told.
        public var watches: Bool
        /// Where the last snapshot is kept.
        public var folder: String

        public init(_ origin: StateOrigin, interval: UInt64, watches: Bool, folder: String) {
            self.origin = origin
            self.interval = interval
            self.watches = watches
            self.folder = folder
        }
    }

    /// What the service does with its findings.
    public struct Surroundings: Sendable {
        public var context: ContextStore
        public var hints: WatcherHints
        public var counters: StateCounters
        public var logger: Logger
        /// Takes the secrets out of a line of text.
        public var redact: @Sendable (String) -> String
        /// Hands records to the ledger, and returns a way to ask whether they are durable there.
        public var append: @Sendable ([StateRecord]) -> @Sendable () -> Bool

        public init(
            context: ContextStore, hints: WatcherHints, counters: StateCounters, logger: Logger,
            redact: @escaping @Sendable (String) -> String,
            append: @escaping @Sendable ([StateRecord]) -> @Sendable () -> Bool
        ) {
            self.context = context
            self.hints = hints
            self.counters = counters
            self.logger = logger
            self.redact = redact
            self.append = append
        }
    }

    private let options: Options
    private let surroundings: Surroundings
    private let source: any StateSource
    private let isStopping = Monitor(false)
    private let worker = Monitor<Worker?>(nil)

    /// Throws when a file that the options name cannot be used.
    public init(
        _ options: Options, _ surroundings: Surroundings, on group: any EventLoopGroup
    ) throws(ServerError) {
        self.options = options
        self.surroundings = surroundings
        source = try options.origin.open(on: group)
    }

    /// Begins with what was kept, and reads the state at once.
    public func start() {
        worker.withLock { worker in
            worker = Worker { [self] in
                var loop = StateLoop(options, surroundings, source)
                while !isStopping.withLock({ $0 }) {
                    let deadline = loop.turn()
                    _ = isStopping.wait(until: deadline) { $0 ? true : nil }
                }
                loop.stop()
            }
        }
    }

    /// Stops, once what was handed on is durable, or a few seconds have passed. Before the ledger ends.
    public func stop() {
        isStopping.withLock { $0 = true }
        isStopping.signal()
        source.close()
        worker.withLock { worker in
            worker?.join()
            worker = nil
        }
    }
}
