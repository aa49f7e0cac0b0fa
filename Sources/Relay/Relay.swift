import Batch
import Delivery
import GeoIP
import Glibc
import Headscale
import Intake
import Ledger
public import Logging
import NIOCore
import NIOPosix
import Redaction
import Seal
public import Settings
import Synchronization
import Syslog
import Telemetry

/// The whole relay, put together: listeners, redaction, the ledger, destinations and the metrics server.
///
/// Starting goes against the stream, from the ledger up to the listeners, so that nothing is taken before it can be kept;
/// stopping goes with it, so that everything taken is sealed, synced and, if the destinations are there, delivered.
@safe
public final class Relay: @unchecked Sendable {
    /// The public key that verifies the log, in vkey form.
    public let verifierKey: String
    /// Whether the key was made by this start.
    public let isNewKey: Bool
    public let settings: Settings

    private let logger: Logger
    private let registry = MetricsRegistry()
    private let intakeGroup: MultiThreadedEventLoopGroup
    private let deliveryGroup: MultiThreadedEventLoopGroup
    private let queue: BatchQueue
    let ledger: Ledger
    private let keeper: Keeper
    private let keeperThread = KeeperThread()
    private let destinations: [any Destination]
    private let destinationCounters: [StatusBoard.NamedDestination]
    private let ledgerCounters: LedgerCounters
    private let keeperCounters: KeeperCounters
    private var observation: Horizon.Observation?
    /// Where destinations leave what they will never be rid of; nil if none of them needs it.
    private let deadLetters: DeadLetterBox?
    private let encoder: CanonicalEncoder
    private let redaction: RedactionEngine
    private let redactionCounters: RedactionCounters
    private let recognitionCounters: RecognitionCounters
    private let pseudonym: Pseudonym
    private let headscale: HeadscaleHealth
    private let headscaleState: HeadscaleState
    private let places: [GeoIPDatabase]
    private var listeners: [RunningListener] = []
    private var metricsServer: MetricsServer?
    private let isReady = Atomic<Bool>(false)
    private let tag: LogTag
    private let origin: String
    private let failure = Mutex<(any Error)?>(nil)
    /// Why the ledger cannot be written at present.
    private let degradation = Mutex<FileError?>(nil)

    /// Opens keys, ledger and destinations. Throws an error that says what to do.
    public init(_ settings: Settings, logger: Logger) throws {
        self.settings = settings
        self.logger = logger
        try KeyChange.settle(settings, logger)
        var identity = try LogIdentity(settings, creating: true)
        verifierKey = "\(identity.key.verifierKey)"
        isNewKey = identity.isNew
        tag = identity.key.origin.tag
        origin = identity.key.origin.text
        let enterpriseNumber = UInt32(settings.stream.enterpriseNumber)
        encoder = CanonicalEncoder(pen: enterpriseNumber)
        redaction = try RedactionEngine(settings.redaction.credentials ? [.credentials] : [], pen: enterpriseNumber)
        redactionCounters = RedactionCounters(registry, redaction.ruleSet)
        recognitionCounters = RecognitionCounters(registry)
        places = try GeoIPSetup.databases(settings)
        queue = QueueWarnings.queue(byteLimit: settings.queueBytes, registry, logger)
        let events = LedgerEventBox()
        ledgerCounters = LedgerCounters(registry)
        keeperCounters = KeeperCounters(registry)
        ledger = try Ledger(
            Self.ledgerOptions(settings, opening: identity.key, asking: true, logger), key: identity.key,
            ratchet: identity.ratchet.take(), queue: queue, counters: ledgerCounters
        ) { events.report($0) }
        keeper = try KeeperSetup(logger: logger).make(
            settings, ledger: ledger, queue: queue, ledgerCounters: ledgerCounters, counters: keeperCounters)
        try identity.publish(ledger.access.layout)
        pseudonym = try Pseudonym(ledger.access.layout)
        intakeGroup = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
        deliveryGroup = MultiThreadedEventLoopGroup(
            numberOfThreads: max(1, min(System.coreCount, settings.destinations.count)))
        deadLetters = try Self.deadLetters(settings, identity.key, ledger.access, logger)
        let setup = DestinationSetup(
            group: deliveryGroup, ledger: ledger.access, registry: registry, logger: logger, tag: tag,
            deadLetters: deadLetters)
        let made = try settings.destinations.map { try setup.make($0) }
        (destinations, destinationCounters) = (made.map(\.destination), made.flatMap(\.counters))
        let writer = StateRecordWriter(
            queue, encoder, hostname: LogIdentity.hostname(), RedactionStage(redaction, redactionCounters))
        headscale = try HeadscaleHealth(
            settings, on: deliveryGroup.next(), registry: registry, logger: logger, record: writer.write)
        headscaleState = try HeadscaleState(
            settings, ledger, queue, writer: writer, on: deliveryGroup, registry: registry, logger: logger)
        events.setHandler { [weak self] event in self?.handle(event) }
    }

