import Batch
import Seal
import Testing

@testable import Ledger

/// A repair does what it says, once, and loses nothing that is whole.
@Suite struct LedgerRepairTests {
    private let layout = TestLog.layout

    private func repair(_ log: TestLog, isTrial: Bool = false) throws -> [LedgerRepair.Step] {
        let archive = try LedgerArchive(TestLog.directory, system: log.system)
        var repair = try LedgerRepair(archive, archive.verifiers(), isTrial: isTrial)
        return try repair.run()
    }

    @Test func aWholeLedgerNeedsNone() throws {
        let log = try LedgerCheckTests.log()
        let before = try log.system.list(layout.segments)
        #expect(try repair(log).isEmpty)
        #expect(try log.system.list(layout.segments) == before)
    }

    @Test(arguments: [0, 2]) func aDamagedSegmentIsSetAsideAndItsWholeBlocksStay(number: Int) throws {
        let log = try LedgerCheckTests.log()
        let first = try layout.segmentIndexes(log.system)[number]
        let path = number == 0 ? layout.compressedSegment(first) : layout.segment(first)
        log.system.damage(path) { $0[number == 0 ? $0.count / 3 : $0.count - 2000] ^= 1 }
        let original = try #require(log.system.contents(path))
        let gaps = try LedgerCheckTests.check(log).findings.compactMap(\.indexes)
        #expect(!gaps.isEmpty)
        // A trial changes nothing.
        let trial = try repair(log, isTrial: true)
        #expect(log.system.contents(path) == original && !log.system.exists(layout.damaged))
        #expect(try repair(log) == trial)
        #expect(trial.first?.lost == gaps)
        let name = path.dropFirst(layout.segments.count + 1)
        #expect(log.system.contents("\(layout.damaged)/\(name)") == original)
        #expect(try KnownLosses(layout, log.system).found == IndexRanges(gaps))
        // What is left is found by check and by readers; a second repair has nothing to do.
        #expect(try LedgerCheckTests.check(log).findings.compactMap(\.indexes) == gaps)
        #expect(try repair(log).isEmpty)
        var lost: [Range<UInt64>] = []
        let end = try LedgerArchive(TestLog.directory, system: log.system).end()
        var reader = try LedgerReader(layout, log.system, Horizon(end), from: 0) { lost.append($0.indexes) }
        while let block = try reader.peek() {
            var bytes = [UInt8](repeating: 0, count: BlockHeader.size + block.payloadLength)
            _ = try unsafe bytes.withUnsafeMutableBytes { unsafe try reader.read(block, into: $0) }
        }
        #expect(lost == gaps)
    }

