import Synchronization

/// The context that records get at present, and how old it is. Replaced in the background; the data plane takes the
/// table once for each batch, and works with that one until the batch is done.
public final class ContextStore: Sendable {
    private let state: Mutex<State>

    private struct State {
        var table: ContextTable
        /// When the snapshot behind the table was taken, in nanoseconds since 1970; nil while there is none.
        var takenAt: UInt64?
    }

    public init() {
        state = Mutex(State(table: ContextTable()))
    }

    /// The table to use now: empty while nothing is known.
    public var table: ContextTable { state.withLock { $0.table } }

    /// Seconds from when the state that the table shows was read from Headscale to `now` (nanoseconds since 1970); nil
    /// while there is none.
    public func age(at now: UInt64) -> UInt64? {
        state.withLock { $0.takenAt }.map { (max(now, $0) - $0) / 1_000_000_000 }
    }

    /// Puts a new table in the place of the old one. `takenAt` is in nanoseconds since 1970.
    public func replace(_ table: ContextTable, takenAt: UInt64) {
        state.withLock { $0 = State(table: table, takenAt: takenAt) }
    }

    /// Says that what the table shows was still so at `takenAt`.
    public func confirm(takenAt: UInt64) {
        state.withLock { $0.takenAt = takenAt }
    }
}