    /// The ports that the listeners are bound to, in the order of `settings.listeners`; none before ``start()``.
    public var ports: [Int] { listeners.map(\.port) }

    /// The port of the metrics server, nil if there is none.
    public var metricsPort: Int? { metricsServer?.port }

    /// Begins to deliver, to take records and to serve metrics. Throws ``PlacedError`` when an address cannot be bound,
    /// and has stopped again by then.
    public func start() throws {
        do {
            try startAll()
            isReady.store(true, ordering: .releasing)
        } catch {
            stop()
            throw error
        }
    }

    private func startAll() throws {
        if ledger.unsealedRecords > 0 || ledger.tornBytes > 0 {
            logger.notice(
                "the ledger was not closed in order; what had been written goes on",
                metadata: ["unsealed_records": "\(ledger.unsealedRecords)", "torn_bytes": "\(ledger.tornBytes)"])
        }
        let board = makeBoard()
        ledger.start()
        keeperThread.start(keeper)
        startDeadLetters()
        for destination in destinations { destination.start() }
        headscale.start()
        headscaleState.start()
        let pipeline = IntakePipeline(
            queue: queue, encoder: encoder,
            describeSender: { [context = headscaleState.context] in context.table.sender(at: $0) },
            makeStage: makeStages())
        let setup = ListenerSetup(
            group: intakeGroup, pipeline: pipeline, tag: tag, connectionShare: connectionShare(), registry: registry,
            board: board, logger: logger)
        for listener in settings.listeners { listeners.append(try setup.start(listener)) }
        try startMetrics(board)
    }

    /// The data plane's stages: redaction last, so that it sees all that goes into a record.
    private func makeStages() -> @Sendable () -> Stage {
        let setup = RecognitionSetup(
            enterpriseNumber: encoder.pen, pseudonym: pseudonym, counters: recognitionCounters,
            health: headscale, state: headscaleState, places: places)
        return { [redaction, redactionCounters] in
            let recognition = RecognitionStage(setup)
            let redaction = RedactionStage(redaction, redactionCounters)
            return { batch in
                recognition.run(&batch)
                redaction.run(&batch)
            }
        }
    }

    /// What knows how the relay is, and is told what it has to remember for that.
    private func makeBoard() -> StatusBoard {
        let board = StatusBoard(
            origin: origin, ledger.access, queue, ledgerCounters, keeperCounters,
            destinationCounters,
            headscale: { [recognitionCounters, headscale, headscaleState] in
                RelayStatus.Headscale(recognitionCounters, headscale, headscaleState)
            }, hindrance: { [weak self] in self == nil ? "it stops" : self?.hindrance })
        board.register(registry)
        observation = ledger.access.horizon.observe { board.noteDurable() }
        deliveryGroup.next().scheduleRepeatedTask(initialDelay: .seconds(5), delay: .seconds(5)) { _ in
            board.noteRates()
        }
        return board
    }

