import Ledger
import NIOCore
import NIOPosix

/// Stores the cursor of a destination that runs on an event loop, without making the loop wait for the disk.
///
/// One store is under way at a time, on a thread of NIO's pool; values that come meanwhile replace one another, and the
/// newest is stored next. All calls are made on the event loop.
@safe
final class CursorKeeper: @unchecked Sendable {
    private let eventLoop: any EventLoop
    private let onFailure: (String) -> Void
    /// Used by the store that is under way, and by nobody else.
    private var file: CursorFile
    private var stored: CursorFile.Value?
    private var newest: CursorFile.Value?
    private var isStoring = false
    private var failure: String?
    private var whenIdle: [EventLoopPromise<Void>] = []

    /// `onFailure` is called on the event loop with the reason why values cannot be stored, once as long as it stays
    /// the same. A value that was not stored is tried again when it, or a newer one, comes the next time.
    init(
        _ file: consuming CursorFile, on eventLoop: any EventLoop, onFailure: @escaping (String) -> Void
    ) {
        self.eventLoop = eventLoop
        self.onFailure = onFailure
        stored = file.value
        newest = file.value
        self.file = file
    }

    /// Index of the first record that the destination may not have, as far as the disk knows.
    var storedIndex: UInt64? { stored?.nextIndex }

    /// Sees to it that `value` is stored.
    func store(_ value: CursorFile.Value) {
        newest = value
        if !isStoring { storeNewest() }
    }

    /// Completes when no store is under way: the newest value has been stored, or could not be.
    func finish() -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        if isStoring { whenIdle.append(promise) } else { promise.succeed() }
        return promise.futureResult
    }

    private func storeNewest() {
        guard let value = newest, value != stored else { return endWaiting() }
        isStoring = true
        let done = NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) { [self] in try file.store(value) }
        done.whenComplete { [self] result in
            isStoring = false
            switch result {
            case .success:
                (stored, failure) = (value, nil)
                storeNewest()
            case .failure(let error):
                note(error)
                if newest == value { endWaiting() } else { storeNewest() }
            }
        }
    }

    private func note(_ error: any Error) {
        let text = "\(error)"
        if failure != text { onFailure(text) }
        failure = text
    }

    private func endWaiting() {
        for promise in whenIdle { promise.succeed() }
        whenIdle = []
    }
}
