import Batch
import Seal
import Testing

@testable import Ledger

/// What a check finds in a ledger, whole and with everything wrong that can be.
@Suite struct LedgerCheckTests {
    private let layout = TestLog.layout

    /// A log of several segments, some of which are compressed.
    static func log() throws -> TestLog {
        let log = try TestLog()
        try log.run([50, 50, 50, 50, 50])
        for indexes in try CompressionTests.closed(log.system).prefix(2) {
            _ = try SegmentCompressor(TestLog.layout, log.system).compress(indexes) { true }
        }
        return log
    }

    static func check(_ log: TestLog, threads: Int = 2) throws -> LedgerCheck.Report {
        let archive = try LedgerArchive(TestLog.directory, system: log.system)
        return try LedgerCheck(archive, archive.verifiers()).run(threads: threads)
    }

    @Test func aWholeLedgerIsWhole() throws {
        let log = try Self.log()
        let report = try Self.check(log)
        #expect(report.outcome == .complete && report.findings.isEmpty, "\(report.findings)")
        #expect(report.records == report.indexes.upperBound && report.indexes.lowerBound == 0)
        #expect(report.seals > 30 && report.segments > 3 && report.unsealed == 0)
    }

    @Test func aLedgerWithoutASealCannotBeChecked() throws {
        let log = try TestLog()
        _ = try log.open(BatchQueue(byteLimit: 1))
        #expect(try Self.check(log).outcome == .unverifiable)
    }

    @Test func aTailThatIsJustBeingWrittenIsNoDamage() throws {
        let log = try Self.log()
        let newest = try #require(try layout.segmentIndexes(log.system).last)
        let whole = try #require(log.system.contents(layout.segment(newest)))
        for cut in stride(from: 1, to: whole.count - SegmentHeader.size, by: 511) {
            log.system.damage(layout.segment(newest)) { $0 = Array(whole.dropLast(cut)) }
            let report = try Self.check(log)
            #expect(report.outcome == .complete, "\(cut): \(report.findings)")
        }
    }

    @Test func everyDamagedByteOfABlockIsFound() throws {
        let log = try Self.log()
        let first = try layout.segmentIndexes(log.system)[2]
        let whole = try #require(log.system.contents(layout.segment(first)))
        for offset in stride(from: SegmentHeader.size, to: whole.count, by: 397) {
            log.system.damage(layout.segment(first)) { $0[offset] ^= 0x10 }
            let report = try Self.check(log)
            #expect(report.outcome == .incomplete, "\(offset)")
            #expect(report.findings.allSatisfy { $0.kind == .damaged && $0.path == layout.segment(first) })
            let gap = try #require(report.findings.first?.indexes)
            #expect(gap.lowerBound >= first && !gap.isEmpty)
            log.system.damage(layout.segment(first)) { $0 = whole }
        }
    }

    /// Who changes a record and makes the CRC right is found by the leaf hashes; who changes those as well, by the seal.
    @Test func anAlteredRecordIsNamed() throws {
        let log = try Self.log()
        let first = try layout.segmentIndexes(log.system)[2]
        let altered = try Self.alter(log, first, record: 3)
        var report = try Self.check(log)
        #expect(report.outcome == .tampered)
        #expect(report.findings.map(\.indexes) == [altered..<altered + 1])
        #expect(report.findings.first?.detail.hasPrefix("not what seal ") == true)
        log.system.damage(layout.leaves(first)) { $0[Int(altered - first) * 32] ^= 1 }
        report = try Self.check(log)
        let range = try #require(report.findings.first { $0.kind == .tampered }?.indexes)
        #expect(report.outcome == .tampered && range.contains(altered) && range.count <= 9)
    }

