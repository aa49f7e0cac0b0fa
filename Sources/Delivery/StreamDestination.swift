import Batch
public import Ledger
public import Logging
public import NIOCore
import NIOPosix
import NIOTLS
import Synchronization
public import TLS

/// Sends the ledger to a syslog collector over TCP or TLS (RFC 5425), and goes on after every failure.
///
/// The shell around ``ConnectionMachine`` and ``SentWindow``: it turns NIO's callbacks into events and does what the
/// machine says. All of it runs on one event loop.
@safe
public final class StreamDestination: Destination, @unchecked Sendable {
    public struct Options: Sendable {
        public var name: String
        public var host: String
        public var port: Int
        public var framing: RecordFraming = .octetCounting
        public var tls: TLSContext?
        public var connectTimeout: TimeAmount = .seconds(10)
        public var handshakeTimeout: TimeAmount = .seconds(10)
        /// Bytes that are sent again after a connection has ended, since they may not have arrived.
        public var resend: Int = 8 << 20
        public var limits = ConnectionMachine.Limits()
        /// How often the limits are looked at and the cursor is stored.
        var tick = TimeAmount.milliseconds(250)

        public init(name: String, host: String, port: Int) {
            self.name = name
            self.host = host
            self.port = port
        }
    }

    /// Bytes that wait in the process for a slow collector, at most.
    private static let outstandingLimit = 2 << 20

    private let options: Options
    private let ledger: LedgerAccess
    private let eventLoop: any EventLoop
    private let counters: DestinationCounters
    private let logger: Logger
    private let wakePending = Atomic<Bool>(false)
    private let finished: EventLoopPromise<Void>

    private var cursor: CursorFile
    private var reader: LedgerReader?
    private var machine: ConnectionMachine
    private var window: SentWindow
    private var channel: (any Channel)?
    private var observation: Horizon.Observation?
    private var ticker: RepeatedTask?
    private var sawError = false
    private var lastFailure = ""

    /// A destination that goes on from its cursor, or from `start` if it has none.
    public init(
        _ options: Options, ledger: LedgerAccess, cursor: consuming CursorFile, start: UInt64,
        on eventLoop: any EventLoop,
        counters: DestinationCounters, logger: Logger
    ) {
        self.options = options
        self.ledger = ledger
        self.eventLoop = eventLoop
        self.counters = counters
        var logger = logger
        logger[metadataKey: "destination"] = "\(options.name)"
        self.logger = logger
        let index = cursor.value?.nextIndex ?? start
        self.cursor = cursor
        machine = ConnectionMachine(limits: options.limits, now: Clock.monotonic())
        window = SentWindow(width: options.resend, from: index)
        finished = eventLoop.makePromise()
        counters.confirmed.set(Int64(index))
        counters.next.set(Int64(index))
    }

