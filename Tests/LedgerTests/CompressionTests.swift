import Batch
import Seal
import Testing

@testable import Ledger

/// Segments that were compressed read as what they were made of, and a crash while they are made costs nothing.
@Suite struct CompressionTests {
    private let layout = TestLog.layout

    /// A log with several closed segments of some blocks each.
    private func log() throws -> (log: TestLog, run: TestLog.Run) {
        var log = try TestLog()
        log.options.segmentBytes = 20 << 10
        return (log, try log.run([60, 60, 60, 60, 60]))
    }

    /// The ranges of the segments that are closed.
    static func closed(_ system: ModelFileSystem) throws -> [Range<UInt64>] {
        let firsts = try TestLog.layout.segmentIndexes(system)
        return zip(firsts, firsts.dropFirst()).map { $0..<$1 }
    }

    static func compressAll(_ system: ModelFileSystem) throws {
        for indexes in try closed(system) {
            _ = try SegmentCompressor(TestLog.layout, system).compress(indexes) { true }
        }
    }

    @Test func aCompressedSegmentReadsAsWhatItWas() throws {
        let (log, run) = try log()
        let before = try log.payload(run.access)
        let indexes = try #require(try Self.closed(log.system).first)
        let old = try #require(log.system.contents(layout.segment(0)))
        let (size, compressed) = try SegmentCompressor(layout, log.system).compress(indexes) { true }
        #expect(size == old.count && compressed < size)
        #expect(log.system.contents(layout.segment(0)) == nil)
        let file = try layout.openSegment(0, log.system)
        #expect(try file.size() == old.count)
        #expect(try file.contents() == old)
        for (offset, count) in [(0, 1), (8191, 2), (9000, 700), (old.count - 1, 5), (old.count, 5), (old.count + 9, 1)]
        {
            #expect(try file.bytes(at: UInt64(offset), count: count) == Array(old.dropFirst(offset).prefix(count)))
        }
        #expect(throws: FileError.self) { try file.write([1], at: 0) }
        #expect(try log.payload(run.access) == before)
    }

    @Test func readersFindEveryIndexInCompressedSegments() throws {
        let (log, run) = try log()
        let lines = try log.check(run.access)
        try Self.compressAll(log.system)
        #expect(try layout.segmentIndexes(log.system).count > 2)
        for index in stride(from: 0, through: run.end, by: 17) {
            #expect(try log.lines(from: index, run.access) == Array(lines[Int(index)...]))
        }
        let archive = try LedgerArchive(TestLog.directory, system: log.system)
        #expect(try archive.newestSeal()?.size == run.end)
        #expect(try archive.proof(of: 3).index == 3)
    }

    @Test func theLogGoesOnBehindCompressedSegments() throws {
        let system = try log().log.system
        try Self.compressAll(system)
        let log = try TestLog(system)
        try log.check(log.run([9]).access)
    }

    @Test func aReaderThatIsOpenOnTheOldFileGoesOn() throws {
        let (log, run) = try log()
        var reader = try run.access.makeReader(from: 0)
        let block = try #require(try reader.peek())
        try Self.compressAll(log.system)
        var bytes = [UInt8](repeating: 0, count: BlockHeader.size + block.payloadLength)
        let range = try unsafe bytes.withUnsafeMutableBytes { unsafe try reader.read(block, into: $0) }
        #expect(range.count == block.payloadLength)
        #expect(try reader.peek()?.firstIndex == block.nextIndex)
    }

    @Test func framesBeginWithBlocksAndTellTheirIndex() throws {
        var table = FrameTable()
        for (number, first) in [0, 40, 70, 71].enumerated() {
            table.append(length: 10 + number, contentLength: 100 * (number + 1), firstIndex: UInt64(first))
        }
        let system = ModelFileSystem()
        let file = try system.open("/file", .create)
        try file.write([UInt8](repeating: 7, count: Int(table.size)) + table.encoded(), at: 0)
        #expect(try FrameTable(of: file) == table)
        #expect([0, 99, 100, 299, 300, 999, 1000].map { table.number(at: $0) } == [0, 0, 1, 1, 2, 3, nil])
        #expect([0, 39, 40, 70, 71, 1 << 40].map { table.blockOffset(before: $0) } == [nil, nil, 100, 300, 600, 600])
        // A byte more or less, or another count, and there is no table.
        let whole = try #require(system.contents("/file"))
        for length in 0..<whole.count {
            system.damage("/file") { $0 = Array(whole.prefix(length)) }
            #expect(try FrameTable(of: file) == nil, "\(length)")
        }
        for offset in Int(table.size)..<whole.count {
            system.damage("/file") {
                $0 = whole
                $0[offset] ^= 0x40
            }
            _ = try FrameTable(of: file)
        }
    }

    @Test func aDamagedFrameLosesItsRecordsOnly() throws {
        let (log, run) = try log()
        let lines = try log.check(run.access)
        try Self.compressAll(log.system)
        log.system.damage(layout.compressedSegment(0)) { $0[$0.count / 2] ^= 1 }
        var lost: [LostRecords] = []
        var reader = try run.access.makeReader(from: 0) { lost.append($0) }
        let first = try #require(try reader.peek())
        #expect(lost.map(\.indexes) == [0..<first.firstIndex])
        #expect(try log.lines(run.access) == Array(lines[Int(first.firstIndex)...]))
        // Without its table, the file is as good as none.
        log.system.damage(layout.compressedSegment(0)) { $0.removeLast() }
        #expect(try log.lines(run.access) == Array(lines[Int(first.firstIndex)...]))
    }

    @Test func whatIsDamagedIsLeftAsItIs() throws {
        let (log, _) = try log()
        let indexes = try #require(try Self.closed(log.system).first)
        log.system.damage(layout.segment(0)) { $0[SegmentHeader.size + 500] ^= 1 }
        let before = try log.system.list(layout.segments)
        #expect(throws: SegmentCompressor.Refusal.damaged) {
            try SegmentCompressor(layout, log.system).compress(indexes) { true }
        }
        #expect(try log.system.list(layout.segments) == before)
    }

    @Test func anInterruptionLeavesNothing() throws {
        let (log, _) = try log()
        let before = try log.system.list(layout.segments)
        let indexes = try #require(try Self.closed(log.system).first)
        log.system.fail(7..<8)
        #expect(throws: SegmentCompressor.Refusal.self) {
            try SegmentCompressor(layout, log.system).compress(indexes) { true }
        }
        log.system.fail(0..<0)
        #expect(try log.system.list(layout.segments) == before)
    }

    /// Pulls the plug before each call, with what was not synced kept or not: the log is whole after each start.
    @Test(arguments: 0..<3) func aCrashAtAnyCallCostsNothing(seed: UInt64) throws {
        var random = Seeded(seed)
        let (log, run) = try log()
        let lines = try log.check(run.access)
        let indexes = try #require(try Self.closed(log.system).first)
        var call = 0
        while true {
            let copy = log.system.crashed()
            copy.fail(call..<Int.max)
            let done = (try? SegmentCompressor(layout, copy).compress(indexes) { true }) != nil
            copy.fail(0..<0)
            let found = copy.crashed(&random)
            try SegmentCompressor.removeLeftovers(layout, found)
            #expect(try found.list(layout.segments).filter { $0.contains("0000000000.segment") }.count == 1)
            let next = try log.on(found).run([3])
            #expect(try log.on(found).check(next.access, "call \(call)").starts(with: lines))
            if done { break }
            call += 1
        }
        #expect(call > 10)
    }
}
