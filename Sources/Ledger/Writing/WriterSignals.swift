import Synchronization

/// What the ledger's writer and the ``Keeper``, each on a thread of its own, tell each other.
public final class WriterSignals: Sendable {
    /// Bytes written so far, and how many there may be.
    private let written = Atomic<Int64>(0)
    private let allowance = Atomic<Int64>(.max)
    private let nextIndex = Atomic<UInt64>(0)
    private let recordIndex = Atomic<UInt64>(0)
    private let rotation = Atomic<Bool>(false)

    public init() {}

    // MARK: - For the writer

    /// Whether records may be taken: false once the disk budget is used up, until there is room again.
    public var hasRoom: Bool { written.load(ordering: .relaxed) < allowance.load(ordering: .relaxed) }

    /// Takes what was written from the room that there is.
    func note(writtenBytes bytes: UInt64) { written.add(Int64(clamping: bytes), ordering: .relaxed) }

    /// Says that all notices taken so far have indexes before this one.
    func note(nextIndex index: UInt64) { nextIndex.store(index, ordering: .releasing) }

    /// Says that all records taken from the queue so far have indexes before this one.
    func note(recordIndex index: UInt64) { recordIndex.store(index, ordering: .releasing) }

    /// Whether a new segment was asked for since the last call.
    func takeRotation() -> Bool {
        rotation.load(ordering: .relaxed) && rotation.exchange(false, ordering: .relaxed)
    }

    // MARK: - For producers

    /// Index behind the last record that was taken from the queue: once the horizon has come so far, all of them are
    /// durable.
    public var takenIndex: UInt64 { recordIndex.load(ordering: .acquiring) }

    // MARK: - For the keeper

    /// Bytes written so far: to be asked for before one looks how much room there is.
    var writtenBytes: Int64 { written.load(ordering: .relaxed) }

    /// Sets the bytes that may be written since ``writtenBytes`` was `written`.
    func set(room bytes: Int64, since written: Int64) {
        let (sum, overflow) = written.addingReportingOverflow(bytes)
        allowance.store(overflow ? .max : sum, ordering: .relaxed)
    }

    /// Index behind the last notice that was written.
    var writtenNotices: UInt64 { nextIndex.load(ordering: .acquiring) }

    /// Asks for a new segment with the next block.
    func askForRotation() { rotation.store(true, ordering: .relaxed) }
}
