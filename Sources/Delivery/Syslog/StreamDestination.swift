import Batch
import CSocket
import Filter
import Glibc
public import Ledger
public import Logging
public import NIOCore
import Synchronization
import TLS

/// Sends the ledger to a syslog collector over TCP or TLS (RFC 5425), and goes on after every failure.
///
/// The shell around ``ConnectionMachine`` and ``SentWindow``: it turns NIO's callbacks into events and does what the
/// machine says. All of it runs on one event loop, which other destinations share: the cursor, whose store waits for
/// the disk, is stored elsewhere (``CursorKeeper``). The ledger is read on the loop. What is read was written a moment
/// ago and is in the page cache; only a destination that is far behind reads from the disk, ahead of which the system
/// reads.
@safe
public final class StreamDestination: Destination, @unchecked Sendable {
    /// Bytes that wait in the process for a slow collector, at most.
    private static let outstandingLimit = 2 << 20

    private let options: Options
    private let ledger: LedgerAccess
    private let eventLoop: any EventLoop
    private let counters: DestinationCounters
    private let logger: Logger
    private let wakePending = Atomic<Bool>(false)
    private let finished: EventLoopPromise<Void>

    private let cursor: CursorKeeper
    private let skipped: SkippedRecords
    private var reader: LedgerReader?
    private var machine: ConnectionMachine
    private var window: SentWindow
    private var channel: (any Channel)?
    private var observation: Horizon.Observation?
    private var ticker: RepeatedTask?
    private var sawError = false
    /// Whether something has failed since the last try.
    private var isRetry = false
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
        window = SentWindow(
            width: options.resend, patience: UInt64(options.patience.nanoseconds), from: index,
            unsent: cursor.value?.detail ?? 0)
        self.cursor = CursorKeeper(cursor, on: eventLoop) { [logger] reason in
            logger.error("the cursor cannot be stored; records may be sent again", metadata: ["error": "\(reason)"])
        }
        skipped = SkippedRecords(counters.skipped, logger)
        var limits = options.limits
        limits.targets = options.targets.count
        machine = ConnectionMachine(limits: limits, now: Clock.monotonic())
        finished = eventLoop.makePromise()
        counters.confirmed.set(Int64(index))
        counters.next.set(Int64(index))
    }

    public func start() {
        eventLoop.execute { [self] in
            observation = ledger.horizon.observe { self.wake() }
            ticker = eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: options.tick) { _ in
                self.handle(.tick)
                self.noteAcknowledged()
                // Not for what was sent alone, which would be a write to the disk at every tick.
                if self.window.confirmedIndex != self.cursor.storedIndex { self.storeCursor() }
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
        case .probeFirst: probeFirst()
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
        if isRetry { counters.retries.add() }
        isRetry = false
        let target = options.targets[machine.target]
        let connecting = target.connect(on: eventLoop, timeout: options.connectTimeout) { [self] _ in
            CollectorHandler(
                handshakeTimeout: target.tls == nil ? nil : options.handshakeTimeout,
                onReady: { [self] in connected() },
                onWritable: { [self] in send() },
                onError: { [self] error in fail(TLSFailure.describe(error)) },
                onClose: { [self] in disconnected() })
        }
        connecting.whenComplete { [self] result in
            switch result {
            case .failure(let error):
                report("cannot connect to \(target): \(ConnectionFailure.describe(error))")
                handle(.connectFailed)
            case .success(let channel):
                self.channel = channel
                if machine.state == .stopped { return channel.close(promise: nil) }
                if target.tls == nil { connected() }
            }
        }
    }

    /// Connects to the first collector beside the connection there is, TLS handshake included, and sends nothing.
    private func probeFirst() {
        let target = options.targets[0]
        let connecting = target.connect(on: eventLoop, timeout: options.connectTimeout) { [self] channel in
            CollectorHandler(
                handshakeTimeout: target.tls == nil ? nil : options.handshakeTimeout,
                onReady: { [self] in firstAnswered(channel) },
                onWritable: {}, onError: { _ in }, onClose: {})
        }
        connecting.whenSuccess { [self] channel in
            if target.tls == nil { firstAnswered(channel) }
        }
    }

    private func firstAnswered(_ channel: any Channel) {
        channel.close(promise: nil)
        handle(.firstAnswers)
    }

    private func connected() {
        window.reconnect()
        counters.next.set(Int64(window.nextIndex))
        do {
            reader = try ledger.makeReader(from: window.nextIndex) { [skipped] in skipped.note($0) }
        } catch {
            report("cannot read the ledger: \(error)")
            channel?.close(promise: nil)
            return
        }
        counters.connects.add()
        counters.isConnected.set(1)
        logger.info(
            "connected",
            metadata: ["address": "\(options.targets[machine.target])", "from": "\(window.nextIndex)"])
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
        // The end has had it stored for the last time.
        if machine.state != .stopped { storeCursor() }
    }

    /// Notes why the connection fails. What it brings up while it is being closed is no reason of its own.
    private func fail(_ reason: String) {
        guard !sawError else { return }
        sawError = true
        report(reason)
    }

    /// Says once, not at each try, why the destination cannot be reached.
    private func report(_ reason: String) {
        isRetry = true
        counters.failures.add()
        counters.note(failure: reason, at: Clock.wall() / 1_000_000_000)
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
            window.skip(to: reader?.nextIndex ?? 0)
            counters.next.set(Int64(window.nextIndex))
            if wrote { channel.flush() }
        } catch {
            fail("cannot read the ledger: \(error)")
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
        guard !range.isEmpty, var payload = buffer.getSlice(at: range.lowerBound, length: range.count) else { return }
        var records = block.nextIndex - first
        if let filter = options.filter {
            let chosen = filter.choose(from: payload, channel.allocator)
            counters.filtered.add(records - min(records, chosen.records))
            (payload, records) = (chosen.payload, chosen.records)
        }
        let framed = options.framing.frame(payload, channel.allocator)
        let octets = framed.readableBytes
        counters.resent.add(window.noteSent(octets, first..<block.nextIndex))
        counters.outstanding.set(Int64(window.outstanding))
        counters.records.add(records)
        counters.octets.add(UInt64(octets))
        counters.next.set(Int64(window.nextIndex))
        guard octets > 0 else { return }
        channel.write(framed).whenSuccess { [self] in flushed(octets, of: channel) }
    }

    /// Looks whether the collector's system has everything. Of bytes that have left the process a TCP socket tells no more.
    private func noteAcknowledged() {
        guard window.isWaiting, machine.maySend, let socket = channel as? any SocketOptionProvider else { return }
        // The option's value is this structure, or as much of it as the system has.
        let info: EventLoopFuture<waxwing_tcp_info> = socket.unsafeGetSocketOption(
            level: .tcp, name: NIOBSDSocket.Option(rawValue: CInt(TCP_INFO)))
        info.whenSuccess { [self] info in
            if unsafe withUnsafePointer(to: info, { unsafe waxwing_tcp_is_drained($0) }) == 1 {
                window.noteAcknowledged(at: Clock.monotonic())
            }
        }
    }

    private func flushed(_ octets: Int, of channel: any Channel) {
        guard channel === self.channel else { return }
        window.noteFlushed(octets)
        counters.outstanding.set(Int64(window.outstanding))
        handle(.progress)
    }

    // MARK: Cursor and end

    /// Has the cursor stored. How far records were sent is stored with it, so that after a restart those that are sent
    /// again are counted.
    private func storeCursor() {
        counters.acknowledge(upTo: window.confirmedIndex)
        cursor.store(CursorFile.Value(nextIndex: window.confirmedIndex, detail: window.unsentIndex))
    }

    private func finish() {
        ticker?.cancel()
        observation?.cancel()
        storeCursor()
        cursor.finish().cascade(to: finished)
    }
}
