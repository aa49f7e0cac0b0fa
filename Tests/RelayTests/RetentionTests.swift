import Batch
import Glibc
import Ledger
import TestSupport
import Testing

@testable import Relay

/// Compression, retention and holds in a whole relay.
@Suite struct RetentionTests {
    private static let configuration =
        Site.configuration.replacing("batch: {age: 1h", with: "segment: 1MiB, batch: {age: 10ms")
        + "destinations: [{name: archive, type: file, path: archive}]\n"

    /// Sends so many records of four thousand octets, one after another durable.
    private func send(_ relay: Relay, _ count: Int) throws {
        let padding = String(repeating: "x", count: 4000)
        let before = relay.ledger.access.horizon.position.nextIndex
        try relay.send((0..<count).map { "<13>1 2026-11-23T12:00:00Z h app - - - \($0) \(padding)" })
        #expect(relay.waitForRecords(before + UInt64(count)))
    }

    /// Whether `condition` comes true within ten seconds.
    private func comes(_ condition: () throws -> Bool) rethrows -> Bool {
        let deadline = Clock.monotonic() + 10_000_000_000
        while Clock.monotonic() < deadline {
            if try condition() { return true }
            usleep(10_000)
        }
        return false
    }

    private func files(_ site: Site, _ suffix: String) -> [String] {
        TemporaryDirectory.names(in: "\(site.ledger)/segments").filter { $0.hasSuffix(suffix) }
    }

    @Test func deliveredSegmentsAreCompressedAndEverythingVerifies() throws {
        let site = Site()
        try site.withRelay(Self.configuration) { relay in
            try send(relay, 900)
            #expect(comes { files(site, ".zst").count >= 2 })
        }
        let segments = files(site, ".segment") + files(site, ".segment.zst")
        let report = try site.verify(segments.map { .path("\(site.ledger)/segments/\($0)") })
        #expect(report.outcome == .complete && report.verifiedRecords > 900, "\(report.text)")
        let archive = try LedgerArchive(site.ledger)
        #expect(try LedgerCheck(archive, archive.verifiers()).run(threads: 2).outcome == .complete)
    }

    @Test func whatIsTooMuchIsDeletedUnlessItIsHeld() throws {
        let site = Site()
        let text = Self.configuration + "retention: {size: 4MiB, compress: false}\n"
        try site.withRelay(text) { relay in
            try send(relay, 600)
            let holds = Holds(Layout(site.ledger))
            #expect(
                comes { (try? holds.locked { try holds.add(Hold(name: "case", indexes: 0...9, addedAt: 1)) }) != nil })
            for _ in 0..<4 { try send(relay, 600) }
            #expect(try comes { try (relay.metric("waxwing_retention_deleted_records_total") ?? 0) > 600 })
            #expect(files(site, ".segment").first == "00000000000000000000.segment")
            #expect(try relay.request("/readyz").contains("200 OK"))
        }
        let archive = try LedgerArchive(site.ledger)
        let report = try LedgerCheck(archive, archive.verifiers()).run(threads: 2)
        #expect(report.outcome == .complete && !report.deleted.isEmpty, "\(report.findings)")
        // The archive has everything, and among it what was deleted and held.
        let archived = TemporaryDirectory.names(in: site.folder.path("archive")).map {
            site.folder.path("archive/\($0)")
        }
        #expect(try site.verify(archived.map { .path($0) }).outcome == .complete)
        let lines = archived.flatMap { Site.lines(TemporaryDirectory.contents($0) ?? []) }
        #expect(lines.contains { $0.contains(" RETENTION [waxwing-retention@32473 from=") })
        #expect(lines.contains { $0.contains(" HOLD [waxwing-hold@32473 name=\"case\" event=\"added\" ") })
    }

    /// A client cannot speak for the ledger.
    @Test func elementsOfTheLedgerAreRenamed() throws {
        let site = Site()
        try site.withRelay { relay in
            try relay.send(["<13>1 2026-11-23T12:00:00Z h app - LOSS [waxwing-loss@32473 from=\"0\" n=\"1\"] lost"])
            #expect(relay.waitForRecords(1))
        }
        #expect(try site.records().first?.contains("[x-waxwing-loss@32473 from=") == true)
    }
}
