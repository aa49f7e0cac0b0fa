import Batch
import Glibc
import OpenSSL
import Seal
import Testing
import TransparencyLog

@testable import Ledger

@Suite struct KeeperTests {
    private func policy(_ change: (inout RetentionPolicy) -> Void = { _ in }) -> RetentionPolicy {
        var policy = RetentionPolicy()
        policy.compresses = false
        change(&policy)
        return policy
    }

    // MARK: - Keeping

    @Test func withoutAPolicyEverythingIsKept() throws {
        let kept = try KeptLog(policy())
        for _ in 0..<8 { kept.write(50) }
        kept.clock.advance(seconds: 1_000_000_000)
        kept.keep()
        #expect(kept.segments.first == 0 && kept.segments.count > 3)
        #expect(kept.events.isEmpty)
        kept.stop()
        try kept.log.check(kept.ledger.access)
    }

    @Test func whatIsDeliveredIsCompressed() throws {
        let kept = try KeptLog(policy { $0.compresses = true }, destinations: ["siem"])
        for _ in 0..<8 { kept.write(50) }
        kept.keep()
        #expect(kept.files.allSatisfy { !$0.hasSuffix(".zst") }, "nobody has it yet")
        let third = kept.segments[2]
        try kept.acknowledge("siem", third + 1)
        kept.keep()
        #expect(kept.files.filter { $0.hasSuffix(".zst") }.count == 2)
        #expect(kept.events.count == 2)
        kept.stop()
        try kept.log.check(kept.ledger.access)
    }

    @Test func aDamagedSegmentIsLeftAloneOnce() throws {
        let kept = try KeptLog(policy { $0.compresses = true })
        for _ in 0..<8 { kept.write(50) }
        kept.system.damage(kept.layout.segment(0)) { $0[SegmentHeader.size + 99] ^= 1 }
        kept.keep()
        kept.keep()
        let damaged = kept.events.filter { if case .damaged = $0 { true } else { false } }
        #expect(damaged.count == 1)
        #expect(kept.files.contains("00000000000000000000.segment"))
        kept.stop()
    }

    @Test func howeverMuchThereIsToSayAllOfItIsSealed() throws {
        let kept = try KeptLog(policy())
        // What the queue lends next is a batch of three.
        kept.write(3)
        var losses = KnownLosses()
        for number in 0..<20 as Range<UInt64> { _ = losses.note(2 * number..<2 * number + 1) }
        try losses.store(kept.layout, kept.system)
        kept.keep()
        kept.stop()
        #expect(try KnownLosses(kept.layout, kept.system).found.isEmpty)
        #expect(try kept.notices("LOSS").count == 20)
    }

    // MARK: - Deleting

