import Batch

/// Makes written blocks durable, on a thread of its own, while the writer goes on writing.
///
/// Requests that come in while a sync runs are answered by the next one together (group commit). The horizon advances
/// when, and only when, a sync has returned. After a sync that failed nothing more is tried, and nothing asked for is
/// answered, until ``reset()``: the kernel may have dropped the very pages (fsyncgate), so a later success on the same
/// file would prove nothing.
final class Syncer: Sendable {
    private struct State {
        var request: Request?
        var busy = false
        var failure: FileError?
        var stopped = false
    }

    struct Request {
        let file: any File
        let position: LedgerPosition
        /// Runs after the sync, before the horizon moves: keeps what must not be ahead of the records.
        let afterwards: (@Sendable () throws(FileError) -> Void)?
    }

    private let state = Monitor(State())
    private let horizon: Horizon
    /// Whether a request is answered at once by who makes it, and there is no thread.
    private let isInline: Bool
    private let onFailure: @Sendable () -> Void

    /// `onFailure` is called from the syncer's thread when there is a ``failure``.
    init(_ horizon: Horizon, isInline: Bool = false, onFailure: @escaping @Sendable () -> Void) {
        self.horizon = horizon
        self.isInline = isInline
        self.onFailure = onFailure
    }

    /// Why nothing is synced at present.
    var failure: FileError? { state.withLock { $0.failure } }

    /// Asks for everything up to `request.position` to be made durable. A later request replaces one not yet begun, but for
    /// what is to be done afterwards, if it has nothing of its own.
    func request(_ request: Request) {
        guard !isInline else { return failure == nil ? answer(request) : () }
        state.withLock { state in
            let afterwards = request.afterwards ?? state.request?.afterwards
            state.request = Request(file: request.file, position: request.position, afterwards: afterwards)
        }
        state.signal()
    }

    /// Waits until every request so far has been answered.
    func drain() throws(FileError) {
        let failure = state.wait { state -> FileError?? in
            if let failure = state.failure { return .some(failure) }
            return state.request == nil && !state.busy ? .some(nil) : nil
        }
        if let failure = failure ?? nil { throw failure }
    }

    /// Waits for a sync that is under way, then forgets what was asked for, and the failure.
    func reset() {
        _ = state.wait { state -> Bool? in
            state.request = nil
            guard !state.busy else { return nil }
            state.failure = nil
            return true
        }
    }

    /// Ends the thread once it has nothing left to do.
    func stop() {
        state.withLock { $0.stopped = true }
        state.signal()
    }

    /// The thread's work.
    func run() {
        while let request = next() { answer(request) }
    }

    private func answer(_ request: Request) {
        do throws(FileError) {
            try request.file.sync()
            try request.afterwards?()
            horizon.advance(to: request.position)
            finish(nil)
        } catch {
            finish(error)
            onFailure()
        }
    }

    private func next() -> Request? {
        state.wait { state -> Request?? in
            if state.failure == nil, let request = state.request {
                state.request = nil
                state.busy = true
                return .some(request)
            }
            return state.stopped ? .some(nil) : nil
        } ?? nil
    }

    private func finish(_ failure: FileError?) {
        state.withLock { state in
            state.busy = false
            state.failure = failure
        }
        state.signal()
    }
}
