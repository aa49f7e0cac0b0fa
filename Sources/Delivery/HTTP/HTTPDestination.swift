import Batch
public import Ledger
public import Logging
public import NIOCore
import NIOHTTP1

/// Delivers the ledger to servers over HTTP, and goes on after every failure.
///
/// The shell around ``HTTPDeliveryMachine``: a thread of its own reads the ledger, has the dialect encode records,
/// compresses bodies, keeps the cursor, and does what the machine says; requests travel on an event loop.
@safe
public final class HTTPDestination<Dialect: HTTPDialect>: ResendingDestination, @unchecked Sendable {
    /// What other threads leave for the destination's.
    private enum Incoming: Sendable {
        case event(HTTPDeliveryMachine.Event)
        case answer(parcel: UInt64, count: Int, Result<HTTPAnswer, HTTPFailure>)
        case confirmation(Route, Result<HTTPAnswer, HTTPFailure>)
    }

    private struct Shared {
        var incoming: [Incoming] = []
        var hasNews = true
        var isStopping = false
        var isAbandoned = false
    }

    private let shared = Monitor(Shared())
    private let options: HTTPDestinationOptions
    private let dialect: Dialect
    private let ledger: LedgerAccess
    private let deadLetters: any DeadLetterStore
    private let transport: HTTPTransport
    private let counters: DestinationCounters
    private let skipped: SkippedRecords
    private let finished: EventLoopPromise<Void>

    // Used on the destination's thread only.
    private var machine: HTTPDeliveryMachine
    private var cursor: CursorFile
    private var cursorStoredAt: UInt64 = 0
    private var source: RecordSource?
    /// When the ledger, which could not be read, is tried again.
    private var readAgainAt: UInt64 = 0
    private var builder: BodyBuilder<Dialect>
    private var bodies: [UInt64: ByteBuffer] = [:]
    private var channels = ChannelNames()
    /// Index of the first record that was never sent.
    private var unsentIndex: UInt64
    private var report: DeliveryReport

    /// A destination that goes on from its cursor, or from `start` if it has none.
    public init(
        _ options: HTTPDestinationOptions, _ dialect: Dialect, ledger: LedgerAccess, cursor: consuming CursorFile,
        start: UInt64, deadLetters: any DeadLetterStore, on eventLoop: any EventLoop, counters: DestinationCounters,
        httpCounters: HTTPDestinationCounters, logger: Logger
    ) {
        self.options = options
        self.dialect = dialect
        builder = BodyBuilder(dialect)
        self.ledger = ledger
        self.deadLetters = deadLetters
        self.counters = counters
        var logger = logger
        logger[metadataKey: "destination"] = "\(options.name)"
        report = DeliveryReport(counters, httpCounters, logger, options)
        skipped = SkippedRecords(counters.skipped, logger)
        transport = HTTPTransport(
            options.nodes, limits: options.transport, keepsCookies: dialect.keepsCookies, on: eventLoop
        ) { counters.connects.add() }
        let index = cursor.value?.nextIndex ?? start
        machine = HTTPDeliveryMachine(
            limits: options.limits, parcelLimits: dialect.limits, nodeCount: options.nodes.count, from: index)
        unsentIndex = max(index, cursor.value?.detail ?? 0)
        self.cursor = cursor
        finished = eventLoop.makePromise()
        counters.confirmed.set(Int64(index))
        counters.next.set(Int64(index))
    }

    public func start() {
        let observation = ledger.horizon.observe { [self] in
            shared.withLock { $0.hasNews = true }
            shared.signal()
        }
        _ = Worker { [self] in
            run()
            observation.cancel()
            finished.succeed()
        }
    }

    public func stop() -> EventLoopFuture<Void> {
        shared.withLock { $0.isStopping = true }
        shared.signal()
        return finished.futureResult
    }

    public func abandon() {
        shared.withLock { $0.isAbandoned = true }
        shared.signal()
    }

    public func resend(_ indexes: [UInt64]) { post(.event(.resend(indexes))) }

    // MARK: - The thread