    /// The box for dead letters, if there is a destination that says of single records that it will never take them.
    private static func deadLetters(
        _ settings: Settings, _ key: LogKey, _ ledger: LedgerAccess, _ logger: Logger
    ) throws -> DeadLetterBox? {
        guard settings.destinations.contains(where: \.kind.hasDeadLetters) else { return nil }
        func open() throws -> DeadLetterLedger {
            try DeadLetterLedger(ledgerOptions(settings), key: key) { error in
                logger.critical("the ledger of dead letters failed", metadata: ["error": "\(error)"])
            }
        }
        do {
            return DeadLetterBox(ledger, try open(), logger: logger)
        } catch  where DeadLetterLedger.isBeyondRepair(error) {
            let folder = try DeadLetterLedger.setAside(ledger.layout)
            logger.error(
                "the ledger of dead letters is damaged: it is set aside, and a new one begun",
                metadata: ["error": "\(error)", "folder": "\(folder)"])
            return DeadLetterBox(ledger, try open(), logger: logger)
        }
    }

    private func startDeadLetters() {
        guard let deadLetters else { return }
        var resend: [String: @Sendable ([UInt64]) -> Void] = [:]
        for (settings, destination) in zip(settings.destinations, destinations) {
            guard let destination = destination as? any ResendingDestination else { continue }
            resend[settings.name] = { destination.resend($0) }
        }
        deadLetters.start(resend: resend)
    }

    /// The most connections that each listener may have. As many as all of them want may be more than there are
    /// descriptors, and leave none for the ledger.
    private func connectionShare() -> Int {
        let limits = settings.listeners.compactMap { listener -> Int? in
            switch listener.transport {
            case .udp: nil
            case .tcp(let connections), .tls(let connections, _): connections.limit
            }
        }
        let (wanted, possible) = (limits.reduce(0, +), ProcessSetup.connectionLimit)
        guard wanted > possible else { return .max }
        logger.warning(
            "the listeners may take more connections than the process may have open files: each gets an equal share",
            metadata: [
                "connections": "\(wanted)", "possible": "\(possible)",
                "remedy": "raise the limit (LimitNOFILE=, ulimit -n), or lower max_connections",
            ])
        return possible / limits.count
    }

    private func startMetrics(_ board: StatusBoard) throws {
        MetricsServer.registerProcessMetrics(registry)
        let (access, queue) = (ledger.access, queue)
        registry.observe("waxwing_ledger_durable_index", "Index behind the newest durable record.") {
            Int64(access.horizon.position.nextIndex)
        }
        QueueWarnings.observe(queue, registry)
        guard let address = settings.metrics else { return }
        do {
            metricsServer = try MetricsServer(
                host: address.host, port: address.port, group: deliveryGroup, registry: registry,
                status: { board.status() }, hindrance: { [weak self] in self == nil ? "it stops" : self?.hindrance })
        } catch {
            throw PlacedError(settings.position(of: "metrics"), error)
        }
    }

    /// Why the relay takes no records at present; nil while it does.
    private var hindrance: String? {
        guard isReady.load(ordering: .acquiring) else { return "it starts or stops" }
        if let failure = failure.withLock({ $0 }) { return "the ledger has failed: \(failure)" }
        guard ledger.signals.hasRoom else { return "the disk budget is used up" }
        return degradation.withLock { $0 }.map { "the ledger cannot be written: \($0)" }
    }

