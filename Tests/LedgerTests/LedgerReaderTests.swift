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
        for index in [0, segments[1] - 1, segments[1], segments[1] + 1] {
            let found = try read(from: index, run.access)
            #expect(found.lines == Array(lines[Int(max(index, segments[1]))...]))
            #expect(found.lost == (index < segments[1] ? [index..<segments[1]] : []))
        }
    }

    /// What was given up when the next segment was begun may be there again after a power failure.
    @Test func whatASegmentHasBehindTheBeginningOfTheNextOneDoesNotCount() throws {
        let (log, other) = (try TestLog(), try TestLog())
        let run = try log.run([200])
        let lines = try log.check(run.access)
        let queue = BatchQueue(byteLimit: 1 << 20)
        queue.push(TestLog.batch(200, text: " recoil "))
        queue.close()
        let ledger = try other.open(queue)
        ledger.start()
        ledger.join()
        let segments = try TestLog.layout.segmentIndexes(log.system)
        #expect(try TestLog.layout.segmentIndexes(other.system) == segments)
        let tail = try #require(other.system.contents(TestLog.layout.segment(segments[1])))
        log.system.damage(TestLog.layout.segment(segments[0])) { $0 += tail[SegmentHeader.size...] }
        #expect(try read(from: 0, run.access).lines == lines)
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
            let lines = try log.lines(LedgerAccess(layout, horizon, log.losses(), log.system))
            #expect(UInt64(lines.count) == blocks[count].firstIndex)
        }
    }

    // MARK: - Damage

    /// What a reader gives and what it reports as lost, with stretches that follow one another put together.
    private func read(
        from index: UInt64 = 0, _ access: LedgerAccess
    ) throws -> (lines: [String], lost: [Range<UInt64>]) {
        var lost: [Range<UInt64>] = []
        var payload: [UInt8] = []
        var reader = try access.makeReader(from: index) { loss in
            #expect(!loss.indexes.isEmpty && loss.segment.hasPrefix(TestLog.layout.segments))
            if let last = lost.last, last.upperBound == loss.indexes.lowerBound {
                lost[lost.count - 1] = last.lowerBound..<loss.indexes.upperBound
            } else {
                lost.append(loss.indexes)
            }
        }
        while let block = try reader.peek() {
            var bytes = [UInt8](repeating: 0, count: BlockHeader.size + block.payloadLength)
            var range = 0..<0
            try unsafe bytes.withUnsafeMutableBytes { range = unsafe try reader.read(block, into: $0) }
            payload += bytes[range]
        }
        #expect(reader.nextIndex == access.horizon.position.nextIndex)
        return (TestLog.lines(payload), lost)
    }

    /// The stretches of indexes below `end` that are in none of `blocks`.
    private func gaps(_ blocks: [Range<UInt64>], from index: UInt64, to end: UInt64) -> [Range<UInt64>] {
        var (next, gaps) = (index, [Range<UInt64>]())
        for block in blocks + [end..<end] where block.upperBound > index || block.isEmpty {
            if block.lowerBound > next { gaps.append(next..<block.lowerBound) }
            next = max(next, block.upperBound)
        }
        return gaps
    }

    /// A block of a segment as it was written.
    private struct Block {
        let bytes: Range<Int>
        let indexes: Range<UInt64>
    }

    private func blocks(_ segment: [UInt8]) -> [Block] {
        var blocks: [Block] = []
        var offset = SegmentHeader.size
        while let header = unsafe segment.withUnsafeBytes({
            unsafe BlockHeader(UnsafeRawBufferPointer(rebasing: $0[min(offset, $0.count)...]))
        }) {
            let end = offset + BlockHeader.size + header.payloadLength
            blocks.append(Block(bytes: offset..<end, indexes: header.firstIndex..<header.nextIndex))
            offset = end
        }
        return blocks
    }

    /// Damage costs the records of the blocks it hit, and no other.
    @Test func everyDamagedByteOfASegmentCostsItsBlock() throws {
        let log = try TestLog()
        let run = try log.run([9])
        let lines = try log.lines(run.access)
        let path = TestLog.layout.segment(0)
        let good = try #require(log.system.contents(path))
        let blocks = blocks(good)
        #expect(blocks.count > 1 && blocks.last?.bytes.upperBound == good.count)
        for block in blocks {
            for position in block.bytes {
                log.system.damage(path) { $0[position] ^= 0x04 }
                let found = try read(run.access)
                #expect(found.lost == [block.indexes], "byte \(position)")
                #expect(found.lines.count == lines.count - block.indexes.count, "byte \(position)")
                log.system.damage(path) { $0[position] ^= 0x04 }
            }
        }
        #expect(try read(run.access).lines == lines)
    }

    /// A reader that begins later passes headers without checking what they head; where one has led it astray, it goes
    /// back.
    @Test(arguments: [0x01, 0x04, 0x80] as [UInt8])
    func aWrongHeaderCostsNoOtherBlockWhereverAReaderBegins(bits: UInt8) throws {
        let log = try TestLog()
        let run = try log.run([30])
        let path = TestLog.layout.segment(0)
        let blocks = blocks(try #require(log.system.contents(path)))
        #expect(blocks.count > 3)
        for block in blocks {
            let others = blocks.map(\.indexes).filter { $0 != block.indexes }
            for position in block.bytes.prefix(BlockHeader.size) {
                log.system.damage(path) { $0[position] ^= bits }
                for index in 0..<run.end
                where index % 3 == 0 || blocks.contains(where: { $0.indexes.lowerBound == index }) {
                    let expected = gaps(others, from: index, to: run.end)
                    #expect(try read(from: index, run.access).lost == expected, "byte \(position), from \(index)")
                }
                log.system.damage(path) { $0[position] ^= bits }
            }
        }
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func recordsOfIntactBlocksAreReadWhateverElseIsDamaged(seed: UInt64) throws {
        var random = Seeded(seed)
        let log = try TestLog()
        let run = try log.run([17, 40, 100, 1, 60])
        let lines = try log.lines(run.access)
        var intact: [Range<UInt64>] = []
        for first in try TestLog.layout.segmentIndexes(log.system) {
            let path = TestLog.layout.segment(first)
            let good = try #require(log.system.contents(path))
            if Int.random(in: 0..<12, using: &random) == 0 {
                try log.system.remove(path)
                continue
            }
            var bad = good
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let start = Int.random(in: 0..<bad.count, using: &random)
                let count = Int.random(in: 1...(1 << Int.random(in: 0...11, using: &random)), using: &random)
                for position in start..<min(start + count, bad.count) {
                    bad[position] = UInt8.random(in: .min ... .max, using: &random)
                }
            }
            if Int.random(in: 0..<6, using: &random) == 0 {
                bad.removeLast(Int.random(in: 0...bad.count, using: &random))
            }
            intact += blocks(good).filter { block in
                block.bytes.upperBound <= bad.count && bad[block.bytes] == good[block.bytes]
            }.map(\.indexes)
            log.system.damage(path) { $0 = bad }
        }
        guard try !TestLog.layout.segmentIndexes(log.system).isEmpty else { return }
        for index in [0] + (0..<20).map({ _ in UInt64.random(in: 0...run.end, using: &random) }) {
            let found = try read(from: index, run.access)
            let expected = intact.flatMap { Array($0) }.filter { $0 >= index }.map { lines[Int($0)] }
            #expect(found.lines == expected, "from \(index)")
            #expect(found.lost == gaps(intact, from: index, to: run.end), "from \(index)")
        }
    }

    /// `verify` names what a reader has left out, and nothing else.
    @Test func whatIsLeftOutIsWhatVerifyMisses() throws {
        var log = try TestLog()
        log.options.syncBytes = 1
        let run = try log.run([200])
        let path = TestLog.layout.segment(try TestLog.layout.segmentIndexes(log.system)[1])
        let block = try #require(blocks(log.system.contents(path) ?? []).dropFirst().first)
        log.system.damage(path) { $0[block.bytes.lowerBound + BlockHeader.size + 3] ^= 1 }
        let report = try log.verify(log.payload(run.access))
        #expect(report.missing.count == UInt64(block.indexes.count))
        #expect(report.missing.ranges.items == [block.indexes])
    }

    /// A block that is damaged when it is the newest, is not looked for again when the ledger goes on.
    @Test func aReaderGoesOnBehindDamageAtTheEnd() throws {
        let log = try TestLog()
        let run = try log.run([9])
        let path = TestLog.layout.segment(0)
        let segment = try #require(log.system.contents(path))
        let last = try #require(blocks(segment).last)
        let end = run.access.horizon.position
        var lost: [LostRecords] = []
        var reader = try run.access.makeReader(from: last.indexes.lowerBound) { lost.append($0) }
        log.system.damage(path) { $0[last.bytes.upperBound - 1] ^= 1 }
        var bytes = [UInt8](repeating: 0, count: last.bytes.count)
        let block = try #require(try reader.peek())
        var range = 0..<1
        try unsafe bytes.withUnsafeMutableBytes { range = unsafe try reader.read(block, into: $0) }
        #expect(range.isEmpty)
        for _ in 0..<3 { #expect(try reader.peek() == nil) }
        #expect(lost == [LostRecords(indexes: last.indexes, segment: path)] && reader.nextIndex == end.nextIndex)
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
