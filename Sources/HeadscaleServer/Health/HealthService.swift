public import Headscale
public import Logging
public import NIOCore
public import Telemetry

/// Watches the health of one Headscale server for as long as the relay runs: looks at it every `interval`, and at how old
/// the last record is every ten seconds. All of it happens on one event loop, and nothing waits for it.
public final class HealthService: @unchecked Sendable {
    public struct Options: Sendable {
        /// What records call the server: its URL.
        public var server: String
        /// Between two looks.
        public var interval: TimeAmount
        /// Where the age of the last record is known.
        public var activity: LogActivity
        public var clock: @Sendable () -> Moment

        public init(
            server: String, interval: TimeAmount, activity: LogActivity, clock: @escaping @Sendable () -> Moment
        ) {
            self.server = server
            self.interval = interval
            self.activity = activity
            self.clock = clock
        }
    }

    private let probe: HealthProbe
    private let options: Options
    private let eventLoop: any EventLoop
    private let gauges: HealthGauges
    private let record: @Sendable (StateRecord) -> Void
    private let logger: Logger
    // Used on the event loop only.
    private var machine: HealthMachine
    private var isRunning = false
    private var ticks: RepeatedTask?
    private var nextLook: Scheduled<Void>?

    /// `record` gets what is to be sealed; it is called on `eventLoop`, and must not wait.
    public init(
        _ probe: HealthProbe, _ options: Options, on eventLoop: any EventLoop, registry: MetricsRegistry,
        logger: Logger,
        record: @escaping @Sendable (StateRecord) -> Void
    ) {
        self.probe = probe
        self.options = options
        self.eventLoop = eventLoop
        gauges = HealthGauges(registry)
        machine = HealthMachine(server: options.server)
        self.record = record
        self.logger = logger
    }

    /// What was found out last.
    public var report: HealthReport { gauges.current }

    /// Looks for the first time, and begins to wait for the next.
    public func start() {
        eventLoop.execute { [self] in
            isRunning = true
            ticks = eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .seconds(LogSilence.step)) {
                [weak self] _ in self?.tick()
            }
            look()
        }
    }

    /// Ends the watch; nothing is recorded afterwards. Not to be called on an event loop.
    public func stop() {
        let end = eventLoop.submit { [self] in
            isRunning = false
            ticks?.cancel()
            nextLook?.cancel()
        }
        try? end.wait()
        probe.close()
    }

    private func tick() {
        hand(machine.tick(lastRecord: options.activity.lastRecord, at: options.clock()))
    }

    private func look() {
        guard isRunning else { return }
        let isThorough = machine.wantsThoroughLook(at: options.clock())
        probe.look(thoroughly: isThorough).whenSuccess { [weak self] seen in self?.take(seen, isThorough) }
    }

    private func take(_ seen: HealthObservation, _ isThorough: Bool) {
        guard isRunning else { return }
        hand(machine.note(seen, isThorough: isThorough, at: options.clock()))
        // Trouble is to be confirmed before long, however seldom one looks.
        let confirmation = TimeAmount.seconds(HealthMachine.confirmationSeconds)
        let delay = seen.answer == .pass ? options.interval : min(options.interval, confirmation)
        nextLook = eventLoop.scheduleTask(in: delay) { [weak self] in self?.look() }
    }

    private func hand(_ records: [StateRecord]) {
        gauges.show(machine.report)
        for new in records {
            logger.log(
                level: new.severity <= 4 ? .warning : .notice, "\(new.text)", metadata: ["event": "\(new.event)"])
            record(new)
        }
    }
}
