import Synchronization

/// The queue in front of the ledger: batches from many intake threads to one writer, bounded in bytes.
///
/// The bound is a promise about memory, kept by the producers: whoever finds the queue full stops reading its sockets
/// (TCP) or drops and counts (UDP); some drop the least severe records before that. A batch that was already read is
/// taken even so, hence the queue holds at most its limit and one batch for each producer. Emptied batches are kept for
/// the next producer, up to the limit.
public final class BatchQueue: Sendable {
    private struct State: ~Copyable {
        var waiting: Ring
        /// Records of the relay itself: handed out first, and even while no others are.
        var notices: Ring
        var spare: Ring
        var byteCount = 0
        /// Batches of records that were pushed, and that were finished; they are finished in their order.
        var pushed: UInt64 = 0
        var finished: UInt64 = 0
        /// Batches of notices that were pushed and not yet finished.
        var noticeCount = 0
        var closed = false
        var level = FillLevel()
        var isWoken = false
        var onRoom: [@Sendable () -> Void] = []
    }

    /// Bytes the queue holds before it calls itself full.
    public let byteLimit: Int
    private let state: Monitor<State>
    private let full = Atomic<Bool>(false)
    private let severity = Atomic<Int>(7)
    private let lost = Atomic<UInt64>(0)
    private let onThreshold: @Sendable (_ percent: Int) -> Void

    /// A queue that is full at `byteLimit`. `onThreshold` is called, from any thread, when the queue has come to 70 and
    /// to 90 hundredths of that, and again only after it was well below.
    public init(byteLimit: Int, onThreshold: @escaping @Sendable (_ percent: Int) -> Void = { _ in }) {
        self.byteLimit = byteLimit
        self.onThreshold = onThreshold
        state = Monitor(State(waiting: Ring(), notices: Ring(), spare: Ring()))
    }

    // MARK: Producers

    /// Whether the producers should hold back.
    public var isFull: Bool { full.load(ordering: .relaxed) }

    /// The least severe severity that producers take who leave out the least severe records first; -1 for none.
    public var leastSevere: Int { severity.load(ordering: .relaxed) }

    /// An empty batch to fill.
    public func takeEmpty() -> Batch {
        state.withLock { $0.spare.popFirst() } ?? Batch()
    }

    /// Hands a batch to the ledger. Returns a number to ask ``isFinished(_:)`` with.
    @discardableResult
    public func push(_ batch: consuming Batch) -> UInt64 {
        guard !batch.isEmpty else {
            giveBack(batch)
            return 0
        }
        var moved: Batch? = batch
        let (number, threshold) = state.withLock { state -> (UInt64, Int?) in
            guard let batch = moved.take() else { return (0, nil) }
            state.byteCount += Self.cost(batch)
            state.pushed += 1
            state.waiting.append(batch)
            if state.byteCount >= byteLimit { full.store(true, ordering: .relaxed) }
            return (state.pushed, measure(&state))
        }
        state.signal()
        if let threshold { onThreshold(threshold) }
        return number
    }

    /// Whether the ledger has taken the batch of that number, and given its records their indexes.
    public func isFinished(_ number: UInt64) -> Bool { state.withLock { $0.finished >= number } }

    /// Sees what follows from how full the queue is; returns a threshold that was passed.
    private func measure(_ state: inout State) -> Int? {
        severity.store(FillLevel.leastSevere(state.byteCount, of: byteLimit), ordering: .relaxed)
        return state.level.note(state.byteCount, of: byteLimit)
    }

    /// Hands the ledger a batch with what the relay itself has to say. It is taken before all others, and even when
    /// records are not: who reports that the disk is full must not wait until it is empty.
    public func push(notice batch: consuming Batch) {
        guard !batch.isEmpty else { return giveBack(batch) }
        var moved: Batch? = batch
        state.withLock { state in
            guard let batch = moved.take() else { return }
            state.noticeCount += 1
            state.notices.append(batch)
        }
        state.signal()
    }

    /// Whether a notice was pushed that the ledger has not written yet.
    public var hasNotices: Bool { state.withLock { $0.noticeCount > 0 } }

    /// Calls `resume` once, from any thread, as soon as the queue is no longer full (at once if it is not).
    public func whenRoom(_ resume: @escaping @Sendable () -> Void) {
        let now = state.withLock { state -> Bool in
            // Not by the bytes: what calls itself full until half of them are gone has no room until then.
            if !full.load(ordering: .relaxed) { return true }
            state.onRoom.append(resume)
            return false
        }
        if now { resume() }
    }

