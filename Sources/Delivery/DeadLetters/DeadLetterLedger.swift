import Batch
public import Ledger
public import Seal
import Synchronization
import Syslog
import Telemetry

/// The dead letters' own ledger: sealed with the relay's key under `ORIGIN/deadletters`, so that it verifies as the
/// main one does. May be used by all destinations at the same time; they wait for one another.
///
/// One that cannot be opened, since too much of it is damaged, is set aside (`deadletters.damaged-N`) and another begun,
/// under another name: `ORIGIN/deadletters-N`. It must not keep the relay from starting.
public final class DeadLetterLedger: Sendable {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// How long a letter may take to become durable.
    private static let patience: UInt64 = 30_000_000_000
    /// Waiting for a sync holds up a destination, so there is one soon.
    private static let syncInterval: UInt64 = 2_000_000
    /// An empty batch is sealed so often: the main ledger proves silence, this one need not.
    private static let idleMilliseconds: Int64 = 3_600_000

    private struct Writing {
        /// Letters given to the queue, over the object's life, and those seen durable.
        var pushed: UInt64 = 0
        var durable: UInt64 = 0
        /// Where reading goes on to see what is durable.
        var nextIndex: UInt64
    }

    public let access: LedgerAccess
    private let ledger: Ledger
    private let queue: BatchQueue
    private let heading: @Sendable () -> DeadLetter.Heading
    private let writing: Monitor<Writing>
    private let failure: FailureNote

    /// Opens the ledger below the one of `main`, or makes it. Throws what opening a ledger throws. `onFailure` is called
    /// when it cannot be written any more; nothing is stored from then on.
    public init(
        _ main: LedgerOptions, key: LogKey, system: any FileSystem = DiskFileSystem(),
        onFailure: @escaping @Sendable (any Error) -> Void
    ) throws {
        let key = try Self.key(for: key, in: Layout(main.directory))
        var options = main
        options.directory = Layout(main.directory).deadLetters.directory
        options.batch.idleMilliseconds = Self.idleMilliseconds
        options.syncInterval = Self.syncInterval
        options.segmentBytes = min(main.segmentBytes, 16 << 20)
        let failure = FailureNote()
        let queue = BatchQueue(byteLimit: 16 << 20)
        ledger = try Ledger(
            options, key: key, ratchet: nil, queue: queue, counters: LedgerCounters(MetricsRegistry()), system: system
        ) { event in
            guard case .failed(let error) = event else { return }
            failure.set("\(error)")
            onFailure(error)
        }
        self.queue = queue
        self.failure = failure
        access = ledger.access
        let (hostname, processID, number) = (options.hostname, options.processID, options.enterpriseNumber)
        heading = {
            let now = Clock.wall()
            let time = Timestamp(
                seconds: Int64(now / 1_000_000_000), microseconds: Int(now % 1_000_000_000 / 1_000), fractionDigits: 3)
            return DeadLetter.Heading(
                hostname: hostname, processID: processID, enterpriseNumber: number, time: time)
        }
        writing = Monitor(Writing(nextIndex: access.horizon.position.nextIndex))
        try Self.publish(key, access.layout, system)
    }

    /// The relay's key under the name of the dead letters' log beside the ledger in `layout`.
    public static func key(for main: LogKey, in layout: Layout) throws -> LogKey {
        let number = try storedNumber(layout) ?? nextNumber(layout)
        let name = number == 1 ? logName : "\(logName)-\(number)"
        return try LogKey(origin: Origin("\(main.origin.text)/\(name)"), privateKey: main.privateKey)
    }

    // MARK: - Setting aside

    private static let logName = "deadletters"
    private static let setAsidePrefix = "deadletters.damaged-"

    /// Whether a ledger that cannot be opened for this reason will never be: a disk that fails may come back.
    public static func isBeyondRepair(_ error: any Error) -> Bool {
        switch error {
        case let error as LedgerError: ![.locked, .file].contains(error.code)
        case is SealError: true
        default: false
        }
    }