    @Test func oldRecordsGoAndSaySo() throws {
        let kept = try KeptLog(policy { $0.age = 3_600_000 })
        for _ in 0..<8 { kept.write(50) }
        let firsts = kept.segments
        kept.clock.advance(seconds: 3601)
        kept.write(50)
        kept.keep()
        let oldest = try #require(kept.segments.first)
        #expect(oldest > firsts[2])
        #expect(kept.deleted.text.all == [0..<oldest])
        // The hashes are kept, under a name that tells since when.
        let leaves = try LeafFile.all(kept.layout, kept.system)
        #expect(
            leaves.filter { $0.deletedAt == kept.clock.now / 1000 }.map(\.firstIndex) == firsts.filter { $0 < oldest })
        kept.stop()
        // It is in the ledger, with the root of the tree up to there, which is that of the leaf hashes.
        let notice = try #require(try kept.notices("RETENTION").first)
        #expect(notice.hasPrefix("<109>1 "))
        #expect(notice.contains("[waxwing-retention@32473 from=\"0\" n=\"\(oldest)\" why=\"age\" root=\""))
        #expect(notice.hasSuffix(" records 0..\(oldest - 1) deleted: older than retention.age"))
        var hasher = try SHA256Hasher()
        var tree = CompactRange()
        tree.append(Array(try kept.log.storedLeaves(leaves, kept.layout).prefix(Int(oldest))), &hasher)
        #expect(notice.contains("root=\"\(tree.root(&hasher).base64)\""))
        // What is left verifies from its first whole batch on, and what is gone can still be proven.
        let archive = try LedgerArchive(TestLog.directory, system: kept.system)
        #expect(try archive.proof(of: 1).index == 1)
        #expect(try kept.log.lines(kept.ledger.access).first?.contains("i=\"\(oldest)\"") == true)
    }

    @Test func whatADestinationNeedsIsKept() throws {
        let kept = try KeptLog(policy { $0.age = 60_000 }, destinations: ["a", "b"])
        for _ in 0..<8 { kept.write(50) }
        let firsts = kept.segments
        kept.clock.advance(seconds: 100_000)
        try kept.acknowledge("a", firsts[3])
        try kept.acknowledge("gone", 3)
        kept.keep()
        #expect(kept.segments == firsts || kept.segments.starts(with: firsts), "b has nothing yet")
        try kept.acknowledge("b", firsts[2] + 1)
        kept.keep()
        #expect(kept.segments.first == firsts[2])
        kept.stop()
    }

    @Test func tooMuchTextGoes() throws {
        let kept = try KeptLog(policy { $0.textBytes = 60_000 })
        for _ in 0..<16 { kept.write(50) }
        kept.keep()
        let total = try kept.files.filter { $0.contains(".segment") }.reduce(0) {
            $0 + (try kept.system.open("\(kept.layout.segments)/\($1)", .read).size())
        }
        #expect(total <= 60_000 && total > 40_000)
        kept.stop()
        #expect(try kept.notices("RETENTION").allSatisfy { $0.contains("why=\"size\"") })
    }

    @Test func hashesGoLater() throws {
        let kept = try KeptLog(policy { ($0.age, $0.hashes) = (60_000, 600_000) })
        for _ in 0..<8 { kept.write(50) }
        kept.clock.advance(seconds: 61)
        kept.write(1)
        kept.keep()
        let oldest = try #require(kept.segments.first)
        #expect(oldest > 0)
        kept.clock.advance(seconds: 599)
        kept.keep()
        #expect(try LeafFile.all(kept.layout, kept.system).first?.firstIndex == 0)
        kept.clock.advance(seconds: 1)
        kept.keep()
        #expect(try LeafFile.all(kept.layout, kept.system).first?.firstIndex == oldest)
        #expect(kept.deleted.hashes.all == [0..<oldest])
        kept.stop()
        let archive = try LedgerArchive(TestLog.directory, system: kept.system)
        #expect(throws: LedgerError(.outOfRange, "")) { try archive.proof(of: 1) }
    }

    /// A quiet stream's records become old, too.
    @Test func aSegmentThatIsNotFullIsClosedByAge() throws {
        let kept = try KeptLog(policy { $0.age = 600_000 })
        kept.write(3)
        kept.clock.advance(seconds: 61)
        kept.keep()
        kept.write(3)
        kept.write(3)
        #expect(kept.segments.count == 2)
        kept.clock.advance(seconds: 601)
        kept.write(20)
        kept.keep()
        #expect(kept.segments.first != 0)
        kept.stop()
    }

    // MARK: - The disk

    @Test func aFullDiskStopsTheIntakeUntilThereIsRoom() throws {
        let kept = try KeptLog(
            policy { ($0.diskBytes, $0.age) = (600_000 + UInt64(KeptLog.queueBytes), 3_600_000) },
            destinations: ["siem"])
        while kept.ledger.signals.hasRoom {
            kept.write(50)
            kept.keep()
        }
        let levels = kept.events.compactMap { if case .level(let level, _) = $0 { level } else { nil } }
        #expect(levels == [.warning, .critical, .full])
        let end = kept.ledger.access.horizon.position.nextIndex
        kept.queue.push(TestLog.batch(20))
        // What has to be said is written all the same.
        try kept.holds { try $0.add(Hold(name: "case", addedAt: 1)) }
        kept.keep()
        #expect(try kept.notices("HOLD").count == 1)
        #expect(kept.queue.byteCount > 0, "records wait")
        try kept.holds { try $0.release("case") }
        try kept.acknowledge("siem", end)
        kept.keep()
        while kept.queue.byteCount > 0 { sched_yield() }
        #expect(kept.ledger.signals.hasRoom)
        #expect(kept.segments.first != 0)
        kept.stop()
        #expect(try kept.notices("LOSS").isEmpty)
    }

    @Test func dropOldestCountsAndSealsWhatIsLost() throws {
        let kept = try KeptLog(
            policy { ($0.diskBytes, $0.whenFull) = (140_000 + UInt64(KeptLog.queueBytes), .dropOldest) },
            destinations: ["siem", "archive"])
        try kept.acknowledge("archive", 1 << 40)
        for _ in 0..<40 {
            kept.write(50)
            kept.keep()
            #expect(kept.ledger.signals.hasRoom)
        }
        let oldest = try #require(kept.segments.first)
        #expect(oldest > 1000)
        kept.stop()
        let losses = try kept.log.storedLines(from: 0).filter { $0.contains(" LOSS [waxwing-loss@32473 ") }
        #expect(losses.last?.contains("reason=\"retention\" destinations=\"siem\"]") == true)
        #expect(losses.last?.hasPrefix("<108>1 ") == true)
        #expect(kept.log.registry.prometheusText().contains("waxwing_retention_lost_records_total \(oldest)\n"))
    }

    @Test func anOpenReaderAndALaterOneGoOnBehindWhatIsGone() throws {
        let kept = try KeptLog(policy { $0.age = 60_000 })
        for _ in 0..<8 { kept.write(50) }
        var reader = try kept.ledger.access.makeReader(from: 0)
        #expect(try reader.peek()?.firstIndex == 0)
        kept.clock.advance(seconds: 61)
        kept.write(1)
        kept.keep()
        let oldest = try #require(kept.segments.first)
        var lost: [LostRecords] = []
        var later = try kept.ledger.access.makeReader(from: 5) { lost.append($0) }
        #expect(try later.peek()?.firstIndex == oldest)
        #expect(lost.map(\.indexes) == [5..<oldest])
        #expect(try reader.peek()?.firstIndex == 0, "what is open stays readable")
        kept.stop()
    }

    // MARK: - Holds

    @Test func whatIsHeldStays() throws {
        let kept = try KeptLog(policy { ($0.age, $0.hashes) = (60_000, 0) })
        for _ in 0..<10 { kept.write(50) }
        let firsts = kept.segments
        let held = Hold(name: "case-1", indexes: firsts[2]...firsts[2] + 1, reason: "a \"quoted\" ]reason", addedAt: 7)
        try kept.holds { try $0.add(held) }
        kept.clock.advance(seconds: 61)
        kept.write(1)
        kept.keep()
        #expect(kept.segments.first == firsts[2])
        #expect(!kept.segments.contains(firsts[1]) && !kept.segments.contains(firsts[3]))
        #expect(kept.deleted.text.all.prefix(1) == [0..<firsts[2]])
        let added = try #require(try kept.notices("HOLD").first)
        #expect(
            added.contains(
                "[waxwing-hold@32473 name=\"case-1\" event=\"added\" from=\"\(firsts[2])\" to=\"\(firsts[2] + 1)\" "
                    + "reason=\"a \\\"quoted\\\" \\]reason\"]"))
        try kept.holds { try $0.release("case-1") }
        kept.keep()
        #expect(!kept.segments.contains(firsts[2]))
        #expect(
            try kept.notices("HOLD").last?.hasSuffix(" hold case-1 released: records \(firsts[2])..\(firsts[2] + 1)")
                == true)
        #expect(try kept.system.list(kept.layout.holds) == ["lock"])
        kept.stop()
    }

    @Test func aHoldByTimeHoldsTheSegmentsOfThatTime() throws {
        let kept = try KeptLog(policy { $0.age = 600_000 })
        var times: [UInt64] = []
        for _ in 0..<6 {
            kept.write(60)
            kept.clock.advance(seconds: 100)
            times.append(kept.clock.now)
        }
        try kept.holds { try $0.add(Hold(name: "h", times: times[2] - 100_000...times[2] - 100_000, addedAt: 1)) }
        kept.clock.advance(seconds: 10_000)
        kept.write(1)
        kept.keep()
        #expect(kept.segments.first != 0 && kept.segments.count >= 2)
        let text = try kept.log.lines(kept.ledger.access)
        #expect(text.contains { $0.contains("i=\"150\"") }, "records of the third round are there")
        kept.stop()
    }

    /// While somebody adds a hold, nothing is deleted.
    @Test func deletingWaitsForWhoChangesHolds() throws {
        let kept = try KeptLog(policy { $0.age = 60_000 })
        for _ in 0..<8 { kept.write(50) }
        let firsts = kept.segments
        kept.clock.advance(seconds: 61)
        kept.write(1)
        try kept.holds { holds in
            for _ in 0..<200 { _ = kept.keeper.run(now: kept.clock.now) }
            #expect(kept.segments.starts(with: firsts))
            try holds.add(Hold(name: "all", indexes: 0...UInt64.max, addedAt: 1))
        }
        kept.keep()
        #expect(kept.segments.starts(with: firsts))
        kept.stop()
    }

    @Test func aHoldThatCannotBeUnderstoodHoldsEverything() {
        let whole = Hold(name: "h", indexes: 5...9, times: 100...UInt64.max, reason: "because of  it", addedAt: 3)
        let read = Hold(name: "h", lines: whole.lines.map { $0.split(separator: " ").map(String.init) })
        #expect(read.indexes == 5...9 && read.times == 100...UInt64.max && read.addedAt == 3)
        #expect(read.holds(9..<20, writtenAt: 50...100) && !read.holds(10..<20, writtenAt: 50...100))
        #expect(!read.holds(9..<20, writtenAt: 50...99))
        for lines in [
            [], [["indexes", "9", "5"]], [["indexes", "1"]], [["what", "1"]], [["indexes", "5", "9"], ["x"]],
        ] {
            let hold = Hold(name: "h", lines: lines)
            #expect(hold.holds(0..<1, writtenAt: 0...0) && hold.holds(1 << 60..<1 << 61, writtenAt: 7...7), "\(lines)")
        }
    }
}

extension KeptLog {
    /// Changes holds, as the command line does.
    func holds(_ body: (Holds) throws -> Void) throws {
        let holds = Holds(layout, system: system)
        try #require(try holds.locked { try body(holds) } != nil)
    }
}

extension TestLog {
    /// The hashes in `files`, in their order.
    func storedLeaves(_ files: [LeafFile], _ layout: Layout) throws -> [Hash] {
        files.flatMap { file in
            let bytes = system.contents(file.path(layout)) ?? []
            return stride(from: 0, to: bytes.count - 31, by: 32).compactMap { Hash(Array(bytes[$0..<$0 + 32])) }
        }
    }

    /// The lines that are still there.
    func storedLines(from index: UInt64) throws -> [String] { try Self.storedLines(system) }
}
