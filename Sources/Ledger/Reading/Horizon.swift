import Synchronization

/// A place in the ledger between two blocks.
public struct LedgerPosition: Sendable, Equatable {
    /// Index of the next record.
    public var nextIndex: UInt64
    /// First index of the segment it lies in, which names the segment's file.
    public var segment: UInt64
    /// Offset in that file.
    public var offset: UInt64
    /// Grows when a file that readers may have open is no longer the one of its name.
    public var generation: UInt64 = 0
}

/// How far the ledger is durable. Readers never look beyond it: nothing is released before it is synced.
public final class Horizon: Sendable {
    private struct State {
        var position: LedgerPosition
        var observers: [Int: @Sendable () -> Void] = [:]
        var nextObserver = 0
    }

    private let state: Mutex<State>

    init(_ position: LedgerPosition) {
        state = Mutex(State(position: position))
    }

    public var position: LedgerPosition { state.withLock { $0.position } }

    /// Moves the horizon and tells everybody who observes it.
    func advance(to position: LedgerPosition) {
        let observers = state.withLock { state -> [@Sendable () -> Void] in
            precondition(position.nextIndex >= state.position.nextIndex, "the horizon moves forward only")
            state.position = position
            return Array(state.observers.values)
        }
        for observer in observers { observer() }
    }

    /// Notes that a new file was begun behind the durable records, maybe under the name of the newest one.
    func replaceNewestFile() {
        state.withLock { $0.position.generation += 1 }
    }

    /// Calls `changed`, from the ledger's thread and without holding a lock, after each advance, until cancelled.
    public func observe(_ changed: @escaping @Sendable () -> Void) -> Observation {
        let number = state.withLock { state -> Int in
            defer { state.nextObserver += 1 }
            state.observers[state.nextObserver] = changed
            return state.nextObserver
        }
        return Observation { [self] in
            state.withLock { state in _ = state.observers.removeValue(forKey: number) }
        }
    }

    /// Ends an observation.
    public struct Observation: Sendable {
        public let cancel: @Sendable () -> Void
    }
}
