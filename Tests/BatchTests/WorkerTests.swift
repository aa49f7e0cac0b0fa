import Batch
import Synchronization
import Testing

@Suite struct WorkerTests {
    @Test func aWorkerRunsItsBodyOnceOnAnotherThread() {
        let runs = Atomic<Int>(0)
        for _ in 0..<20 {
            let worker = Worker { _ = runs.add(1, ordering: .relaxed) }
            worker.join()
        }
        #expect(runs.load(ordering: .relaxed) == 20)
    }

    @Test func joiningWaitsForTheEnd() {
        let gate = Monitor(false)
        let finished = Atomic<Bool>(false)
        let worker = Worker {
            _ = gate.wait { $0 ? true : nil }
            finished.store(true, ordering: .releasing)
        }
        #expect(finished.load(ordering: .acquiring) == false)
        gate.withLock { $0 = true }
        gate.signal()
        worker.join()
        #expect(finished.load(ordering: .acquiring) == true)
    }
}

@Suite struct MonitorTests {
    @Test func additionsFromManyThreadsAreAllThere() {
        let sum = Monitor(0)
        let workers = (0..<4).map { _ in Worker { for _ in 0..<1000 { sum.withLock { $0 += 1 } } } }
        for worker in workers { worker.join() }
        #expect(sum.withLock { $0 } == 4000)
    }

    @Test func anErrorLeavesTheLockFree() {
        struct Failure: Error {}
        let monitor = Monitor(1)
        #expect(throws: Failure.self) { try monitor.withLock { (_: inout Int) throws(Failure) in throw Failure() } }
        #expect(monitor.withLock { $0 } == 1)
    }

    @Test func aValueThatIsThereIsNotWaitedFor() {
        #expect(Monitor(7).wait { $0 } == 7)
        #expect(Monitor(7).wait(until: 0) { $0 } == 7)
    }

    @Test func aWaitEndsAtItsDeadlineAfterALastLook() {
        let looks = Monitor(0)
        let result: Int? = looks.wait(until: Clock.monotonic()) { count in
            count += 1
            return nil
        }
        #expect(result == nil)
        #expect(looks.withLock { $0 } == 2)
    }

    @Test func twoThreadsPassABallByTurns() {
        let turn = Monitor(0)
        let other = Worker {
            for round in 0..<200 {
                _ = turn.wait { ball -> Bool? in
                    guard ball == 2 * round + 1 else { return nil }
                    ball += 1
                    return true
                }
                turn.signal()
            }
        }
        for round in 0..<200 {
            turn.withLock { $0 = 2 * round + 1 }
            turn.signal()
            _ = turn.wait { $0 == 2 * round + 2 ? true : nil }
        }
        other.join()
        #expect(turn.withLock { $0 } == 400)
    }
}

@Suite struct ClockTests {
    @Test func theMonotonicClockDoesNotGoBack() {
        var last = Clock.monotonic()
        for _ in 0..<1000 {
            let now = Clock.monotonic()
            #expect(now >= last)
            last = now
        }
    }

    @Test func theWallClockIsOfThisCentury() {
        #expect((1_700_000_000_000_000_000..<4_102_444_800_000_000_000).contains(Clock.wall()))
    }
}