    private func run() {
        var isStopping = false
        while true {
            let news = shared.withLock { state in
                defer {
                    state.incoming = []
                    state.hasNews = false
                }
                return state
            }
            if news.isAbandoned { handle(.abandon) }
            if news.isStopping, !isStopping {
                isStopping = true
                handle(.stop)
            }
            for incoming in news.incoming { take(incoming) }
            handle(.tick)
            gather(isStopping: isStopping)
            publish()
            guard machine.state != .stopped else { return finish() }
            wait(isStopping: isStopping)
        }
    }

    private func wait(isStopping: Bool) {
        var deadline = machine.deadline
        if readAgainAt > Clock.monotonic() { deadline = min(deadline ?? .max, readAgainAt) }
        if machine.confirmedIndex != cursor.value?.nextIndex {
            deadline = min(deadline ?? .max, cursorStoredAt + options.cursorInterval)
        }
        _ = shared.wait(until: deadline) { state -> Bool? in
            state.hasNews || !state.incoming.isEmpty || state.isAbandoned || state.isStopping != isStopping ? true : nil
        }
    }

    private func post(_ incoming: Incoming) {
        shared.withLock { $0.incoming.append(incoming) }
        shared.signal()
    }

    private func take(_ incoming: Incoming) {
        switch incoming {
        case .event(let event): handle(event)
        case .answer(let parcel, let count, .success(let answer)):
            handle(.judged(parcel: parcel, dialect.judge(answer, count: count)))
        case .answer(let parcel, _, .failure(let failure)): handle(.failed(parcel: parcel, failure))
        case .confirmation(let route, let result):
            switch result.mapError({ AcknowledgementFailure.retry(reason: $0.description) }).flatMap(dialect.confirmed)
            {
            case .success(let numbers): handle(.confirmed(route, numbers))
            case .failure(let failure): handle(.confirmationFailed(route, failure))
            }
        }
    }

    private func handle(_ event: HTTPDeliveryMachine.Event) {
        let actions = machine.handle(event, now: Clock.monotonic(), jitter: UInt64.random(in: .min ... .max))
        for action in actions { perform(action) }
    }

    private func perform(_ action: HTTPDeliveryMachine.Action) {
        switch action {
        case .send(let parcel, let route): send(parcel, route)
        case .forget(let parcel): bodies[parcel] = nil
        case .reject(let parcel, let records): store(records, of: parcel)
        case .askAcknowledgements(let route, let numbers): ask(numbers, route)
        case .resent(let indexes): deadLetters.noteResent(delivered: indexes, failed: [], of: options.name)
        case .notResent(let indexes): deadLetters.noteResent(delivered: [], failed: indexes, of: options.name)
        case .interrupted(let reason): report.interrupted(dialect.withoutSecrets(reason))
        case .halted(let reason): report.halted(dialect.withoutSecrets(reason))
        case .resumed: report.resumed()
        case .finished: break
        }
    }

    private func finish() {
        transport.close()
        storeCursor()
        counters.isConnected.set(0)
    }

    // MARK: - Reading and encoding

    /// Makes parcels of the ledger's next records, as many as are wanted and there.
    private func gather(isStopping: Bool) {
        while machine.wantsRecords, Clock.monotonic() >= readAgainAt {
            do {
                let isAtEnd = try gatherParcel()
                if !isAtEnd, builder.indexes.isEmpty {
                    // The filter takes nothing for a long while, in which other things happen.
                    return shared.withLock { $0.hasNews = true }
                }
                guard isAtEnd else { continue }
                if isStopping { handle(.caughtUp) }
                return
            } catch {
                source = nil
                readAgainAt = Clock.monotonic() + options.readInterval
                report.interrupted("cannot read the ledger: \(error)")
            }
        }
    }

