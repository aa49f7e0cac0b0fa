import Batch
import Glibc

/// Runs a ``Keeper`` on a thread of low priority, which rests as long as it works in a long step. Not of the lowest: on a
/// busy machine, what is to be deleted would come too late.
public final class KeeperThread: Sendable {
    private static let niceValue: Int32 = 5
    /// Nanoseconds between two steps: while there is more to do, and while there is not.
    private static let busyInterval: UInt64 = 20_000_000
    private static let idleInterval: UInt64 = 1_000_000_000
    /// The longest rest in the middle of a step.
    private static let longestRest: UInt64 = 100_000_000

    private let isStopping = Monitor(false)
    private let worker: Monitor<Worker?> = Monitor(nil)

    public init() {}

    /// Starts the thread, to which `keeper` belongs from now on.
    public func start(_ keeper: Keeper) {
        let box = Box(keeper)
        let started = Worker { [self] in
            // Of this thread alone: Linux has a nice value for each.
            setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.niceValue)
            run(box.keeper)
        }
        worker.withLock { $0 = started }
    }

    /// Ends the thread, with a step that is under way interrupted where that costs nothing.
    public func stop() {
        isStopping.withLock { $0 = true }
        isStopping.signal()
        worker.withLock { worker in
            worker?.join()
            worker = nil
        }
    }

    private func run(_ keeper: Keeper) {
        var isBusy = true
        repeat {
            var workedSince = Clock.monotonic()
            isBusy = keeper.run(now: Clock.wall() / 1_000_000) {
                let worked = Clock.monotonic() - workedSince
                let goesOn = !rest(min(worked, Self.longestRest))
                workedSince = Clock.monotonic()
                return goesOn
            }
        } while !rest(isBusy ? Self.busyInterval : Self.idleInterval)
    }

    /// Waits so many nanoseconds; true if the thread is to end.
    private func rest(_ nanoseconds: UInt64) -> Bool {
        isStopping.wait(until: Clock.monotonic() + nanoseconds) { $0 ? true : nil } ?? false
    }

    /// Takes the keeper to its thread.
    private final class Box: @unchecked Sendable {
        let keeper: Keeper
        init(_ keeper: Keeper) { self.keeper = keeper }
    }
}
