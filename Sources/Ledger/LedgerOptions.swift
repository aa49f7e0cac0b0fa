import Batch
public import Seal

/// The limits of a ledger. Times are nanoseconds.
public struct LedgerOptions: Sendable {
    /// The directory that holds it.
    public var directory: String
    /// The private enterprise number of the relay's elements.
    public var enterpriseNumber: UInt32 = 32473
    /// When a batch is sealed.
    public var batch = BatchPolicy()
    /// The longest time a record waits for its sync.
    public var syncInterval: UInt64 = 50_000_000
    /// Bytes after which a sync is asked for at once.
    public var syncBytes: UInt64 = 1 << 20
    /// Bytes after which a new segment is begun.
    public var segmentBytes: UInt64 = 64 << 20
    /// How long after a file operation has failed the next try is: at first, and at most.
    var retryPause: ClosedRange<UInt64> = 100_000_000...5_000_000_000
    /// Whether there are no threads, and who has the ledger calls ``Ledger/step()``: for tests that repeat what they do.
    var isStepwise = false
    /// Milliseconds since 1970, for the time stamps of seals, blocks and segments.
    public var wallClock: @Sendable () -> UInt64 = { Clock.wall() / 1_000_000 }
    /// Told, before anything is changed, the index of the next record: to throw if somebody elsewhere knows of more records
    /// (``Ledger/restoredBackup(_:_:_:)``).
    public var accept: @Sendable (_ nextIndex: UInt64) throws -> Void = { _ in }
    /// What the last seal, when the queue was closed, says as its reason.
    public var finalReason = SealReason.stop
    /// HOSTNAME and PROCID of the seals.
    public var hostname: String
    public var processID: Int32

    public init(directory: String, hostname: String, processID: Int32) {
        self.directory = directory
        self.hostname = hostname
        self.processID = processID
    }
}
