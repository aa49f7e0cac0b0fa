import Synchronization

/// When the last record of Headscale came. Any thread of the data plane may tell, once for each batch.
public final class LogActivity: Sendable {
    private let last = Atomic<UInt64>(0)

    public init() {}

    /// Notes that there was a record of Headscale at `now`, in nanoseconds of the monotonic clock.
    @inline(__always)
    public func note(at now: UInt64) { last.store(now, ordering: .relaxed) }

    /// When the last one came, in seconds of the monotonic clock; nil if none has.
    public var lastRecord: Int64? {
        let nanoseconds = last.load(ordering: .relaxed)
        return nanoseconds == 0 ? nil : Int64(nanoseconds / 1_000_000_000)
    }
}