    /// Changes one byte of a record, and the CRC of its block. Returns its index.
    static func alter(_ log: TestLog, _ segment: UInt64, record: Int) throws -> UInt64 {
        let file = try log.system.open(layout.segment(segment), .update)
        var scan = SegmentScan(file, at: UInt64(SegmentHeader.size), index: segment)
        while let block = try scan.next() {
            guard block.recordCount > record + 1 else { continue }
            var bytes = Array(scan.bytes(of: block))
            var walk = RecordWalk()
            let line = unsafe bytes.withUnsafeBytes { bytes -> Range<Int> in
                let payload = unsafe UnsafeRawBufferPointer(rebasing: bytes[BlockHeader.size...])
                for _ in 0..<record { _ = unsafe walk.next(payload) }
                return unsafe walk.next(payload) ?? 0..<0
            }
            bytes[BlockHeader.size + line.upperBound - 1] ^= 1
            unsafe bytes.withUnsafeMutableBytes { unsafe block.write(to: $0) }
            try file.write(bytes, at: scan.blockOffset)
            return block.firstIndex + UInt64(record)
        }
        throw LedgerError(.outOfRange, "no block has so many records")
    }

    private static let layout = TestLog.layout

    @Test func damagedLeafHashesAreNotTakenForAlteredRecords() throws {
        let log = try Self.log()
        let first = try layout.segmentIndexes(log.system)[2]
        let whole = try #require(log.system.contents(layout.leaves(first)))
        log.system.damage(layout.leaves(first)) { $0[5 * 32] ^= 1 }
        let report = try Self.check(log)
        #expect(report.outcome == .incomplete)
        #expect(report.findings.map(\.indexes) == [first + 5..<first + 6])
        log.system.damage(layout.leaves(first)) { $0 = Array(whole.dropLast(33)) }
        #expect(try Self.check(log).outcome == .incomplete)
        try log.system.remove(layout.leaves(first))
        #expect(try Self.check(log).findings.first?.detail == "their leaf hashes are gone")
    }

    @Test func aSegmentThatIsGoneIsMissed() throws {
        let log = try Self.log()
        let firsts = try layout.segmentIndexes(log.system)
        try log.system.remove(layout.segment(firsts[2]))
        var report = try Self.check(log)
        #expect(report.outcome == .incomplete)
        #expect(report.findings.first?.indexes == firsts[2]..<firsts[3])
        // It was deleted on purpose: nothing is wrong.
        var deleted = DeletedRecords()
        deleted.text.insert(firsts[2]..<firsts[3])
        try deleted.store(layout, log.system)
        report = try Self.check(log)
        #expect(report.outcome == .complete, "\(report.findings)")
        try log.system.remove(layout.compressedSegment(0))
        #expect(try Self.check(log).findings.map(\.indexes) == [0..<firsts[1]])
    }

    @Test func aSegmentOfAnotherLogIsFound() throws {
        let log = try Self.log()
        let other = try TestLog()
        try other.run([50, 50, 50, 50, 50])
        let first = try layout.segmentIndexes(log.system)[2]
        for (path, bytes) in [layout.segment(first), layout.leaves(first)].map({ ($0, other.system.contents($0)) }) {
            guard let bytes else { continue }
            log.system.damage(path) { $0 = bytes }
        }
        if try layout.segmentIndexes(other.system).contains(first) {
            #expect(try Self.check(log).outcome == .tampered)
        }
    }

    @Test func aSealOfAnotherKeyIsFound() throws {
        let log = try Self.log()
        let archive = try LedgerArchive(TestLog.directory, system: log.system)
        let other = try LogKey(origin: log.key.origin, privateKey: .generate())
        let report = try LedgerCheck(archive, [other.verifier]).run(threads: 1)
        #expect(report.outcome == .unverifiable)
        #expect(UInt64(report.findings.count) == report.seals)
        #expect(report.findings.allSatisfy { $0.kind == .unverifiable })
    }

    @Test func aDamagedHeaderIsFound() throws {
        let log = try Self.log()
        let first = try layout.segmentIndexes(log.system)[2]
        log.system.damage(layout.segment(first)) { $0[40] ^= 1 }
        let report = try Self.check(log)
        #expect(report.outcome == .incomplete)
        #expect(report.findings.map(\.path) == [layout.segment(first)])
    }
}
