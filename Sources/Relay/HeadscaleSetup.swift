import Batch
public import Headscale
import HeadscaleServer
import Ledger
import Logging
import NIOCore
import Redaction
public import Settings
import Synchronization
import Syslog
import Telemetry

/// What the relay knows of Headscale besides its log, and has it learn more: the context of records, and the watcher.
struct HeadscaleState: Sendable {
    /// What records gain; empty unless the configuration says where the state is to be read.
    let context: ContextStore
    /// To be told of administrative requests, and of what sudo and sshd say.
    let hints: WatcherHints
    private let service: StateService?
    /// The numbers of what is read; nil if nothing is.
    private let counters: StateCounters?

    /// Opens the files that `settings` name.
    init(
        _ settings: Settings, _ ledger: Ledger, _ queue: BatchQueue, writer: StateRecordWriter,
        on group: any EventLoopGroup, registry: MetricsRegistry, logger: Logger
    ) throws {
        context = ContextStore()
        hints = WatcherHints()
        guard let headscale = settings.headscale, let origin = StateOrigin(headscale) else {
            (service, counters) = (nil, nil)
            return
        }
        let counters = StateCounters(registry, context)
        self.counters = counters
        let redactor = TextRedactor(try RedactionEngine([.credentials]))
        let surroundings = StateService.Surroundings(
            context: context, hints: hints, counters: counters, logger: logger,
            redact: { redactor.redact($0) },
            append: { [signals = ledger.signals, horizon = ledger.access.horizon] records in
                let receipt = Receipt(writer.write(records), queue, signals, horizon)
                return { receipt.isDurable }
            })
        do {
            service = try StateService(
                StateService.Options(
                    origin, interval: headscale.interval.nanoseconds, watches: headscale.watches,
                    folder: "\(settings.data)/headscale"), surroundings, on: group)
        } catch {
            throw PlacedError(settings.position(of: "headscale.\(headscale.originKey)"), error)
        }
    }

    /// What is known at present; nil if the configuration does not say where to read it.
    var status: RelayStatus.Headscale.State? {
        counters.map {
            RelayStatus.Headscale.State(
                nodes: $0.nodeCount, age: context.age(at: Clock.wall()), failures: $0.failureCount)
        }
    }

    func start() { service?.start() }

    /// Before the ledger ends: what was found out is made durable first.
    func stop() { service?.stop() }
}

/// Whether records that were handed to the ledger are durable.
private final class Receipt: Sendable {
    private let number: UInt64
    private let queue: BatchQueue
    private let signals: WriterSignals
    private let horizon: Horizon
    /// Index behind the records, once they have one.
    private let end = Mutex<UInt64?>(nil)

    init(_ number: UInt64, _ queue: BatchQueue, _ signals: WriterSignals, _ horizon: Horizon) {
        self.number = number
        self.queue = queue
        self.signals = signals
        self.horizon = horizon
    }

    var isDurable: Bool {
        guard queue.isFinished(number) else { return false }
        let end = end.withLock { end -> UInt64 in
            if let end { return end }
            let index = signals.takenIndex
            end = index
            return index
        }
        return horizon.position.nextIndex >= end
    }
}

/// Takes secrets out of text that is no record.
private final class TextRedactor: Sendable {
    private let redactor: Monitor<Redactor>

    init(_ engine: RedactionEngine) { redactor = Monitor(Redactor(engine)) }

    /// `line`, which has no LF, without its secrets.
    func redact(_ line: String) -> String {
        let bytes = Array(line.utf8)
        let clean = unsafe [UInt8](unsafeUninitializedCapacity: bytes.count + Redactor.growthLimit) { buffer, count in
            var writer = unsafe ByteWriter(
                unsafeOver: buffer.baseAddress!, capacity: bytes.count + Redactor.growthLimit)
            redactor.withLock { _ = $0.redact(line: unsafe bytes.span.bytes, into: &writer) }
            count = writer.count
        }
        return String(decoding: clean, as: UTF8.self)
    }
}

// MARK: - Settings

extension Asking {
    /// What of Headscale `settings` say is found out by asking.
    public init(_ settings: Settings.Headscale) {
        let watch: Watch? =
            switch settings.watches ? StateOrigin(settings) : nil {
            case .api(_, .oauth, _): .oauth
            case .api: .api
            case .database: .database
            case .file: .file
            case nil: nil
            }
        self.init(watch: watch, health: settings.health != nil)
    }
}

extension StateOrigin {
    /// Nil if the configuration does not say where the state is to be read.
    init?(_ settings: Settings.Headscale) {
        if let api = settings.api {
            self.init(api)
        } else if let path = settings.database {
            self = .database(path: path)
        } else if let path = settings.file {
            self = .file(path: path)
        } else {
            return nil
        }
    }

    private init?(_ api: Settings.HeadscaleAPI) {
        let credential: APICredential =
            if let file = api.keyFile { .key(file: file) } else if let oauth = api.oauth {
                .oauth(clientID: oauth.id, secretFile: oauth.secretFile)
            } else { .none }
        if let url = api.url {
            self = .api(
                .web(url: "\(url)", isSecure: url.isSecure), credential, authorityFile: api.authorityFile)
        } else if let path = api.socket {
            self = .api(.socket(path: path), credential, authorityFile: nil)
        } else {
            return nil
        }
    }
}

extension Settings.Headscale {
    /// The key that says where the state is read.
    var originKey: String { api != nil ? "api" : database != nil ? "database" : "file" }
}
