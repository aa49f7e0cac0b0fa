import Batch
import Synchronization
import Testing

/// What a queue gave, in a form that can be compared.
private enum Taken: Equatable {
    case lines([String])
    case timeout
    case closed
}

extension BatchQueue {
    /// What is there now. A batch that was found is finished.
    fileprivate func take(takesRecords: Bool = true) -> Taken {
        switch next(until: 0, takesRecords: { takesRecords }) {
        case .batch(let batch):
            let lines = batch.lines
            finish(batch)
            return .lines(lines)
        case .notice(let batch):
            let lines = batch.lines
            finish(notice: batch)
            return .lines(lines)
        case .timeout: return .timeout
        case .closed: return .closed
        }
    }
}

@Suite struct BatchQueueTests {
    /// What a batch with few bytes counts for.
    private static let smallCost = 16 << 10

    // MARK: - Notices

    @Test func noticesComeFirstAndEvenWhenRecordsAreNotTaken() {
        let queue = BatchQueue(byteLimit: 1 << 20)
        queue.push(batch("record"))
        #expect(queue.take(takesRecords: false) == .timeout)
        queue.push(notice: batch("notice"))
        #expect(queue.hasNotices)
        #expect(queue.take(takesRecords: false) == .lines(["notice"]))
        #expect(!queue.hasNotices && queue.byteCount > 0)
        queue.push(notice: batch("second"))
        #expect(queue.take() == .lines(["second"]))
        #expect(queue.take() == .lines(["record"]))
    }

    @Test func whatWasTakenIsKeptAtTheEnd() {
        let queue = BatchQueue(byteLimit: 1 << 20)
        queue.push(batch("record"))
        queue.close()
        #expect(queue.take(takesRecords: false) == .lines(["record"]))
        #expect(queue.take(takesRecords: false) == .closed)
    }

    // MARK: - Order

    @Test func batchesComeOutInTheOrderTheyWentIn() {
        let queue = BatchQueue(byteLimit: 1 << 20)
        #expect(queue.take() == .timeout)
        // More than the ring has slots at first, with some taken in between so that it wraps around.
        var (pushed, taken) = (0, 0)
        for burst in [3, 7, 20, 1, 40] {
            for _ in 0..<burst {
                queue.push(batch("\(pushed)"))
                pushed += 1
            }
            for _ in 0..<burst / 2 {
                #expect(queue.take() == .lines(["\(taken)"]))
                taken += 1
            }
        }
        while taken < pushed {
            #expect(queue.take() == .lines(["\(taken)"]))
            taken += 1
        }
        #expect(queue.take() == .timeout && queue.byteCount == 0)
    }

    @Test func anEmptyBatchIsNotQueued() {
        let queue = BatchQueue(byteLimit: 1 << 20)
        queue.push(batch())
        #expect(queue.take() == .timeout && queue.byteCount == 0)
    }

    @Test func batchesThatAreLeftGoWithTheQueue() {
        for count in [0, 1, 8, 9, 30] {
            let queue = BatchQueue(byteLimit: 1 << 20)
            for number in 0..<count { queue.push(batch("\(number)")) }
        }
    }

    // MARK: - Bound

    @Test func smallBatchesCountForTheMemoryTheyTake() {
        let queue = BatchQueue(byteLimit: 1 << 20)
        queue.push(batch("x"))
        #expect(queue.byteCount == Self.smallCost)
        let long = String(repeating: "x", count: 60_000)
        queue.push(batch(long))
        #expect(queue.byteCount == Self.smallCost + 60_001)
    }

    @Test func theQueueIsFullAtItsLimitAndHasRoomAgainAtHalfOfIt() {
        let queue = BatchQueue(byteLimit: 4 * Self.smallCost)
        for count in 1...4 {
            #expect(!queue.isFull)
            queue.push(batch("\(count)"))
        }
        #expect(queue.isFull)
        queue.push(batch("one more, already read"))
        #expect(queue.isFull && queue.byteCount == 5 * Self.smallCost)
        for isFull in [true, true, false, false, false] {
            #expect(queue.take() != .timeout)
            #expect(queue.isFull == isFull)
        }
    }

