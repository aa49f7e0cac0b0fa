import Testing
import TransparencyLog

@testable import Ledger

/// Decisions about what is to be deleted, by cases.
@Suite struct RetentionPlanTests {
    /// Ten segments of a hundred records and a thousand bytes, written in a hundred seconds each.
    private static let segments = (0..<10).map { number in
        let first = UInt64(number) * 100
        let begin = UInt64(number) * 100_000
        return SegmentSurvey.Segment(
            indexes: first..<first + 100, times: begin...begin + 100_000, bytes: 1000, isCompressed: false, root: Hash()
        )
    }

    /// What is deleted: the ranges, and why.
    private func deletions(
        of segments: [SegmentSurvey.Segment] = RetentionPlanTests.segments, now: UInt64 = 1_000_000,
        sealedTo: UInt64 = 1000, needs: [(String, UInt64)] = [], holds: [Hold] = [],
        used: UInt64 = 0, level: DiskUse.Level = .ample, _ change: (inout RetentionPolicy) -> Void
    ) -> [String] {
        var policy = RetentionPolicy()
        change(&policy)
        let plan = RetentionPlan(
            policy: policy, now: now, sealedTo: sealedTo, needs: needs.map { (destination: $0.0, from: $0.1) },
            holds: holds, use: DiskUse(used: used, usable: 10_000), level: level)
        return plan.deletions(segments, newestBytes: 500).map { deletion in
            let losers = deletion.destinations.isEmpty ? "" : " lost by \(deletion.destinations.joined(separator: " "))"
            return "\(deletion.indexes) \(deletion.reason.rawValue)\(losers)"
        }
    }

    @Test func nothingGoesByItself() {
        #expect(deletions { _ in } == [])
        #expect(deletions(used: 10_000, level: .full) { _ in } == [])
    }

    @Test func whatIsOldGoes() {
        #expect(deletions { $0.age = 650_000 } == ["0..<300 age"])
        #expect(deletions(now: 100) { $0.age = 650_000 } == [])
        #expect(deletions { $0.age = 1_000_000 } == [])
    }

    @Test func whatIsTooMuchGoes() {
        #expect(deletions { $0.textBytes = 10_500 } == [])
        #expect(deletions { $0.textBytes = 10_499 } == ["0..<100 size"])
        #expect(deletions { ($0.age, $0.textBytes) = (850_000, 8_000) } == ["0..<100 age", "100..<300 size"])
    }

    @Test func onlyWhatIsSealedAndDeliveredGoes() {
        #expect(deletions(sealedTo: 299) { $0.age = 1 } == ["0..<200 age"])
        #expect(deletions(needs: [("a", 900), ("b", 199)]) { $0.age = 1 } == ["0..<100 age"])
        #expect(deletions(needs: [("a", 0)]) { ($0.age, $0.whenFull) = (1, .dropOldest) } == [])
    }

    @Test func aFullDiskTakesWhatIsDelivered() {
        #expect(deletions(used: 9_501, level: .critical) { $0.diskBytes = 1 } == ["0..<100 disk"])
        #expect(deletions(used: 12_000, level: .full) { $0.diskBytes = 1 } == ["0..<300 disk"])
        #expect(deletions(used: 9_501, level: .warning) { $0.diskBytes = 1 } == [])
        #expect(deletions(needs: [("a", 100)], used: 12_000, level: .full) { $0.diskBytes = 1 } == ["0..<100 disk"])
    }

    @Test func dropOldestTakesTheRestAndSaysFromWhom() {
        #expect(
            deletions(needs: [("a", 100), ("b", 250)], used: 13_000, level: .full) { $0.whenFull = .dropOldest }
                == ["0..<100 disk", "100..<200 disk lost by a", "200..<400 disk lost by a b"])
    }

    @Test func holdsAreGoneAround() {
        let holds = [
            Hold(name: "a", indexes: 150...160, addedAt: 0), Hold(name: "b", times: 450_000...450_001, addedAt: 0),
        ]
        #expect(deletions(holds: holds) { $0.age = 350_000 } == ["0..<100 age", "200..<400 age", "500..<600 age"])
    }

    /// What cannot go does not make room.
    @Test func whatIsHeldCountsForNoSize() {
        let holds = [Hold(name: "a", indexes: 0...499, addedAt: 0)]
        #expect(deletions(holds: holds) { $0.textBytes = 5_500 } == [])
        #expect(deletions(holds: holds) { $0.textBytes = 4_500 } == ["500..<600 size"])
    }

    /// With the header of a segment its root is gone, which the one before it needs.
    @Test func aDamagedHeaderKeepsNothing() {
        var segments = Self.segments
        for number in [2, 3, 9] {
            let one = segments[number]
            segments[number] = SegmentSurvey.Segment(
                indexes: one.indexes, times: one.times, bytes: one.bytes, isCompressed: false, root: nil)
        }
        #expect(deletions(of: segments) { $0.age = 850_000 } == ["0..<100 age"])
        #expect(deletions(of: segments) { $0.age = 650_000 } == ["0..<200 age"], "the three go together")
        #expect(deletions(of: segments) { $0.age = 450_000 } == ["0..<500 age"])
        #expect(deletions(of: segments) { $0.age = 1 } == ["0..<900 age"], "the last one waits for a root behind it")
        #expect(deletions(of: segments) { $0.textBytes = 7_600 } == ["0..<500 size"])
        let holds = [Hold(name: "a", indexes: 350...350, addedAt: 0)]
        #expect(deletions(of: segments, holds: holds) { $0.age = 450_000 } == ["0..<200 age"])
    }

    @Test func aStepIsBounded() {
        let segments = (0..<100).map { number in
            SegmentSurvey.Segment(
                indexes: UInt64(number)..<UInt64(number) + 1, times: 0...1, bytes: 1, isCompressed: true, root: Hash())
        }
        var policy = RetentionPolicy()
        policy.age = 1
        let plan = RetentionPlan(
            policy: policy, now: 1000, sealedTo: 1000, needs: [], holds: [], use: DiskUse(used: 0, usable: 1),
            level: .ample)
        #expect(plan.deletions(segments, newestBytes: 0).map(\.indexes) == [0..<UInt64(RetentionPlan.stepLimit)])
    }
}

