import Synchronization
import Testing

@testable import Batch

@Suite struct FillLevelTests {
    @Test func thresholdsWarnOnceUntilTheQueueWasWellBelow() {
        var level = FillLevel()
        let course: [(Int, Int?)] = [
            (0, nil), (69, nil), (70, 70), (80, nil), (69, nil), (71, nil), (90, 90), (100, nil), (89, nil), (95, nil),
            (71, nil), (90, nil), (69, nil), (91, 90), (49, nil), (95, 90), (0, nil), (70, 70),
        ]
        for (percent, threshold) in course {
            #expect(level.note(percent * 1000, of: 100_000) == threshold, "\(percent)")
        }
    }

    @Test func severitiesGoOneAfterTheOther() {
        let levels = stride(from: 65, through: 105, by: 5).map { FillLevel.leastSevere($0, of: 100) }
        #expect(levels == [7, 6, 5, 4, 3, 2, 1, -1, -1])
    }

    @Test func queueTellsWhoWatchesIt() {
        let passed = Mutex<[Int]>([])
        let queue = BatchQueue(byteLimit: 160 << 10) { percent in passed.withLock { $0.append(percent) } }
        func push() {
            var batch = Batch()
            batch.append { writer in
                writer.append(Array("x".utf8))
                return (1, 0)
            }
            queue.push(batch)
        }
        for round in 1...2 {
            for _ in 0..<10 { push() }
            #expect(passed.withLock { $0 }.count == 2 * round && queue.leastSevere == -1)
            while case .batch(let batch) = queue.next(until: 0) { queue.finish(batch) }
            #expect(queue.leastSevere == 7)
        }
        #expect(passed.withLock { $0 } == [70, 90, 70, 90])
    }
}
