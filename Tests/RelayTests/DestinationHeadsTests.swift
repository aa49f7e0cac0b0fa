import Ledger
import Synchronization
import TestSupport
import Testing

@testable import Relay

/// A data folder that was restored as a whole, cursors included: only what destinations have tells it from the newest.
@Suite struct DestinationHeadsTests {
    private let site = Site()

    /// All files below the ledger's folder, by path.
    private func ledgerFiles(_ path: String) -> [String: [UInt8]] {
        guard DiskFileSystem().exists("\(path)/.") else { return [path: TemporaryDirectory.contents(path) ?? []] }
        return TemporaryDirectory.names(in: path).reduce(into: [:]) { all, name in
            all.merge(ledgerFiles("\(path)/\(name)")) { _, new in new }
        }
    }

    private func restore(_ files: [String: [UInt8]]) throws {
        for path in ledgerFiles(site.ledger).keys where files[path] == nil { try DiskFileSystem().remove(path) }
        for (path, bytes) in files {
            let file = try DiskFileSystem().open(path, .updateOrCreate)
            try file.truncate(to: 0)
            try file.write(bytes, at: 0)
        }
    }

    private func run(_ text: String, _ line: String) throws {
        try site.withRelay(text) { relay in
            try relay.send([line])
            #expect(relay.waitForRecords(1))
        }
    }

    private func expectRefusal(_ text: String, ahead: UInt64, name: String) {
        #expect {
            try site.makeRelay(text)
        } throws: { error in
            (error as? LedgerError)?.code == .restoredBackup
                && "\(error)".contains("destination \(name) has records up to \(ahead), the ledger only up to 2")
        }
    }

    @Test func anArchiveTellsAndKeepsWhatItHas() throws {
        let text = Site.configuration + "destinations: [{name: archive, type: file, path: archive}]\n"
        try run(text, "one")
        let old = ledgerFiles(site.ledger)
        try run(text, "two")
        try run(text, "three")
        try restore(old)
        let archive = ledgerFiles(site.folder.path("archive"))
        expectRefusal(text, ahead: 6, name: "archive")
        #expect(ledgerFiles(site.folder.path("archive")) == archive)
        #expect(try SetupCheck(site.settings(text)).run(connecting: false).contains { $0.isError })
        // A log of another name has nothing to do with it.
        try site.withRelay(text.replacing("ledger", with: "other").replacing("/relay", with: "/second")) { _ in }
    }

    /// An Elasticsearch that keeps what is sent to it, and says what its newest document is.
    private final class Elasticsearch: Sendable {
        private let documents = Mutex<[UInt64]>([])
        let isAway = Mutex(false)

        func answer(_ request: WebServer.Request) -> WebServer.Conduct {
            guard !isAway.withLock({ $0 }) else { return .answer(503) }
            return documents.withLock { documents in
                guard request.path.contains("/_search") else {
                    let indexes = request.text.split(separator: "\n").compactMap { line in
                        line.split(separator: "\"waxwing\":{\"log\"").dropFirst().first.flatMap { part in
                            part.split(separator: "\"index\":").dropFirst().first.flatMap {
                                UInt64($0.prefix { $0.isNumber })
                            }
                        }
                    }
                    documents += indexes
                    return .answer(
                        200,
                        body:
                            #"{"errors":false,"items":[\#(indexes.map { _ in #"{"create":{"status":201}}"# }.joined(separator: ","))]}"#
                    )
                }
                guard let newest = documents.max() else { return .answer(200, body: "{}") }
                return .answer(200, body: #"{"hits":{"hits":[{"sort":[\#(newest)]}]}}"#)
            }
        }
    }

    @Test func elasticsearchIsAskedBeforeAnythingIsSigned() throws {
        let peer = Elasticsearch()
        let server = try WebServer { request, _ in peer.answer(request) }
        let text =
            Site.configuration
            + "destinations: [{name: siem, type: elasticsearch, urls: [\"http://127.0.0.1:\(server.port)\"], gzip: false}]\n"
        try run(text, "one")
        let old = ledgerFiles(site.ledger)
        try run(text, "two")
        try restore(old)
        let before = ledgerFiles(site.ledger)
        expectRefusal(text, ahead: 4, name: "siem")
        #expect(ledgerFiles(site.ledger) == before)
        #expect(
            try SetupCheck(site.settings(text)).run(connecting: true).contains {
                $0.isError && $0.subject.hasPrefix("ledger")
            })
        // One that does not answer does not hold up a start.
        peer.isAway.withLock { $0 = true }
        try site.withRelay("drain: 1ms\n" + text) { _ in }
        #expect(site.log.all.contains { $0.contains("cannot be asked whether the ledger was restored") })
    }
}