    /// Takes no more, seals and syncs what was taken, and gives the destinations `settings.drain` to deliver it. A
    /// signal that comes meanwhile ends the process at once: everything is durable then. Returns why the ledger could
    /// not be written, if it could not.
    @discardableResult
    public func stop() -> (any Error)? {
        isReady.store(false, ordering: .releasing)
        for listener in listeners { listener.stop() }
        headscale.stop()
        headscaleState.stop()
        keeperThread.stop()
        queue.close()
        ledger.join()
        ProcessSetup.releaseSignals()
        let stopped = destinations.map { $0.stop() }
        let deadline = deliveryGroup.next().scheduleTask(in: TimeAmount(settings.drain)) { [destinations] in
            for destination in destinations { destination.abandon() }
        }
        for future in stopped { try? future.wait() }
        deadline.cancel()
        deadLetters?.stop()
        observation?.cancel()
        metricsServer?.stop()
        try? intakeGroup.syncShutdownGracefully()
        try? deliveryGroup.syncShutdownGracefully()
        StandardErrorLog.flush()
        return failure.withLock { $0 }
    }

    /// Waits for a signal to end, or for a failure that ends the relay.
    /// ``ProcessSetup/prepare()`` must have been called before any thread was started.
    public func waitForEnd() {
        var signals = ProcessSetup.endSignals
        var signal: Int32 = 0
        while true {
            unsafe sigwait(&signals, &signal)
            guard signal == SIGHUP, !ProcessSetup.hasTerminal else { return }
            logger.notice("SIGHUP changes nothing: a new configuration takes a restart, in which nothing is lost")
        }
    }

    private func handle(_ event: LedgerEvent) {
        switch event {
        case .degraded(let error):
            degradation.withLock { $0 = error }
            logger.error(
                "the ledger cannot be written: senders over TCP wait, and it is tried again until it can",
                metadata: ["error": "\(error)"])
        case .restored:
            degradation.withLock { $0 = nil }
            logger.notice("the ledger is written again; nothing that had been accepted was lost")
        case .lost(let lost):
            logger.error(
                "records of the ledger are damaged or gone, which a sealed record declares",
                metadata: [
                    "first_index": "\(lost.indexes.lowerBound)", "last_index": "\(lost.indexes.upperBound - 1)",
                    "segment": "\(lost.segment)",
                ])
        case .failed(let error): fail(error)
        }
    }

    /// The ledger has ended: nothing more can be kept, so the relay ends, and a service manager starts it again.
    private func fail(_ error: any Error) {
        logger.critical("the ledger failed; the relay ends", metadata: ["error": "\(error)"])
        failure.withLock { $0 = error }
        kill(getpid(), SIGTERM)
    }

    /// The options for opening the log of `key`. Throws when the saved head cannot be used.
    /// Options with which a ledger is refused of which somebody elsewhere has more records. `asking`: servers are asked,
    /// too.
    static func ledgerOptions(
        _ settings: Settings, opening key: LogKey, asking: Bool,
        _ logger: Logger = Logger(label: "waxwing") { _ in SwiftLogNoOpLogHandler() }
    ) -> LedgerOptions {
        var options = ledgerOptions(settings)
        let origin = key.origin
        options.accept = { nextIndex in
            if let path = settings.stream.savedHeadFile { try SavedHead.check(path, of: origin, nextIndex) }
            try DestinationHeads(tag: origin.tag, nextIndex: nextIndex, logger: logger)
                .compare(settings.destinations, asking: asking)
        }
        return options
    }

    static func ledgerOptions(_ settings: Settings) -> LedgerOptions {
        let stream = settings.stream
        var options = LedgerOptions(
            directory: settings.data, hostname: LogIdentity.hostname(), processID: getpid())
        options.enterpriseNumber = UInt32(stream.enterpriseNumber)
        options.batch = BatchPolicy(
            recordLimit: stream.batch.records, byteLimit: stream.batch.bytes,
            ageMilliseconds: Int64(stream.batch.age.nanoseconds / 1_000_000),
            idleMilliseconds: Int64(stream.batch.idle.nanoseconds / 1_000_000))
        options.syncInterval = stream.sync.interval.nanoseconds
        options.syncBytes = UInt64(stream.sync.bytes)
        options.segmentBytes = UInt64(stream.segmentBytes)
        return options
    }
}
