import Batch
public import Ledger
public import Logging

/// Stores what destinations will never take, and does what is asked for with it later: ``DeadLetterRequest``.
@safe
public final class DeadLetterBox: DeadLetterStore, @unchecked Sendable {
    /// Letters that one request sends again at most; the oldest go first.
    static let resendLimit = 100_000

    private struct State {
        /// What each running request still waits for, by its file's name.
        var running: [String: Set<DeadLetter.Key>] = [:]
        var isStopping = false
    }

    private let main: LedgerAccess
    private let letters: DeadLetterLedger
    private let logger: Logger
    private let system: any FileSystem = DiskFileSystem()
    private let state = Monitor(State())
    private var resend: [String: @Sendable ([UInt64]) -> Void] = [:]
    private var worker: Worker?
    /// Whether the folder of requests could not be read when it was last tried. Of the worker's alone.
    private var cannotList = false
    /// How often requests are looked for.
    private let interval: UInt64

    /// A box for records of `main`. `interval`: nanoseconds.
    public init(
        _ main: LedgerAccess, _ letters: DeadLetterLedger, logger: Logger, interval: UInt64 = 1_000_000_000
    ) {
        self.main = main
        self.letters = letters
        self.logger = logger
        self.interval = interval
    }

    /// Begins to look for requests. `resend` has, for each destination's name, what sends records again.
    public func start(resend: [String: @Sendable ([UInt64]) -> Void]) {
        self.resend = resend
        letters.start()
        worker = Worker { [self] in
            while true {
                takeRequests()
                let isStopping = state.wait(until: Clock.monotonic() + interval) { $0.isStopping ? true : nil }
                if isStopping == true { return }
            }
        }
    }

    /// Seals, syncs and ends, after the destinations have ended.
    public func stop() {
        state.withLock { $0.isStopping = true }
        state.signal()
        worker?.join()
        // The destinations, which hold the box, are let go.
        resend = [:]
        letters.stop()
    }

    // MARK: - Storing

    public func store(_ records: [RejectedRecord], of destination: String) throws {
        let sorted = records.sorted { $0.index < $1.index }
        guard let first = sorted.first else { return }
        var originals: [UInt64: [UInt8]] = [:]
        let source = try RecordSource(main, from: first.index) { _ in }
        var next = 0
        _ = try source.visit { record in
            while next < sorted.count, sorted[next].index < record.index { next += 1 }
            guard next < sorted.count else { return false }
            if sorted[next].index == record.index {
                let line = record.line
                originals[record.index] = (0..<line.byteCount).map { line.byte($0) }
            }
            return true
        }
        try letters.append(
            sorted.map { record in
                let key = DeadLetter.Key(destination: destination, index: record.index)
                let letter = DeadLetter(.stored, key, status: record.status, reason: record.reason)
                return (letter, originals[record.index] ?? [])
            })
    }

    public func originals(of indexes: Set<UInt64>, for destination: String) throws -> [UInt64: [UInt8]] {
        var originals: [UInt64: [UInt8]] = [:]
        let open = try OpenDeadLetters(letters.access.layout) {
            $0.destination == destination && indexes.contains($0.index)
        }
        try open.visit { letter, original in
            if !letter.isCut { originals[letter.key.index] = original }
        }
        return originals
    }

    public func noteResent(delivered: [UInt64], failed: [UInt64], of destination: String) {
        close(delivered.map { DeadLetter.Key(destination: destination, index: $0) }, .resent)
        let done = Set((delivered + failed).map { DeadLetter.Key(destination: destination, index: $0) })
        let ended = state.withLock { state in
            state.running.compactMap { name, keys -> String? in
                let left = keys.subtracting(done)
                state.running[name] = left
                return left.isEmpty && !keys.isEmpty ? name : nil
            }
        }
        // The file goes first: as long as the request is running it is not taken again.
        for name in ended { remove(name) }
        state.withLock { state in
            for name in ended { state.running[name] = nil }
        }
    }

    /// Notes what became of letters.
    private func close(_ keys: [DeadLetter.Key], _ kind: DeadLetter.Kind) {
        do {
            try letters.append(keys.map { (DeadLetter(kind, $0), []) })
        } catch {
            logger.error(
                "it cannot be noted what became of dead letters; they stay open", metadata: ["error": "\(error)"])
        }
    }

    // MARK: - Requests

    private func takeRequests() {
        let folder = letters.access.layout.requests
        guard system.exists(folder) else { return }
        let names: [String]
        do throws(FileError) {
            names = try system.list(folder)
            cannotList = false
        } catch {
            // It is looked for every second, and said once.
            if !cannotList {
                logger.error("requests about dead letters cannot be read", metadata: ["error": "\(error)"])
            }
            cannotList = true
            return
        }
        for name in names where name.hasSuffix(DeadLetterRequest.suffix) {
            // One that has just ended may still be among the names.
            guard !state.withLock({ $0.running.keys.contains(name) }), system.exists("\(folder)/\(name)") else {
                continue
            }
            do {
                try take(name)
            } catch {
                logger.error(
                    "a request about dead letters failed", metadata: ["error": "\(error)", "request": "\(name)"])
                remove(name)
            }
        }
    }

    private func take(_ name: String) throws {
        let file = try system.open("\(letters.access.layout.requests)/\(name)", .read)
        let bytes = try file.contents(limit: DeadLetterRequest.octetLimit)
        guard let request = DeadLetterRequest(String(decoding: bytes, as: UTF8.self)) else {
            throw DeadLetterLedger.Failure(description: "the file is no request")
        }
        let keys = try OpenDeadLetters(letters.access.layout, where: request.includes).keys
        switch request.action {
        case .drop:
            close(keys, .dropped)
            logger.notice("dead letters dropped by request", metadata: ["records": "\(keys.count)"])
            remove(name)
        case .resend: send(keys, name)
        }
    }

    private func send(_ keys: [DeadLetter.Key], _ name: String) {
        let wanted = keys.filter { resend[$0.destination] != nil }.prefix(Self.resendLimit)
        let strangers = Set(keys.map(\.destination)).subtracting(resend.keys).sorted()
        logger.notice(
            "dead letters are sent again by request",
            metadata: ["records": "\(wanted.count)", "left": "\(keys.count - wanted.count)"])
        if !strangers.isEmpty {
            logger.warning(
                "dead letters of destinations that are not configured any more stay",
                metadata: ["destinations": "\(strangers.joined(separator: ", "))"])
        }
        guard !wanted.isEmpty else { return remove(name) }
        // What another request sends already is waited for, and not sent once more.
        let underWay = state.withLock { state -> Set<DeadLetter.Key> in
            defer { state.running[name] = Set(wanted) }
            return state.running.values.reduce(into: []) { $0.formUnion($1) }
        }
        let fresh = wanted.filter { !underWay.contains($0) }
        for (destination, keys) in Dictionary(grouping: fresh, by: \.destination) {
            resend[destination]?(keys.map(\.index).sorted())
        }
    }

    private func remove(_ name: String) {
        do throws(FileError) {
            try system.remove("\(letters.access.layout.requests)/\(name)")
        } catch {
            logger.error("a request about dead letters cannot be removed", metadata: ["error": "\(error)"])
        }
    }
}
