import Settings
import TestSupport
import Testing
import Verify

@testable import Relay

/// A destination that gets a part of the records.
@Suite struct FilteredArchiveTests {
    private static let configuration =
        Site.configuration.replacing("batch: {age: 1h", with: "batch: {records: 10, age: 1h") + """
            destinations: [{name: archive, type: file, path: archive, filter: {applications: [headscale]}}]

            """

    /// What it has is proved with the ledger's leaf hashes, whatever the relay's key was in the meantime.
    @Test func exportVerifiesAsASubset() throws {
        let site = Site()
        func run() throws -> String {
            try site.withRelay(Self.configuration) { relay in
                let before = relay.ledger.access.horizon.position.nextIndex
                try relay.send(
                    (0..<45).map { "<13>1 2026-11-23T12:00:00Z h \($0 % 3 == 0 ? "headscale" : "su") - - - \($0)" })
                #expect(relay.waitForRecords(before + 45))
                return relay.verifierKey
            }
        }
        let old = try run()
        _ = try KeyChange.run(site.settings(Self.configuration), newKey: nil)
        let new = try run()
        let folder = site.folder.path("archive")
        let files = TemporaryDirectory.names(in: folder).map { "\(folder)/\($0)" }
        let text = String(decoding: files.flatMap { TemporaryDirectory.contents($0) ?? [] }, as: UTF8.self)
        #expect(!text.contains(" su ") && text.split(separator: "\n").count { $0.contains(" headscale ") } == 30)
        for key in [old, new] {
            let report = try site.verify(files.map { .path($0) }) {
                $0.key = key
                $0.isSubset = true
                $0.hashes = site.ledger
            }
            #expect(report.outcome == .complete && report.keys.count == 2, "\(report.text)")
            let whole = try site.verify(files.map { .path($0) }) { $0.key = key }
            #expect(whole.outcome == .incomplete)
        }
    }

    @Test func checkSaysHowItIsVerified() throws {
        let site = Site()
        let findings = SetupCheck(try site.settings(Self.configuration)).run(connecting: false)
        let finding = try #require(findings.first { $0.subject == "destination archive" })
        #expect(!finding.isError && finding.detail.contains("--subset"))
    }
}