    /// Returns whether there was nothing left to read.
    private func gatherParcel() throws -> Bool {
        let first = machine.gatheredIndex
        let source =
            try self.source
            ?? RecordSource(ledger, from: first, filter: options.filter) { [skipped] in skipped.note($0) }
        self.source = source
        let filtered = source.filtered
        let isAtEnd = try builder.begin(source, limits: machine.parcelLimits) { _ in .take }
        counters.filtered.add(source.filtered - filtered)
        guard source.nextIndex > first else { return isAtEnd }
        if !builder.indexes.isEmpty { bodies[machine.nextParcel] = builder.finish() }
        handle(.gathered(indexes: builder.indexes, span: first..<source.nextIndex))
        return isAtEnd
    }

    /// The body of a parcel that is sent again and whose body was not kept; nil if none of its records is there any
    /// more. What is sent by request, and gone from the ledger, is in the dead letters.
    private func reread(_ parcel: UInt64) throws -> ByteBuffer? {
        let isByRequest = machine.isByRequest(parcel)
        let wanted = machine.records(of: parcel).sorted()
        guard let first = wanted.first else { return nil }
        let source = try RecordSource(ledger, from: first) { [skipped] in if !isByRequest { skipped.note($0) } }
        var next = 0
        _ = try builder.begin(source, limits: ParcelLimits(records: wanted.count, octets: .max)) { index in
            while next < wanted.count, wanted[next] < index { next += 1 }
            guard next < wanted.count else { return .stop }
            return wanted[next] == index ? .take : .skip
        }
        if isByRequest, builder.indexes.count < wanted.count {
            let missing = Set(wanted).subtracting(builder.indexes)
            let originals = try deadLetters.originals(of: missing, for: options.name)
            for (index, line) in originals.sorted(by: { $0.key < $1.key }) { builder.append(line, index: index) }
        }
        let found = builder.indexes
        let body = found.isEmpty ? nil : builder.finish()
        // What follows from this may make another body.
        if found != machine.records(of: parcel) { handle(.reread(parcel: parcel, indexes: found)) }
        return body
    }

    // MARK: - Sending

    private func send(_ parcel: UInt64, _ route: Route) {
        do {
            if bodies[parcel] == nil { bodies[parcel] = try reread(parcel) }
        } catch {
            return post(.event(.failed(parcel: parcel, HTTPFailure(.interrupted, "cannot read the ledger: \(error)"))))
        }
        guard let body = bodies[parcel] else { return }
        let indexes = machine.records(of: parcel)
        report.sent(indexes, body.readableBytes, again: indexes.prefix { $0 < unsentIndex }.count)
        if let last = indexes.last { unsentIndex = max(unsentIndex, last + 1) }
        var request = dialect.request(carrying: body, to: channels.target(route))
        if dialect.isCompressed { request.fields.append(("content-encoding", "gzip")) }
        transport.send(request, to: route.node) { [self] result in
            post(.answer(parcel: parcel, count: indexes.count, result))
        }
    }

    private func ask(_ numbers: [UInt64], _ route: Route) {
        let request = dialect.acknowledgementRequest(numbers, to: channels.target(route))
        transport.send(request, to: route.node) { [self] result in post(.confirmation(route, result)) }
    }

    private func store(_ records: [RejectedRecord], of parcel: UInt64) {
        var records = records
        for place in records.indices { records[place].reason = dialect.withoutSecrets(records[place].reason) }
        do {
            try deadLetters.store(records, of: options.name)
            report.rejected(records)
            post(.event(.stored(parcel: parcel)))
        } catch {
            post(.event(.notStored(parcel: parcel, reason: "\(error)")))
        }
    }

    // MARK: - State for others

    private func publish() {
        report.publish(machine, outstanding: bodies.values.reduce(0) { $0 + $1.readableBytes })
        if Clock.monotonic() >= cursorStoredAt + options.cursorInterval { storeCursor() }
    }

    private func storeCursor() {
        cursorStoredAt = Clock.monotonic()
        counters.confirmed.set(Int64(machine.confirmedIndex))
        do throws(FileError) {
            try cursor.store(CursorFile.Value(nextIndex: machine.confirmedIndex, detail: unsentIndex))
        } catch {
            report.interrupted("the cursor cannot be stored; records may be sent again: \(error)")
        }
    }
}
