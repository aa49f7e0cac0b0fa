import Batch
import Delivery
import Glibc
import HeadscaleServer
import Intake
import Ledger
import Logging
import NIOCore
import NIOPosix
import OpenSSL
import Seal
public import Settings
import Syslog
import TLS
import Telemetry

/// Tries out everything a configuration names, as a start would, and changes nothing.
public struct SetupCheck {
    /// The result for one thing that was checked.
    public struct Finding: Sendable, CustomStringConvertible {
        public enum Level: String, Sendable {
            case ok, warning, error
        }

        public let level: Level
        public let subject: String
        public let detail: String

        public var isError: Bool { level == .error }
        public var description: String { "\(level.rawValue): \(subject): \(detail)" }
    }

    private let settings: Settings
    private let freeBytes: @Sendable (String) -> UInt64?

    public init(_ settings: Settings) {
        self.init(settings, freeBytes: FreeSpace.bytes)
    }

    init(_ settings: Settings, freeBytes: @escaping @Sendable (String) -> UInt64?) {
        self.settings = settings
        self.freeBytes = freeBytes
    }

    /// All findings, in the order of the data flow. With `connecting`, destinations and the Headscale server are connected
    /// to.
    public func run(connecting: Bool) -> [Finding] {
        let ledger = checkLedger(connecting: connecting)
        let isRunning = ledger.level == .warning
        var findings =
            [ledger] + checkDeadLetters(isRunning: isRunning) + checkRetention() + [checkKey()] + checkMACKey()
        findings += settings.listeners.map { checkListener($0, isRunning: isRunning) }
        findings += settings.destinations.map { checkDestination($0, connecting: connecting) }
        findings += checkHeadscale(connecting: connecting) + checkGeoIP()
        return findings + checkMetrics(isRunning: isRunning)
    }

    // MARK: - Ledger and keys

    private func checkLedger(connecting: Bool) -> Finding {
        attempt("ledger \(settings.data)", settings.position(of: "data")) {
            let system = DiskFileSystem()
            let layout = Layout(settings.data)
            let isThere = system.exists(layout.directory)
            if isThere { try checkWritable(layout.directory) } else { try checkParent(of: layout.directory) }
            let isRunning = try system.exists(layout.lock) && !system.open(layout.lock, .update).lock()
            var lost: UInt64 = 0
            do {
                // Whose log it is, the next start decides.
                if !KeyChange.isUnfinished(settings) { lost = try openLedger(connecting: connecting) }
            } catch  where isRunning && ![.otherOrigin, .otherKey].contains((error as? LedgerError)?.code) {
                // Files that are being written are not read in one piece.
            }
            if isRunning { return (.warning, "in use by a running relay") }
            guard let origin = try LogIdentity.storedOrigin(layout) else {
                return (.ok, isThere ? "a new log will be made in it" : "will be made at the first start")
            }
            guard freeBytes(layout.directory).map({ $0 >= UInt64(settings.stream.segmentBytes) }) != false else {
                return (.warning, "holds the log \(origin); its disk has no room for another segment")
            }
            guard lost == 0 else {
                return (
                    .warning,
                    "holds the log \(origin), of which \(lost) records are damaged or gone: a start goes on behind them "
                        + "and declares them in the log"
                )
            }
            return (.ok, "holds the log \(origin)")
        }
    }

    /// Opens the ledger of dead letters, if there is one, as a start does.
    private func checkDeadLetters(isRunning: Bool) -> [Finding] {
        let layout = Layout(settings.data)
        guard !isRunning, settings.destinations.contains(where: \.kind.hasDeadLetters),
            DiskFileSystem().exists(layout.deadLetters.directory), !KeyChange.isUnfinished(settings),
            let identity = try? LogIdentity(settings, creating: false)
        else { return [] }
        return [
            attempt("dead letters", settings.position(of: "data")) {
                do {
                    _ = try DeadLetterLedger(
                        Relay.ledgerOptions(settings), key: identity.key, system: TrialFileSystem(freeBytes: freeBytes),
                        onFailure: { _ in })
                    return (.ok, "their ledger can be opened")
                } catch  where DeadLetterLedger.isBeyondRepair(error) {
                    return (.warning, "their ledger will be set aside at the next start, and a new one begun: \(error)")
                }
            }
        ]
    }

    /// Says what becomes of old records, and whether the disk has what the configuration counts on.
    private func checkRetention() -> [Finding] {
        let retention = settings.retention
        guard retention != Settings.default.retention else { return [] }
        return [
            attempt("retention", settings.position(of: "retention")) {
                if let problem = KeeperSetup.budgetProblem(settings, freeBytes: freeBytes) {
                    return (.warning, problem)
                }
                guard retention.whenFull == .stop else {
                    return (.warning, "when the disk is full, the oldest records go, even those that nobody has yet")
                }
                let limits = [
                    (retention.age != nil, "age"), (retention.sizeBytes != nil, "size"),
                    (retention.diskBytes != nil, "disk"),
                ].filter(\.0).map(\.1)
                return (
                    .ok, limits.isEmpty ? "records are kept for ever" : "limited by \(limits.joined(separator: ", "))"
                )
            }
        ]
    }