    /// Counts records that were lost before they reached the ledger; the next seal declares them.
    public func noteLost(_ records: UInt64) {
        lost.add(records, ordering: .relaxed)
    }

    /// No batch comes after this one.
    public func close() {
        state.withLock { $0.closed = true }
        state.signal()
    }

    // MARK: The ledger

    /// What ``next(until:)`` found.
    public enum Next: ~Copyable {
        case batch(Batch)
        case notice(Batch)
        case timeout
        case closed
    }

    /// The next batch, or `timeout` when there is none until `deadline` (monotonic nanoseconds) or ``wake()``. While
    /// `takesRecords` says no, there are only notices, unless the queue is closed: what was taken by then is kept.
    public func next(until deadline: UInt64, takesRecords: () -> Bool = { true }) -> Next {
        var found: Batch?
        var isNotice = false
        let closed = state.wait(until: deadline) { state -> Bool? in
            found = state.notices.popFirst()
            isNotice = found != nil
            if found == nil, takesRecords() || state.closed { found = state.waiting.popFirst() }
            if found != nil { return false }
            if state.closed { return true }
            defer { state.isWoken = false }
            return state.isWoken ? false : nil
        }
        if let batch = found.take() { return isNotice ? .notice(batch) : .batch(batch) }
        return closed == true ? .closed : .timeout
    }

    /// Ends the ledger's wait for a batch.
    public func wake() {
        state.withLock { $0.isWoken = true }
        state.signal()
    }

    /// Waits until no batch comes any more, or until `deadline` (monotonic nanoseconds). Returns whether that is so.
    public func waitForEnd(until deadline: UInt64) -> Bool {
        state.wait(until: deadline) { $0.closed ? true : nil } ?? false
    }

    /// Takes back a batch of notices that has been written.
    public func finish(notice batch: consuming Batch) {
        state.withLock { $0.noticeCount -= 1 }
        giveBack(batch)
    }

    /// Takes back a batch that has been written, which makes room.
    public func finish(_ batch: consuming Batch) {
        let released = Self.cost(batch)
        let callbacks = state.withLock { state -> [@Sendable () -> Void] in
            state.byteCount -= released
            state.finished += 1
            _ = measure(&state)
            guard state.byteCount <= byteLimit / 2, full.load(ordering: .relaxed) else { return [] }
            full.store(false, ordering: .relaxed)
            defer { state.onRoom = [] }
            return state.onRoom
        }
        giveBack(batch)
        for callback in callbacks { callback() }
    }

    /// Whether there is a batch that the ledger has not taken.
    public var isWaiting: Bool { state.withLock { $0.waiting.count + $0.notices.count > 0 } }

    /// Whether no batch comes any more.
    public var isClosed: Bool { state.withLock { $0.closed } }

    /// What the waiting batches count for.
    public var byteCount: Int { state.withLock { $0.byteCount } }

    /// Records reported lost so far, over the queue's life.
    public var lostRecords: UInt64 { lost.load(ordering: .relaxed) }

    /// What a batch counts for. A nearly empty one takes memory too, so there can be no more than 1,024 of them in 16 MiB.
    private static func cost(_ batch: borrowing Batch) -> Int { max(batch.byteCount, 16 << 10) }

    private func giveBack(_ batch: consuming Batch) {
        var moved: Batch? = batch
        moved?.removeAll()
        state.withLock { state in
            guard let batch = moved.take(), state.spare.count < 8 else { return }
            state.spare.append(batch)
        }
    }
}

/// A first-in first-out queue of batches that grows by doubling.
@safe
struct Ring: ~Copyable {
    private var slots: UnsafeMutablePointer<Batch>
    private var capacity = 8
    private var first = 0
    private(set) var count = 0

    init() {
        unsafe slots = .allocate(capacity: capacity)
    }

    deinit {
        for i in 0..<count { unsafe (slots + (first + i) % capacity).deinitialize(count: 1) }
        unsafe slots.deallocate()
    }

    mutating func append(_ batch: consuming Batch) {
        if count == capacity { grow() }
        unsafe (slots + (first + count) % capacity).initialize(to: batch)
        count += 1
    }

    mutating func popFirst() -> Batch? {
        guard count > 0 else { return nil }
        let batch = unsafe (slots + first).move()
        first = (first + 1) % capacity
        count -= 1
        return batch
    }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<Batch>.allocate(capacity: capacity * 2)
        for i in 0..<count { unsafe (larger + i).moveInitialize(from: slots + (first + i) % capacity, count: 1) }
        unsafe slots.deallocate()
        unsafe slots = unsafe larger
        capacity *= 2
        first = 0
    }
}