    @Test func theNextStartSealsWhatWasLost() throws {
        let log = try LedgerCheckTests.log()
        let first = try layout.segmentIndexes(log.system)[2]
        log.system.damage(layout.segment(first)) { $0[$0.count - 2000] ^= 1 }
        let lost = try #require(try repair(log).first?.lost.first)
        let kept = try KeptLog(RetentionPolicy(), on: log.system)
        kept.keep()
        let losses = try kept.notices("LOSS")
        #expect(losses.count == 1)
        #expect(
            losses.first?.contains(
                "[waxwing-loss@32473 from=\"\(lost.lowerBound)\" n=\"\(lost.count)\" reason=\"damage\"]") == true)
        kept.keep()
        kept.stop()
        #expect(try kept.notices("LOSS").count == 1)
        #expect(try KnownLosses(layout, log.system).sealed.all == [lost])
    }

    @Test func leafHashesAndHeadersAreMadeAnew() throws {
        let log = try LedgerCheckTests.log()
        let firsts = try layout.segmentIndexes(log.system)
        let leaves = try #require(log.system.contents(layout.leaves(firsts[1])))
        let segment = try #require(log.system.contents(layout.segment(firsts[2])))
        log.system.damage(layout.leaves(firsts[1])) { $0[40] ^= 1 }
        log.system.damage(layout.segment(firsts[2])) { $0[40] ^= 1 }
        try log.system.remove(layout.leaves(firsts[0]))
        let steps = try repair(log)
        #expect(steps.count == 3 && steps.allSatisfy { $0.isRemedy && $0.lost.isEmpty }, "\(steps)")
        #expect(log.system.contents(layout.leaves(firsts[1])) == leaves)
        // The header's time is that of the last block before it.
        let mended = try #require(log.system.contents(layout.segment(firsts[2])))
        #expect(mended[SegmentHeader.size...] == segment[SegmentHeader.size...])
        #expect(
            SegmentHeader(Array(mended[..<SegmentHeader.size]))?.state
                == SegmentHeader(Array(segment[..<SegmentHeader.size]))?.state)
        #expect(try LedgerCheckTests.check(log).outcome == .complete)
        #expect(try repair(log).isEmpty)
    }

    @Test func whatWasAlteredIsLeftForABackup() throws {
        let log = try LedgerCheckTests.log()
        let first = try layout.segmentIndexes(log.system)[2]
        let altered = try LedgerCheckTests.alter(log, first, record: 2)
        let before = log.system.contents(layout.segment(first))
        let steps = try repair(log)
        #expect(steps.count == 1 && steps.first?.isRemedy == false)
        #expect(steps.first?.detail.contains("record \(altered)") == true)
        #expect(log.system.contents(layout.segment(first)) == before)
    }

    @Test func leftoversGo() throws {
        let log = try LedgerCheckTests.log()
        let firsts = try layout.segmentIndexes(log.system)
        let before = try log.system.list(layout.segments)
        for name in ["00000000000000000000.segment.zst.new", "00000000000000000077.segment.new"] {
            _ = try log.system.open("\(layout.segments)/\(name)", .create)
        }
        // A segment beside the compressed one that took its place.
        let file = try log.system.open(layout.segment(firsts[1]), .create)
        try file.write(try layoutContents(firsts[1], log), at: 0)
        #expect(try repair(log).count == 3)
        #expect(try log.system.list(layout.segments) == before)
    }

    private func layoutContents(_ first: UInt64, _ log: TestLog) throws -> [UInt8] {
        let path = layout.compressedSegment(first)
        return try CompressedFile(log.system.open(path, .read), path).contents()
    }

    @Test func aRunningRelayIsInTheWay() throws {
        let log = try LedgerCheckTests.log()
        let ledger = try log.open(BatchQueue(byteLimit: 1))
        #expect(throws: LedgerError(.locked, "")) { try repair(log) }
        withExtendedLifetime(ledger) {}
    }

    /// Pulls the plug at every call of a repair: what was whole stays, and another repair ends it.
    @Test(arguments: 0..<4) func aCrashInARepairCostsNothing(seed: UInt64) throws {
        var random = Seeded(seed)
        let log = try LedgerCheckTests.log()
        let first = try layout.segmentIndexes(log.system)[2]
        log.system.damage(layout.segment(first)) { $0[$0.count - 2000] ^= 1 }
        let gaps = try LedgerCheckTests.check(log).findings.compactMap(\.indexes)
        for call in stride(from: Int(seed), to: 4000, by: 7) {
            let copy = log.system.crashed()
            copy.fail(call..<Int.max)
            let isOver = (try? repair(log.on(copy))) != nil
            copy.fail(0..<0)
            let found = try log.on(copy.crashed(&random))
            #expect(try LedgerCheckTests.check(found).findings.compactMap(\.indexes) == gaps, "call \(call)")
            _ = try repair(found)
            #expect(try LedgerCheckTests.check(found).findings.compactMap(\.indexes) == gaps, "call \(call)")
            #expect(try KnownLosses(layout, found.system).found == IndexRanges(gaps), "call \(call)")
            if isOver { return #expect(call > 20) }
        }
        Issue.record("the repair never ended")
    }
}
