import Synchronization
import Testing

@testable import Ledger

@Suite struct HorizonTests {
    private func position(_ index: UInt64) -> LedgerPosition {
        LedgerPosition(nextIndex: index, segment: 0, offset: index)
    }

    @Test func thePositionIsTheLastOne() {
        let horizon = Horizon(position(3))
        #expect(horizon.position == position(3))
        for index in [3, 4, 9] as [UInt64] {
            horizon.advance(to: position(index))
            #expect(horizon.position == position(index))
        }
    }

    @Test func observersAreToldUntilTheyCancel() {
        let horizon = Horizon(position(0))
        let seen = Mutex<[String]>([])
        let first = horizon.observe { seen.withLock { $0.append("a\(horizon.position.nextIndex)") } }
        horizon.advance(to: position(1))
        let second = horizon.observe { seen.withLock { $0.append("b\(horizon.position.nextIndex)") } }
        horizon.advance(to: position(2))
        first.cancel()
        first.cancel()
        horizon.advance(to: position(3))
        second.cancel()
        horizon.advance(to: position(4))
        #expect(seen.withLock { $0.sorted() } == ["a1", "a2", "b2", "b3"])
    }

    /// No lock is held while an observer runs, so it may do what it likes with the horizon.
    @Test func anObserverMayCancelItselfAndBeginAnother() {
        let horizon = Horizon(position(0))
        let calls = Atomic<Int>(0)
        let observation = Mutex<Horizon.Observation?>(nil)
        let new = horizon.observe {
            _ = calls.add(1, ordering: .relaxed)
            observation.withLock { $0 }?.cancel()
            _ = horizon.observe { _ = calls.add(10, ordering: .relaxed) }
        }
        observation.withLock { $0 = new }
        horizon.advance(to: position(1))
        horizon.advance(to: position(2))
        #expect(calls.load(ordering: .relaxed) == 11)
    }

    @Test func goingBackIsRefused() async {
        await #expect(processExitsWith: .failure) {
            let horizon = Horizon(LedgerPosition(nextIndex: 2, segment: 0, offset: 0))
            horizon.advance(to: LedgerPosition(nextIndex: 1, segment: 0, offset: 0))
        }
    }
}