@Suite struct DiskUseTests {
    @Test func theSmallerOfBudgetAndDiskCounts() {
        #expect(DiskUse(used: 100, budget: nil, free: nil, segment: 10, queue: 0).room == Int64.max - 100 - 0)
        #expect(DiskUse(used: 100, budget: 1000, free: nil, segment: 10, queue: 0).usable == 980)
        #expect(DiskUse(used: 100, budget: 1000, free: 500, segment: 10, queue: 0).usable == 580)
        #expect(DiskUse(used: 100, budget: 200, free: 500, segment: 10, queue: 0).room == 80)
        #expect(DiskUse(used: 300, budget: 200, free: 500, segment: 10, queue: 0).room == -120)
        #expect(DiskUse(used: 5, budget: 10, free: 500, segment: 10, queue: 0).usable == 0)
        #expect(DiskUse(used: 5, budget: 10, free: 500, segment: 10, queue: 0).share == 100)
        #expect(DiskUse(used: 100, budget: 1000, free: nil, segment: 10, queue: 300).usable == 680)
    }

    @Test func levelsRiseAtOnceAndFallLate() {
        var level = DiskUse.Level.ample
        let levels: [DiskUse.Level] = [79, 80, 76, 75, 74, 96, 91, 89, 100, 97, 94, 120, 10].map {
            (share: UInt64) -> DiskUse.Level in
            level = DiskUse(used: share, usable: 100).level(after: level)
            return level
        }
        #expect(
            levels == [
                .ample, .warning, .warning, .warning, .ample, .critical, .critical, .warning, .full, .full, .critical,
                .full, .ample,
            ])
    }

    @Test func theExcessIsWhatIsAboveCritical() {
        #expect(DiskUse(used: 9_500, usable: 10_000).excess == 0)
        #expect(DiskUse(used: 9_700, usable: 10_000).excess == 200)
    }
}

@Suite struct IndexRangesTests {
    @Test func rangesThatTouchBecomeOne() {
        var ranges = IndexRanges([5..<9, 1..<2, 20..<30, 9..<10, 3..<3])
        #expect(ranges.all == [1..<2, 5..<10, 20..<30])
        #expect(ranges.count == 16)
        ranges.insert(2..<25)
        #expect(ranges.all == [1..<30])
    }

    @Test func whatIsMissingIsTold() {
        let ranges = IndexRanges([5..<9, 20..<30])
        #expect(ranges.missing(from: 0..<40) == [0..<5, 9..<20, 30..<40])
        #expect(ranges.missing(from: 6..<8) == [] && ranges.missing(from: 8..<21) == [9..<20])
        #expect(ranges.contains(5..<9) && !ranges.contains(4..<9) && !ranges.contains(8..<21))
    }

    /// Against a set of single indexes.
    @Test func randomRangesAreThoseOfASet() {
        var random = Seeded(7)
        for _ in 0..<200 {
            var (ranges, set) = (IndexRanges(), Set<UInt64>())
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                let start = UInt64.random(in: 0..<40, using: &random)
                let range = start..<start + UInt64.random(in: 0..<9, using: &random)
                ranges.insert(range)
                set.formUnion(range)
            }
            #expect(Set(ranges.all.flatMap { Array($0) }) == set)
            #expect(Set(ranges.missing(from: 0..<50).flatMap { Array($0) }) == Set(0..<50).subtracting(set))
            for (left, right) in zip(ranges.all, ranges.all.dropFirst()) {
                #expect(left.upperBound < right.lowerBound)
            }
        }
    }
}

@Suite struct LeafFileTests {
    @Test func namesAreReadAsTheyAreWritten() {
        for file in [LeafFile(firstIndex: 0), LeafFile(firstIndex: 1 << 62, deletedAt: 1_800_000_000)] {
            #expect(LeafFile(name: file.name) == file)
        }
        #expect(LeafFile(firstIndex: 7, deletedAt: 9).name == "00000000000000000007.9.leaves")
        for name in [
            "7.leaves", "00000000000000000007.x.leaves", "00000000000000000007.1.2.leaves", ".leaves",
            "00000000000000000007.segment", "00000000000000000007..leaves", "0000000000000000000x.leaves",
        ] {
            #expect(LeafFile(name: name) == nil, "\(name)")
        }
    }
}