    public func start() {
        eventLoop.execute { [self] in
            observation = ledger.horizon.observe { self.wake() }
            ticker = eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: options.tick) { _ in
                self.handle(.tick)
                self.storeCursor()
            }
        }
    }

    public func stop() -> EventLoopFuture<Void> {
        eventLoop.execute { self.handle(.stop) }
        return finished.futureResult
    }

    public func abandon() {
        eventLoop.execute { [self] in
            handle(.abandon)
            channel.map(TLSContext.abort)
        }
    }

    // MARK: Events

    /// Called from the ledger's thread: there is more to send. Many calls cost one task.
    private func wake() {
        guard wakePending.exchange(true, ordering: .acquiringAndReleasing) == false else { return }
        eventLoop.execute { [self] in
            wakePending.store(false, ordering: .releasing)
            handle(.wake)
            send()
        }
    }

    private func handle(_ event: ConnectionMachine.Event) {
        let actions = machine.handle(
            event, now: Clock.monotonic(), outstanding: window.outstanding, jitter: UInt64.random(in: .min ... .max))
        for action in actions { perform(action) }
    }

    private func perform(_ action: ConnectionMachine.Action) {
        switch action {
        case .connect: connect()
        case .send: send()
        case .closeOutput: channel?.close(mode: .output, promise: nil)
        case .abort(let reason):
            fail(reason)
            channel.map(TLSContext.abort)
        case .confirmAll: window.confirmAll()
        case .finished: finish()
        }
    }

    // MARK: Connection

    private func connect() {
        sawError = false
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(options.connectTimeout)
            .channelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
            .channelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture { try setUp(channel) }
            }
        bootstrap.connect(host: options.host, port: options.port).whenComplete { [self] result in
            switch result {
            case .failure(let error):
                report("cannot connect: \(error)")
                handle(.connectFailed)
            case .success(let channel):
                self.channel = channel
                if machine.state == .stopped { return channel.close(promise: nil) }
                if options.tls == nil { connected() }
            }
        }
    }

    private func setUp(_ channel: any Channel) throws {
        if let tls = options.tls {
            try tls.addClient(to: channel.pipeline.syncOperations)
        }
        try channel.pipeline.syncOperations.addHandler(
            CollectorHandler(
                handshakeTimeout: options.tls == nil ? nil : options.handshakeTimeout,
                onReady: { [self] in connected() },
                onWritable: { [self] in send() },
                onError: { [self] error in fail(TLSFailure.describe(error)) },
                onClose: { [self] in disconnected() }))
    }

    private func connected() {
        window.reconnect()
        do {
            reader = try ledger.makeReader(from: window.confirmedIndex)
        } catch {
            logger.error("cannot read the ledger", metadata: ["error": "\(error)"])
            channel?.close(promise: nil)
            return
        }
        counters.connects.add()
        counters.isConnected.set(1)
        let behind = UInt64(counters.next.current) - min(UInt64(counters.next.current), window.confirmedIndex)
        counters.resent.add(behind)
        logger.info(
            "connected", metadata: ["address": "\(options.host):\(options.port)", "from": "\(window.confirmedIndex)"])
        lastFailure = ""
        handle(.connected)
    }

    private func disconnected() {
        channel = nil
        reader = nil
        counters.outstanding.set(0)
        counters.isConnected.set(0)
        if machine.maySend && !sawError { report("the collector closed the connection") }
        handle(.disconnected(clean: !sawError))
        storeCursor()
    }

    /// Notes why the connection fails. What it brings up while it is being closed is no reason of its own.
    private func fail(_ reason: String) {
        guard !sawError else { return }
        sawError = true
        report(reason)
    }

    /// Says once, not at each try, why the destination cannot be reached.
    private func report(_ reason: String) {
        counters.failures.add()
        guard reason != lastFailure else { return }
        lastFailure = reason
        logger.warning("delivery interrupted", metadata: ["reason": "\(reason)"])
    }

    // MARK: Sending

    private func send() {
        guard machine.maySend, let channel else { return }
        do {
            var wrote = false
            while window.outstanding < Self.outstandingLimit, let block = try reader?.peek() {
                try write(block, to: channel)
                wrote = true
            }
            if wrote { channel.flush() }
        } catch {
            logger.error("cannot read the ledger", metadata: ["error": "\(error)"])
            sawError = true
            channel.close(promise: nil)
            return
        }
        if window.outstanding == 0 { handle(.caughtUp) }
    }

    private func write(_ block: BlockHeader, to channel: any Channel) throws(LedgerError) {
        let size = BlockHeader.size + block.payloadLength
        var buffer = channel.allocator.buffer(capacity: size)
        let first = max(block.firstIndex, reader?.nextIndex ?? 0)
        var range = 0..<0
        var failure: LedgerError?
        unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { memory in
            do throws(LedgerError) {
                let target = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[..<size])
                range = unsafe try reader?.read(block, into: target) ?? 0..<0
            } catch { failure = error }
            return size
        }
        if let failure { throw failure }
        guard let payload = buffer.getSlice(at: range.lowerBound, length: range.count) else { return }
        let framed = options.framing.frame(payload, channel.allocator)
        let octets = framed.readableBytes
        window.noteSent(octets, nextIndex: block.nextIndex)
        counters.outstanding.set(Int64(window.outstanding))
        counters.records.add(block.nextIndex - first)
        counters.octets.add(UInt64(octets))
        counters.next.set(Int64(block.nextIndex))
        channel.write(framed).whenSuccess { [self] in flushed(octets, of: channel) }
    }

    private func flushed(_ octets: Int, of channel: any Channel) {
        guard channel === self.channel else { return }
        window.noteFlushed(octets)
        counters.outstanding.set(Int64(window.outstanding))
        handle(.progress)
    }

    // MARK: Cursor and end

    private func storeCursor() {
        guard window.confirmedIndex != cursor.value?.nextIndex else { return }
        counters.confirmed.set(Int64(window.confirmedIndex))
        do throws(FileError) {
            try cursor.store(CursorFile.Value(nextIndex: window.confirmedIndex))
        } catch {
            logger.error("the cursor cannot be stored; records may be sent again", metadata: ["error": "\(error)"])
        }
    }

    private func finish() {
        ticker?.cancel()
        observation?.cancel()
        storeCursor()
        finished.succeed()
    }
}
