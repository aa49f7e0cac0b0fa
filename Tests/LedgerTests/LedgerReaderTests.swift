import Batch
import Testing

@testable import Ledger

@Suite struct LedgerReaderTests {
    @Test func readersBeginAtAnyIndexInTheMiddleOfBlocksToo() throws {
        var log = try TestLog()
        // Batches of 40 records in blocks of their own, several to a segment.
        log.options.batch.recordLimit = 40
        let run = try log.run([17, 40, 100, 1, 60])
        #expect(try TestLog.layout.segmentIndexes(log.system).count > 2)
        let lines = try log.check(run.access)
        for index in 0...run.end {
            #expect(try log.lines(from: index, run.access) == Array(lines[Int(index)...]), "from \(index)")
        }
    }

    @Test func anIndexBehindTheEndIsRefused() throws {
        let log = try TestLog()
        let run = try log.run([3])
        #expect(throws: LedgerError(.outOfRange, "")) { _ = try run.access.makeReader(from: run.end + 1) }
        #expect(try log.lines(from: run.end, run.access) == [])
    }

    @Test func aReaderBeginsAtTheOldestRecordThatIsLeft() throws {
        let log = try TestLog()
        let run = try log.run([200])
        let lines = try log.lines(run.access)
        let segments = try TestLog.layout.segmentIndexes(log.system)
        try log.system.remove(TestLog.layout.segment(segments[0]))
        let reader = try run.access.makeReader(from: 0)
        #expect(reader.nextIndex == segments[1])
        #expect(try log.lines(run.access) == Array(lines[Int(segments[1])...]))
    }

    @Test func aReaderGoesOnWhenTheLedgerDoes() throws {
        let log = try TestLog()
        let queue = BatchQueue(byteLimit: 1 << 20)
        let ledger = try log.open(queue)
        var reader = try ledger.access.makeReader(from: 0)
        #expect(try reader.peek() == nil)
        let horizon = ledger.access.horizon
        let grown = Monitor(())
        let observation = horizon.observe { grown.signal() }
        ledger.start()
        var indexes: [UInt64] = []
        for round in 1...40 as ClosedRange<UInt64> {
            queue.push(TestLog.batch(5))
            _ = grown.wait { _ in horizon.position.nextIndex >= round * 5 ? true : nil }
            while let block = try reader.peek() {
                var bytes = [UInt8](repeating: 0, count: BlockHeader.size + block.payloadLength)
                try unsafe bytes.withUnsafeMutableBytes { _ = unsafe try reader.read(block, into: $0) }
                indexes.append(block.firstIndex)
                #expect(reader.nextIndex == block.nextIndex && block.nextIndex <= horizon.position.nextIndex)
            }
            #expect(reader.nextIndex >= round * 5)
        }
        observation.cancel()
        queue.close()
        ledger.join()
        #expect(indexes == indexes.sorted() && indexes.first == 0)
        #expect(try TestLog.layout.segmentIndexes(log.system).count > 1)
    }

    /// What is not durable is not there for a reader, though it is in the file.
    @Test func nothingIsReadBeyondTheHorizon() throws {
        let log = try TestLog()
        let run = try log.run([30])
        let layout = TestLog.layout
        var blocks: [BlockHeader] = []
        var reader = try run.access.makeReader(from: 0)
        var offsets: [UInt64] = [UInt64(SegmentHeader.size)]
        while let block = try reader.peek() {
            var bytes = [UInt8](repeating: 0, count: BlockHeader.size + block.payloadLength)
            try unsafe bytes.withUnsafeMutableBytes { _ = unsafe try reader.read(block, into: $0) }
            blocks.append(block)
            offsets.append(offsets[blocks.count - 1] + UInt64(bytes.count))
        }
        #expect(blocks.count > 2)
        for count in 0...2 {
            let horizon = Horizon(
                LedgerPosition(nextIndex: blocks[count].firstIndex, segment: 0, offset: offsets[count]))
            let lines = try log.lines(LedgerAccess(layout, horizon, log.system))
            #expect(UInt64(lines.count) == blocks[count].firstIndex)
        }
    }

    // MARK: - Damage

    @Test func everyDamagedByteOfASegmentIsFoundOrHarmless() throws {
        let log = try TestLog()
        let run = try log.run([9])
        let lines = try log.lines(run.access)
        let path = TestLog.layout.segment(0)
        let good = try #require(log.system.contents(path))
        for position in SegmentHeader.size..<good.count {
            log.system.damage(path) { $0[position] ^= 0x04 }
            #expect(throws: LedgerError(.damaged, ""), "byte \(position)") { try log.lines(run.access) }
            log.system.damage(path) { $0 = good }
        }
        #expect(try log.lines(run.access) == lines)
    }

    @Test func aSegmentThatWasCutIsDamaged() throws {
        let log = try TestLog()
        let run = try log.run([9])
        let path = TestLog.layout.segment(0)
        let good = try #require(log.system.contents(path))
        for length in stride(from: SegmentHeader.size, to: good.count, by: 7) {
            log.system.damage(path) { $0 = Array(good[..<length]) }
            #expect(throws: LedgerError(.damaged, ""), "\(length) bytes") { try log.lines(run.access) }
        }
    }

    @Test func aSegmentThatIsGoneInTheMiddleIsDamage() throws {
        let log = try TestLog()
        let run = try log.run([200])
        let segments = try TestLog.layout.segmentIndexes(log.system)
        #expect(segments.count > 3)
        try log.system.remove(TestLog.layout.segment(segments[1]))
        #expect(throws: LedgerError(.damaged, "")) { try log.lines(run.access) }
    }

    @Test func aReadThatFailsIsAnErrorThatNamesTheFile() throws {
        let log = try TestLog()
        let run = try log.run([9])
        log.system.fail(2..<100)
        #expect {
            try log.lines(run.access)
        } throws: { error in
            (error as? LedgerError)?.code == .file && "\(error)".contains("00000000000000000000.segment")
        }
    }
}
