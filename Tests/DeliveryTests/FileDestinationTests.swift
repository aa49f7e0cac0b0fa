import Ledger
import TestSupport
import Testing

@testable import Delivery

@Suite struct FileDestinationTests {
    private let ledger: TestLedger
    private let rig: DestinationRig
    private let system = FaultyFileSystem()

    private var folder: String { ledger.folder.path("archive") }

    init() throws {
        ledger = try TestLedger()
        rig = DestinationRig(ledger)
    }

    private func destination(
        path: String? = nil, retryInterval: UInt64 = 1_000_000, syncInterval: UInt64 = 1_000_000
    ) throws -> FileDestination {
        var options = FileDestination.Options(name: "test", path: path ?? folder)
        options.retryInterval = retryInterval
        options.syncInterval = syncInterval
        return try FileDestination(
            options, ledger: ledger.access, cursor: CursorFile(rig.cursorPath, system), start: 0,
            on: DestinationRig.group.next(), counters: rig.counters, logger: rig.logger, system: system)
    }

    private var text: String {
        TemporaryDirectory.names(in: folder).map {
            String(decoding: TemporaryDirectory.contents("\(folder)/\($0)") ?? [], as: UTF8.self)
        }.joined()
    }

    private func expectWhole(_ place: SourceLocation = #_sourceLocation) throws {
        #expect(try text == ledger.lines().map { $0 + "\n" }.joined(), sourceLocation: place)
        #expect(try rig.confirmed() == ledger.end, sourceLocation: place)
    }

    @Test func whatComesIsWrittenAndSyncedWithoutBeingStopped() throws {
        let destination = try destination()
        destination.start()
        for _ in 0..<3 {
            ledger.append(10)
            #expect(rig.waitUntil { (try? $0.confirmed()) == ledger.end })
            try expectWhole()
        }
        try destination.stop().wait()
        #expect(rig.metric("records_total") == 30 && rig.complaints.isEmpty)
    }

    @Test func stoppingWritesWhatIsLeft() throws {
        ledger.append(500)
        let destination = try destination(syncInterval: 3_600_000_000_000)
        destination.start()
        try destination.stop().wait()
        try expectWhole()
    }

    /// Each file holds all records from the one it is named after to its last: what is lost is between files.
    @Test func damageInTheLedgerIsSkipped() throws {
        for _ in 0..<12 { ledger.append(40) }
        // What is declared as lost comes too late to be a record of its own.
        ledger.close()
        let lines = try ledger.lines()
        let blocks = try ledger.blocks()
        let damaged = [blocks[0], blocks[4], blocks[5], blocks[blocks.count - 1]]
        for block in damaged { try ledger.damage(block.bytes.upperBound - 5..<block.bytes.upperBound) }
        let lost = Set(damaged.flatMap { $0.indexes.map(Int.init) })
        for _ in 0..<2 {
            let destination = try destination()
            destination.start()
            try destination.stop().wait()
            #expect(try rig.confirmed() == ledger.end, "the cursor goes past what is lost")
        }
        #expect(text == lines.indices.filter { !lost.contains($0) }.map { lines[$0] + "\n" }.joined())
        let starts = TemporaryDirectory.names(in: folder).compactMap { Int($0.dropFirst(8).dropLast(4)) }
        #expect(starts == [Int(blocks[1].indexes.lowerBound), Int(blocks[6].indexes.lowerBound)])
        #expect(rig.metric("skipped_records_total") == lost.count && rig.metric("failures_total") == 0)
        #expect(rig.complaints.count == 3)
    }

    @Test func aRestartGoesOnAfterAnAbandonment() throws {
        ledger.append(500)
        let first = try destination(syncInterval: 3_600_000_000_000)
        first.start()
        first.abandon()
        try first.stop().wait()
        let second = try destination()
        second.start()
        try second.stop().wait()
        try expectWhole()
    }

    @Test func aFullDiskIsReportedAndTriedAgain() throws {
        let destination = try destination()
        system.fail(0..<9)
        ledger.append(50)
        destination.start()
        #expect(rig.waitUntil { (try? $0.confirmed()) == ledger.end })
        #expect(rig.metric("failures_total") >= 3 && rig.metric("connected") == 1)
        let complaint = try #require(rig.complaints.first)
        #expect(complaint.hasPrefix("writing the archive failed destination=test error=open "))
        #expect(complaint.contains(": No space left on device"))
        ledger.append(5)
        try destination.stop().wait()
        try expectWhole()
    }

    @Test func stoppingDoesNotWaitForADiskThatStaysFull() throws {
        let destination = try destination(retryInterval: 3_600_000_000_000)
        system.fail(0..<Int.max)
        ledger.append(50)
        destination.start()
        #expect(rig.waitUntil { $0.metric("failures_total") == 1 })
        #expect(rig.metric("connected") == 0)
        try destination.stop().wait()
        #expect(rig.metric("confirmed_index") == 0)
    }

    @Test(arguments: ["missing/archive", "file/archive", "file"])
    func aFolderThatCannotBeIsAnErrorAtOnce(path: String) {
        ledger.folder.write("file", "")
        let error = #expect(throws: FileError.self) {
            let destination = try destination(path: ledger.folder.path(path))
            destination.start()
            try destination.stop().wait()
        }
        #expect(error?.path == ledger.folder.path(path))
    }
}