    @Test func aBatchCountsUntilItIsFinished() {
        let queue = BatchQueue(byteLimit: Self.smallCost)
        queue.push(batch("x"))
        guard case .batch(let batch) = queue.next(until: 0) else { return #expect(Bool(false)) }
        #expect(queue.isFull && queue.byteCount == Self.smallCost)
        queue.finish(batch)
        #expect(!queue.isFull && queue.byteCount == 0)
    }

    @Test func whoPushesCanAskWhetherItIsFinished() {
        let queue = BatchQueue(byteLimit: 1 << 20)
        #expect(queue.push(batch()) == 0 && queue.isFinished(0))
        let (first, second) = (queue.push(batch("x")), queue.push(batch("y")))
        guard case .batch(let batch) = queue.next(until: 0) else { return #expect(Bool(false)) }
        #expect(!queue.isFinished(first))
        queue.finish(batch)
        #expect(queue.isFinished(first) && !queue.isFinished(second))
        #expect(queue.take() == .lines(["y"]) && queue.isFinished(second))
    }

    // MARK: - Room

    @Test func whoAsksForRoomIsCalledOnceAndOnlyWhenThereIs() {
        let queue = BatchQueue(byteLimit: 4 * Self.smallCost)
        let calls = Atomic<Int>(0)
        let resume: @Sendable () -> Void = { _ = calls.add(1, ordering: .relaxed) }
        queue.whenRoom(resume)
        #expect(calls.load(ordering: .relaxed) == 1, "there is room now")
        for number in 0..<4 { queue.push(batch("\(number)")) }
        for _ in 0..<3 { queue.whenRoom(resume) }
        #expect(calls.load(ordering: .relaxed) == 1)
        _ = queue.take()
        #expect(calls.load(ordering: .relaxed) == 1)
        _ = queue.take()
        #expect(calls.load(ordering: .relaxed) == 4)
        _ = queue.take()
        _ = queue.take()
        #expect(calls.load(ordering: .relaxed) == 4)
    }

    /// Between the limit and half of it the queue still calls itself full: who was called there would look, find it
    /// full and ask again, round and round.
    @Test func nobodyIsCalledWhileTheQueueCallsItselfFull() {
        let queue = BatchQueue(byteLimit: 4 * Self.smallCost)
        for number in 0..<4 { queue.push(batch("\(number)")) }
        _ = queue.take()
        #expect(queue.isFull)
        let wasFull = Mutex<Bool?>(nil)
        queue.whenRoom { wasFull.withLock { $0 = queue.isFull } }
        #expect(wasFull.withLock { $0 } == nil)
        _ = queue.take()
        #expect(wasFull.withLock { $0 } == false)
    }

    // MARK: - Loss

    @Test func lossesAddUp() {
        let queue = BatchQueue(byteLimit: 1)
        #expect(queue.lostRecords == 0)
        for lost in [1, 0, 41] as [UInt64] { queue.noteLost(lost) }
        #expect(queue.lostRecords == 42)
    }

    // MARK: - End

    @Test func aClosedQueueGivesWhatItHasFirst() {
        let queue = BatchQueue(byteLimit: 1 << 20)
        queue.push(batch("last"))
        queue.close()
        #expect(queue.take() == .lines(["last"]))
        #expect(queue.take() == .closed)
        #expect(queue.take() == .closed)
    }

    @Test func closingEndsAWait() {
        let queue = BatchQueue(byteLimit: 1 << 20)
        let result = Mutex<Taken?>(nil)
        let worker = Worker {
            let closed = if case .closed = queue.next(until: .max) { true } else { false }
            result.withLock { $0 = closed ? .closed : .timeout }
        }
        queue.close()
        worker.join()
        #expect(result.withLock { $0 } == .closed)
    }

    // MARK: - Spare batches

    @Test func anEmptiedBatchIsUsedAgain() {
        let queue = BatchQueue(byteLimit: 1 << 20)
        var one = Batch(byteCapacity: 2 * Batch.lineLimit, recordCapacity: 1)
        one.append("x")
        queue.push(one)
        #expect(queue.take() == .lines(["x"]))
        var again = queue.takeEmpty()
        #expect(again.isEmpty == true)
        // Known by its capacity of one record.
        again.append("y")
        #expect(again.isFull == true)
        var fresh = queue.takeEmpty()
        fresh.append("z")
        let isFull = fresh.isFull
        #expect(!isFull)
    }

    @Test func onlySomeSparesAreKept() {
        let queue = BatchQueue(byteLimit: 100 << 20)
        for _ in 0..<20 {
            var one = Batch(byteCapacity: 2 * Batch.lineLimit, recordCapacity: 1)
            one.append("x")
            queue.push(one)
        }
        for _ in 0..<20 { #expect(queue.take() == .lines(["x"])) }
        var spares = 0
        for _ in 0..<20 {
            var batch = queue.takeEmpty()
            batch.append("x")
            if batch.isFull { spares += 1 }
        }
        #expect(spares == 8)
    }

    // MARK: - Threads

    @Test func producersAndTheLedgerWorkAtOnce() {
        let queue = BatchQueue(byteLimit: 2 * Self.smallCost)
        let producers = (0..<3).map { producer in
            Worker {
                for number in 0..<500 {
                    // Hold back as a listener does, so that the room callbacks are in use too.
                    let room = Monitor(false)
                    queue.whenRoom {
                        room.withLock { $0 = true }
                        room.signal()
                    }
                    _ = room.wait { $0 ? true : nil }
                    var batch = queue.takeEmpty()
                    batch.append("\(producer) \(number)")
                    queue.push(batch)
                }
            }
        }
        var next = [0, 0, 0]
        for _ in 0..<1500 {
            guard case .batch(let batch) = queue.next(until: .max) else { return #expect(Bool(false)) }
            let parts = batch.lines[0].split(separator: " ").compactMap { Int($0) }
            #expect(parts[1] == next[parts[0]])
            next[parts[0]] += 1
            queue.finish(batch)
        }
        for producer in producers { producer.join() }
        #expect(next == [500, 500, 500] && queue.byteCount == 0 && !queue.isFull)
    }
}