    /// Opens the ledger as a start does, so that what would keep it from starting is found, on a file system that
    /// writes nothing. Without its key, about which there is a finding of its own, there is no opening it. Returns how
    /// many records are lost.
    private func openLedger(connecting: Bool) throws -> UInt64 {
        guard var identity = try? LogIdentity(settings, creating: false) else { return 0 }
        let ledger = try Ledger(
            Relay.ledgerOptions(settings, opening: identity.key, asking: connecting), key: identity.key,
            ratchet: identity.ratchet.take(), queue: BatchQueue(byteLimit: settings.queueBytes),
            counters: LedgerCounters(MetricsRegistry()),
            system: TrialFileSystem(freeBytes: freeBytes), onEvent: { _ in })
        return ledger.lostRecords.reduce(0) { $0 + UInt64($1.indexes.count) }
    }

    private func checkKey() -> Finding {
        attempt("signing key", settings.position(of: "stream.key")) {
            guard !KeyChange.isUnfinished(settings) else {
                return (.warning, "a change of the key was interrupted; the next start settles it")
            }
            let (key, isNew) = try LogIdentity.key(settings, Layout(settings.data), creating: false)
            return (.ok, isNew ? "will be made at the first start" : "\(key.verifierKey)")
        }
    }

    private func checkMACKey() -> [Finding] {
        guard settings.stream.macKeyFile != nil else { return [] }
        return [
            attempt("MAC key", settings.position(of: "stream.mac_key_file")) {
                let layout = Layout(settings.data)
                let isStored = DiskFileSystem().exists(layout.ratchet)
                _ = try LogIdentity.ratchet(settings, layout)
                return (.ok, isStored ? "the ledger has its successor" : "can be used")
            }
        ]
    }

    // MARK: - Listeners and metrics

    private func checkListener(_ listener: Settings.Listener, isRunning: Bool) -> Finding {
        let address = "\(listener.transport.name) \(listener.address)"
        return attempt("listener \(address)", listener.position) {
            _ = try ListenerSetup.zone(listener.timeZone)
            if case .tls(_, let tls) = listener.transport { _ = try ListenerSetup.tlsContext(tls) }
            let host = try ListenerSetup.numericHost(listener.address)
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            defer { try? group.syncShutdownGracefully() }
            let isBindable = try bind(address, isRunning: isRunning) {
                listener.transport.name == "udp"
                    ? DatagramBootstrap(group: group).bind(host: host, port: listener.address.port)
                    : stream(group, host, listener.address.port)
            }
            guard isBindable else { return (.warning, "in use, as it has to be while the relay runs") }
            guard case .tls(_, let tls) = listener.transport, case .none = tls.clients else {
                return (.ok, "can be bound")
            }
            return (.warning, "can be bound; whoever connects may send, since no client certificate is asked for")
        }
    }

    private func checkMetrics(isRunning: Bool) -> [Finding] {
        guard let address = settings.metrics else { return [] }
        return [
            attempt("metrics \(address)", settings.position(of: "metrics")) {
                let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
                defer { try? group.syncShutdownGracefully() }
                let isBindable = try bind("http \(address)", isRunning: isRunning) {
                    stream(group, address.host, address.port)
                }
                return isBindable ? (.ok, "can be bound") : (.warning, "in use, as it has to be while the relay runs")
            }
        ]
    }

