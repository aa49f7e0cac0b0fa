import Batch
import Glibc
import Settings
import TestSupport
import Testing
import Verify

@testable import Relay

/// Files as a destination of a whole relay.
@Suite struct ArchiveTests {
    private static let configuration =
        Site.configuration.replacing("batch: {age: 1h", with: "batch: {records: 100, age: 1h")
        + "destinations: [{name: archive, type: file, path: archive, rotate: 1MiB}]\n"

    private func files(_ site: Site) -> [String] {
        TemporaryDirectory.names(in: site.folder.path("archive")).map { site.folder.path("archive/\($0)") }
    }

    /// Every file ends with a seal, and together they are the ledger.
    @Test func filesAreWholeBatches() throws {
        let site = Site()
        let padding = String(repeating: "x", count: 4000)
        try site.withRelay(Self.configuration) { relay in
            try relay.send((0..<600).map { "<13>1 2026-11-23T12:00:00Z h app - - - \($0) \(padding)" })
            #expect(relay.waitForRecords(600))
        }
        let files = files(site)
        #expect(files.count > 1)
        for file in files {
            let last = Site.lines(TemporaryDirectory.contents(file) ?? []).last
            #expect(last?.contains("[waxwing-seal@32473 ") == true)
        }
        let report = try site.verify(files.map { .path($0) })
        #expect(report.outcome == .complete)
        #expect(report.duplicates == 0)
        #expect(report.verifiedRecords == (try site.verify(site.segments())).verifiedRecords)
        #expect(try site.verify([.path(files[0])]).outcome == .complete)
    }

    /// Closed files are compressed while the relay goes on, and prove what they proved before.
    @Test func closedFilesAreCompressed() throws {
        let site = Site()
        let padding = String(repeating: "x", count: 4000)
        let configuration = Self.configuration.replacing("rotate: 1MiB", with: "rotate: 1MiB, compress: true")
        try site.withRelay(configuration) { relay in
            try relay.send((0..<600).map { "<13>1 2026-11-23T12:00:00Z h app - - - \($0) \(padding)" })
            #expect(relay.waitForRecords(600))
            let deadline = Clock.monotonic() + 10_000_000_000
            while self.files(site).count(where: { $0.hasSuffix(".gz") }) < 2, Clock.monotonic() < deadline {
                poll(nil, 0, 2)
            }
        }
        let files = files(site)
        #expect(files.count { $0.hasSuffix(".log.gz") } >= 2)
        let report = try site.verify(files.map { .path($0) })
        #expect(report.outcome == .complete)
        #expect(report.duplicates == 0)
        #expect(report.verifiedRecords == (try site.verify(site.segments())).verifiedRecords)
    }

    /// A restart goes on where the files end, without gap or repetition.
    @Test func restartGoesOnWithTheFile() throws {
        let site = Site()
        for run in 0..<3 {
            try site.withRelay(Self.configuration) { relay in
                try relay.send(["<13>1 2026-11-23T12:00:00Z h app - - - run \(run)"])
                #expect(relay.waitForRecords(UInt64(2 * run + 1)))
            }
        }
        let files = files(site)
        #expect(files.count == 1)
        let report = try site.verify(files.map { .path($0) })
        #expect(report.outcome == .complete)
        #expect(report.verifiedRecords == 6)
        #expect(report.duplicates == 0)
    }

    /// A destination that is added later gets everything from the beginning.
    @Test func laterDestinationGetsEverything() throws {
        let site = Site()
        try site.withRelay { relay in
            try relay.send(["early"])
            #expect(relay.waitForRecords(1))
        }
        try site.withRelay(Self.configuration) { _ in }
        let report = try site.verify(files(site).map { .path($0) })
        #expect(report.outcome == .complete)
        #expect(report.verifiedRecords == (try site.verify(site.segments())).verifiedRecords)
    }
}