    /// Sets the dead letters of the ledger in `layout` aside. Returns where they are now.
    public static func setAside(
        _ layout: Layout, _ system: any FileSystem = DiskFileSystem()
    ) throws -> String {
        let number = max(try storedNumber(layout, system) ?? 0, try nextNumber(layout, system))
        let aside = "\(layout.directory)/\(setAsidePrefix)\(number)"
        try system.rename(layout.deadLetters.directory, to: aside)
        try system.syncDirectory(layout.directory)
        return aside
    }

    /// Which log of dead letters lies there, from 1; nil if there is none, or it does not say.
    private static func storedNumber(_ layout: Layout, _ system: any FileSystem = DiskFileSystem()) throws -> Int? {
        guard let origin = try? OriginFile.origin(layout.deadLetters, system) else { return nil }
        let name = origin.text.split(separator: "/").last ?? ""
        guard name != logName else { return 1 }
        return name.hasPrefix("\(logName)-") ? Int(name.dropFirst(logName.count + 1)) : nil
    }

    /// The number of the log that follows those that were set aside.
    private static func nextNumber(
        _ layout: Layout, _ system: any FileSystem = DiskFileSystem()
    ) throws(FileError) -> Int {
        guard system.exists(layout.directory) else { return 1 }
        let numbers = try system.list(layout.directory).filter { $0.hasPrefix(setAsidePrefix) }
            .compactMap { Int($0.dropFirst(setAsidePrefix.count)) }
        return (numbers.max() ?? 0) + 1
    }

    private static func publish(_ key: LogKey, _ layout: Layout, _ system: any FileSystem) throws {
        let file = try system.open(layout.publicKey, .updateOrCreate)
        let text = Array("\(key.verifierKey)\n".utf8)
        guard try file.contents() != text else { return }
        try file.truncate(to: 0)
        try file.write(text, at: 0)
        try file.sync()
    }

    public func start() { ledger.start() }

    /// Seals, syncs and ends. Nothing may be stored any more.
    public func stop() {
        queue.close()
        ledger.join()
    }

    // MARK: - Writing

    /// Appends letters, each with its original line, and waits until they are durable.
    func append(_ letters: [(letter: DeadLetter, original: [UInt8])]) throws {
        guard !letters.isEmpty else { return }
        let heading = heading()
        try writing.withLock { state in
            if let reason = failure.text { throw Failure(description: reason) }
            // What earlier calls have given up waiting for is still in the queue, which must not grow with each try.
            try waitUntilDurable(&state)
            var batch = queue.takeEmpty()
            for (letter, original) in letters {
                if batch.isFull {
                    queue.push(batch)
                    batch = queue.takeEmpty()
                }
                batch.append { writer in
                    unsafe letter.write(heading, original: original.span.bytes, into: &writer)
                }
            }
            queue.push(batch)
            state.pushed += UInt64(letters.count)
            try waitUntilDurable(&state)
        }
    }

    /// Reads on until all letters that were ever pushed have been seen, those of earlier calls that gave up included.
    private func waitUntilDurable(_ state: inout Writing) throws {
        let changed = Monitor(false)
        let observation = access.horizon.observe {
            changed.withLock { $0 = true }
            changed.signal()
        }
        defer { observation.cancel() }
        let deadline = Clock.monotonic() + Self.patience
        while true {
            try countDurable(&state)
            guard state.durable < state.pushed else { return }
            if let reason = failure.text { throw Failure(description: reason) }
            guard Clock.monotonic() < deadline else { throw Failure(description: "not durable within 30 s") }
            _ = changed.wait(until: min(deadline, Clock.monotonic() + 1_000_000_000)) { changed -> Bool? in
                guard changed else { return nil }
                changed = false
                return true
            }
        }
    }

    private func countDurable(_ state: inout Writing) throws {
        guard access.horizon.position.nextIndex > state.nextIndex else { return }
        let source = try RecordSource(access, from: state.nextIndex) { _ in }
        var letters: UInt64 = 0
        _ = try source.visit { record in
            if DeadLetter.parse(record.line) != nil { letters += 1 }
            return true
        }
        state.nextIndex = source.nextIndex
        state.durable += letters
    }
}

/// Why a ledger can no longer be written, as its threads leave it for others.
private final class FailureNote: Sendable {
    private let reason = Mutex<String?>(nil)

    var text: String? { reason.withLock { $0 } }

    func set(_ text: String) { reason.withLock { $0 = $0 ?? text } }
}
