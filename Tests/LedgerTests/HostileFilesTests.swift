import Glibc
import Seal
import TestSupport
import Testing

@testable import Ledger

/// Files that somebody has put into the ledger's folder, or has written in, by hand: they cost nothing but themselves.
@Suite struct HostileFilesTests {
    @Test(arguments: [
        "18446744073709551615.segment", "09223372036854775807.segment", "0000000000000000000+.segment", "5.segment",
    ])
    func namesThatNoSegmentHas(name: String) throws {
        let system = ModelFileSystem()
        try system.makeDirectory("/var")
        try system.makeDirectory(TestLog.directory)
        try system.makeDirectory(TestLog.layout.segments)
        _ = try system.open("\(TestLog.layout.segments)/\(name)", .create)
        #expect(try TestLog.layout.segmentIndexes(system) == [])
    }

    @Test(arguments: [
        ("00000000000000000005.7.leaves", true), ("00000000000000000005.leaves", true),
        ("00000000000000000005.18446744073709551615.leaves", false), ("18446744073709551615.5.leaves", false),
        ("00000000000000000005.+7.leaves", false), ("00000000000000000005.007.leaves", false),
        ("00000000000000000005.253402300799.leaves", true), ("00000000000000000005.253402300800.leaves", false),
    ])
    func namesOfLeafHashes(name: String, isOne: Bool) {
        #expect((LeafFile(name: name)?.name == name) == isOne)
    }

    @Test func rangesBeyondAnyLedgerAreNotRead() throws {
        let system = ModelFileSystem()
        try system.makeDirectory("/var")
        let file = try system.open("/var/losses", .create)
        try file.write(
            Array("found 0 18446744073709551615\nfound 3 9223372036854775807\r\nfound 1 2\r\nfound 9 8\n".utf8), at: 0)
        let found = try #require(try SmallFile.ranges("/var/losses", system)["found"])
        #expect(found.all == [1..<2, 3..<9_223_372_036_854_775_807] && found.count == 9_223_372_036_854_775_805)
    }

    @Test(arguments: [
        (String(repeating: "A", count: 70_000), ""), ("a\u{7}b", ""), ("order 12/26", "order 12/26"),
        ("a \u{22}\u{301} 12] x", "a \u{22}\u{301} 12] x"),
    ])
    func reasonsOfHoldsAreOnesThatMayBe(written: String, read: String) {
        let hold = Hold(
            name: "x", lines: [["added", "1"], ["reason"] + written.split(separator: " ").map(String.init)])
        #expect(hold.reason == read && hold.addedAt == 1)
    }

    /// What a mark combines with is escaped all the same, so that the record can be verified.
    @Test func aReasonDoesNotEndItsElement() throws {
        let log = try TestLog()
        let kept = try KeptLog(RetentionPolicy())
        try kept.holds {
            try $0.add(Hold(name: "case", reason: "order \u{22}\u{301} 12]\u{301} \\\u{301} x", addedAt: 1))
        }
        kept.keep()
        let line = try #require(try kept.notices("HOLD").first)
        #expect(line.contains("reason=\"order \\\u{22}\u{301} 12\\]\u{301} \\\\\u{301} x\"]"), "\(line)")
        let bytes = Array(line.utf8)
        #expect(CanonicalLine(unsafe bytes.span.bytes).violation == nil)
        kept.stop()
        withExtendedLifetime(log) {}
    }

    /// What lies behind damage in the newest segment is exported, and the newest seal is the newest.
    @Test func damageInTheNewestSegmentHidesNothingBehindIt() throws {
        var log = try TestLog()
        log.options.segmentBytes = 1 << 20
        let end = try log.run([20, 30, 40]).end
        let archive = try LedgerArchive(TestLog.directory, system: log.system)
        #expect(try archive.end().nextIndex == end && archive.newestSeal()?.size == end)
        let newest = try #require(try TestLog.layout.segmentIndexes(log.system).last)
        let file = try log.system.open(TestLog.layout.segment(newest), .update)
        try file.write([0xFF, 0xFF], at: UInt64(SegmentHeader.size + BlockHeader.size + 8))
        #expect(try archive.end().nextIndex == end && archive.newestSeal()?.size == end)
        try file.write([0xFF, 0xFF], at: UInt64(SegmentHeader.size))
        #expect(try archive.end().nextIndex == end && archive.newestSeal()?.size == end)
    }

    @Test func hashesThatAreNotThereTakeNoMemory() throws {
        let folder = TemporaryDirectory()
        let file = try DiskFileSystem().open(folder.write("leaves", octets: [UInt8](repeating: 7, count: 320)), .read)
        #expect(try file.hashes(at: 0, count: 10)?.count == 10)
        for (index, count) in [(0, 11), (10, 1), (11, 0), (.max, 1), (1 << 60, 1), (0, .max)] as [(UInt64, Int)] {
            #expect(try file.hashes(at: index, count: count) == nil)
        }
    }

    @Test func whatIsNoFileIsNotOpenedAndCirclesEnd() throws {
        let folder = TemporaryDirectory()
        unsafe mkfifo(folder.path("fifo"), 0o600)
        #expect(throws: FileError.self) { try DiskFileSystem().open(folder.path("fifo"), .read) }
        for name in ["a", "b", "c"] { unsafe symlink(".", folder.path(name)) }
        folder.write("file", "12345")
        #expect(DiskUse.bytes(of: folder.path) >= 5)
    }
}
