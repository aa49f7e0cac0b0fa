/// When a batch is to be closed by a seal.
public struct BatchPolicy: Hashable, Sendable {
    /// Records in a batch at most, its seal not counted.
    public var recordLimit: Int
    /// Bytes of the records of a batch, after which it is closed.
    public var byteLimit: Int
    /// How long a record waits for its seal at most, in milliseconds.
    public var ageMilliseconds: Int64
    /// How long a stream stays without a seal at most, in milliseconds, even if no record comes.
    public var idleMilliseconds: Int64

    /// The limits, each at least 1.
    public init(
        recordLimit: Int = 1024, byteLimit: Int = 1 << 20, ageMilliseconds: Int64 = 5000,
        idleMilliseconds: Int64 = 60_000
    ) {
        precondition(recordLimit > 0 && byteLimit > 0 && ageMilliseconds > 0 && idleMilliseconds > 0)
        self.recordLimit = recordLimit
        self.byteLimit = byteLimit
        self.ageMilliseconds = ageMilliseconds
        self.idleMilliseconds = idleMilliseconds
    }
}

/// What is in the batch that the next seal will close, and when that is due. It knows no clock: times are milliseconds
/// of a clock that never goes back, whichever the caller uses.
public struct OpenBatch: Hashable, Sendable {
    public let policy: BatchPolicy
    /// Records since the last seal.
    public private(set) var recordCount = 0
    /// Their bytes.
    public private(set) var byteCount = 0
    // When the first of these records came, or when the last seal was made if there are none.
    private var since: Int64

    /// An empty batch that begins at `time`.
    public init(_ policy: BatchPolicy = BatchPolicy(), at time: Int64) {
        self.policy = policy
        since = time
    }

    /// Notes that records were appended, `bytes` long together.
    public mutating func append(records: Int, bytes: Int, at time: Int64) {
        precondition(records >= 0 && bytes >= 0)
        guard records > 0 else { return }
        if recordCount == 0 { since = time }
        recordCount += records
        byteCount += bytes
    }

    /// Notes that a seal closed the batch and the next one begins.
    public mutating func close(at time: Int64) {
        recordCount = 0
        byteCount = 0
        since = time
    }

    /// How many more records go into this batch before it must be closed; 0 if it must be now.
    public var recordRoom: Int { byteCount >= policy.byteLimit ? 0 : max(0, policy.recordLimit - recordCount) }

    /// Why the batch is to be closed at `time`, or nil if it is not yet.
    public func due(at time: Int64) -> SealReason? {
        if recordCount >= policy.recordLimit { return .count }
        if byteCount >= policy.byteLimit { return .bytes }
        guard time >= deadline else { return nil }
        return recordCount > 0 ? .age : .idle
    }

    /// When the batch is to be closed if nothing more comes.
    public var deadline: Int64 {
        since &+ (recordCount > 0 ? policy.ageMilliseconds : policy.idleMilliseconds)
    }
}