    private func stream(_ group: any EventLoopGroup, _ host: String, _ port: Int) -> EventLoopFuture<any Channel> {
        ServerBootstrap(group: group).serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: host, port: port)
    }

    /// Binds and lets go again; false if the running relay has the address.
    private func bind(
        _ address: String, isRunning: Bool, _ body: () -> EventLoopFuture<any Channel>
    ) throws -> Bool {
        do {
            try body().wait().close().wait()
            return true
        } catch {
            let code = (error as? IOError)?.errnoCode ?? 0
            if isRunning && code == EADDRINUSE { return false }
            throw BindError(address: address, code: code)
        }
    }

    // MARK: - Destinations

    private func checkDestination(_ destination: Settings.Destination, connecting: Bool) -> Finding {
        attempt("destination \(destination.name)", destination.position) {
            let (level, detail) = try reach(destination, connecting: connecting)
            if destination.filter != nil {
                return (
                    level,
                    "\(detail); it gets a part of the records: verify that with --subset, and --hashes \(settings.data)"
                )
            }
            guard destination.shares > 1 else { return (level, detail) }
            return (
                level,
                "\(detail); each gets the records of some senders: verify all of them together, or each with --subset"
            )
        }
    }

    private func reach(
        _ destination: Settings.Destination, connecting: Bool
    ) throws -> (Finding.Level, String) {
        if case .file(let archive) = destination.kind { return try checkFolder(archive.path) }
        if let http = try HTTPDestinationSetup(destination, tag: LogTag(rawValue: 0)) {
            return try HTTPDestinationCheck(destination, http).run(connecting: connecting)
        }
        guard let options = try DestinationSetup.streamOptions(destination) else {
            preconditionFailure("there are two other kinds")
        }
        return try checkTargets(options, connecting: connecting)
    }

    /// Of several collectors one that does not answer is a warning, as long as another does.
    private func checkTargets(
        _ options: StreamDestination.Options, connecting: Bool
    ) throws(Unreachable) -> (Finding.Level, String) {
        guard connecting else {
            let results = options.targets.map { Self.resolve($0.host, port: $0.port) }
            let isKnown = results.allSatisfy { $0.0 == .ok }
            return (isKnown ? .ok : .warning, results.map(\.1).joined(separator: "; "))
        }
        var (reached, failures) = ([String](), [Unreachable]())
        for target in options.targets {
            do {
                try ConnectionProbe.run(target, options)
                reached.append("connected to \(target)")
            } catch { failures.append(Unreachable("\(target)", error)) }
        }
        if reached.isEmpty, let first = failures.first { throw first }
        return (failures.isEmpty ? .ok : .warning, (reached + failures.map(\.description)).joined(separator: "; "))
    }

    /// A name that is not known now may be later: the relay goes on trying.
    static func resolve(_ host: String, port: Int) -> (Finding.Level, String) {
        guard let address = try? SocketAddress.makeAddressResolvingHost(host, port: port).ipAddress else {
            return (.warning, "the name \(host) is not known now; the relay will try again and again")
        }
        return (.ok, "\(host):\(port)\(address == host ? "" : ", which is \(address)"), not tried (--connect)")
    }

    struct Unreachable: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }

        init(_ place: String, _ error: any Error) {
            description = "no connection to \(place): \(ConnectionFailure.describe(error))"
        }
    }

    private func checkFolder(_ path: String) throws(LedgerError) -> (Finding.Level, String) {
        guard DiskFileSystem().exists(path) else {
            try checkParent(of: path)
            return (.ok, "\(path) will be made")
        }
        try checkWritable(path)
        return (.ok, "\(path) can be written to")
    }

    // MARK: - Headscale

    private func checkHeadscale(connecting: Bool) -> [Finding] {
        let state = checkHeadscaleState(connecting: connecting)
        guard let health = settings.headscale?.health else { return state }
        return state + [
            attempt("headscale \(health.url)", settings.position(of: "headscale.health")) {
                try HeadscaleHealthCheck(settings).run(health, connecting: connecting)
            }
        ]
    }

    /// Opens what the state is read from; a server is asked only with `connecting`.
    private func checkHeadscaleState(connecting: Bool) -> [Finding] {
        guard let headscale = settings.headscale, let origin = StateOrigin(headscale) else { return [] }
        let key = "headscale.\(headscale.originKey)"
        return [
            attempt(key, settings.position(of: key)) {
                let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
                defer { try? group.syncShutdownGracefully() }
                return (.ok, try origin.check(connecting: connecting, on: group))
            }
        ]
    }

    private func checkGeoIP() -> [Finding] {
        (settings.geoIP?.databases ?? []).enumerated().map { index, path in
            attempt("geoip \(path)", settings.position(of: "geoip.databases[\(index)]")) {
                try HeadscaleHealthCheck.database(path, at: Clock.wall() / 1_000_000_000)
            }
        }
    }

    // MARK: - Folders

    private func checkWritable(_ folder: String) throws(LedgerError) {
        guard unsafe access("\(folder)/.", W_OK) == 0 else {
            throw LedgerError(.file, "\(folder) cannot be written to: \(unsafe String(cString: strerror(errno)))")
        }
    }

    /// A folder is made, but not those around it.
    private func checkParent(of folder: String) throws(LedgerError) {
        let parent = TrialFileSystem.folder(of: folder)
        guard unsafe access(parent, W_OK) == 0 else {
            let reason = unsafe String(cString: strerror(errno))
            throw LedgerError(.file, "\(folder) cannot be made in \(parent): \(reason)")
        }
    }

    private func attempt(
        _ subject: String, _ position: FilePosition, _ body: () throws -> (Finding.Level, String)
    ) -> Finding {
        do {
            let (level, detail) = try body()
            return Finding(level: level, subject: subject, detail: detail)
        } catch {
            return Finding(level: .error, subject: subject, detail: "\(position): \(error)")
        }
    }
}
