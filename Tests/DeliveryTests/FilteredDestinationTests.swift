import Filter
import Ledger
import NIOCore
import TestSupport
import Testing

@testable import Delivery

/// Destinations that get a part of the records, told here by the last digit of the index.
@Suite struct FilteredDestinationTests {
    private let ledger: TestLedger
    private let rig: DestinationRig
    private let filter: RecordFilter

    init() throws {
        ledger = try TestLedger(sealAfter: 100)
        rig = DestinationRig(ledger)
        filter = RecordFilter(try Expression.parse("waxwing.i = *7"))
    }

    /// The records that belong to a destination: those that are chosen, and all seals.
    private func expected() throws -> [String] {
        try ledger.lines().filter { line in
            line.hasPrefix("<110>1 ") || line.contains("7\"] ")
        }
    }

    @Test(arguments: [RecordFraming.octetCounting, .lineFeed])
    func collectorGetsTheChosenOnes(_ framing: RecordFraming) throws {
        ledger.append(250)
        let collector = try Collector(.read)
        let destination = try rig.stream(port: collector.port) {
            $0.filter = filter
            $0.framing = framing
        }
        destination.start()
        #expect(rig.waitUntil { $0.metric("next_index") == Int(ledger.end) })
        try destination.stop().wait()
        let expected = try expected()
        let received = collector.connections.flatMap(\.received)
        let lines =
            framing == .octetCounting
            ? records(in: received)
            : String(decoding: received, as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(lines == expected && expected.count < 60)
        #expect(try rig.confirmed() == ledger.end, "the cursor moves on over what is left out")
        #expect(rig.metric("records_total") == expected.count)
        #expect(rig.metric("filtered_records_total") == Int(ledger.end) - expected.count)
    }

    /// A restart in the middle goes on with the same file, without gap or repetition.
    @Test func filesHoldTheChosenOnes() throws {
        let folder = ledger.folder.path("archive")
        for _ in 0..<3 {
            ledger.append(130)
            var options = FileDestination.Options(name: "test", path: folder)
            options.filter = filter
            let destination = try FileDestination(
                options, ledger: ledger.access, cursor: CursorFile(rig.cursorPath), start: 0,
                on: DestinationRig.group.next(), counters: rig.counters, logger: rig.logger)
            destination.start()
            try destination.stop().wait()
            #expect(try rig.confirmed() == ledger.end)
        }
        let names = TemporaryDirectory.names(in: folder)
        let text = names.map { String(decoding: TemporaryDirectory.contents("\(folder)/\($0)") ?? [], as: UTF8.self) }
        #expect(names.count == 1)
        #expect(try text.joined() == expected().map { "\($0)\n" }.joined())
        #expect(rig.complaints.isEmpty)
    }

    @Test func nothingChosenIsNothingSent() throws {
        ledger.append(50)
        let collector = try Collector(.read)
        let nobody = RecordFilter(try Expression.parse("app = nobody"))
        let destination = try rig.stream(port: collector.port) { $0.filter = nobody }
        destination.start()
        #expect(rig.waitUntil { $0.metric("next_index") == 50 })
        try destination.stop().wait()
        #expect(!collector.connections.contains { !$0.received.isEmpty })
        #expect(try rig.confirmed() == 50 && rig.metric("filtered_records_total") == 50)
    }

    /// Records left out by the thousand do not keep a source from coming back to its caller.
    @Test func sourceComesBackBetweenLongStretches() throws {
        let long = try TestLedger(sealAfter: 100_000)
        long.append(70_000, size: 1)
        let nobody = RecordFilter(try Expression.parse("app = nobody"))
        let source = try RecordSource(long.access, from: 0, filter: nobody) { _ in }
        var ends: [Bool] = []
        while ends.last != true { ends.append(try source.visit { _ in true }) }
        #expect(ends == [false, true] && source.filtered == 70_000 && source.nextIndex == 70_000)
    }
}
