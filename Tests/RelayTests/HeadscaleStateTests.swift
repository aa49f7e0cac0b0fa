import Batch
import Glibc
import Settings
import Synchronization
import TestSupport
import Testing

@testable import Relay

/// What Headscale does not log, from its API to a record in the ledger that verifies.
@Suite struct HeadscaleStateTests {
    private static let key = "hskey-api-AAAAAAAAAAAA-0123456789012345678901234567890123456789012345678901234567890123"
    private let site = Site()

    /// An API of 0.30 with one user and a policy, both of which can be changed.
    private final class Headscale: Sendable {
        let user = Mutex("alice")
        let policy = Mutex("{}")

        func answer(_ request: WebServer.Request) -> WebServer.Conduct {
            guard request.path == "/version" || request.headers.first(name: "authorization") == "Bearer \(key)" else {
                return .answer(401)
            }
            let user = #"{"id":"1","name":"\#(user.withLock { $0 })"}"#
            switch request.path {
            case "/api/v1/user": return .answer(200, body: #"{"users":[\#(user)]}"#)
            case "/api/v1/node":
                return .answer(
                    200, body: #"{"nodes":[{"id":"7","givenName":"web","user":\#(user),"approvedRoutes":[]}]}"#)
            case "/api/v1/preauthkey": return .answer(200, body: #"{"preAuthKeys":[]}"#)
            case "/api/v1/apikey": return .answer(200, body: #"{"apiKeys":[]}"#)
            case "/api/v1/policy": return .answer(200, body: #"{"policy":"\#(policy.withLock { $0 })"}"#)
            default: return .answer(404)
            }
        }
    }

    private func configuration(_ server: WebServer, more: String = "") -> String {
        site.folder.write("key", Self.key)
        return Site.configuration
            + "headscale: {api: {url: http://127.0.0.1:\(server.port), key_file: key}, interval: 1s\(more)}\n"
    }

    private func changes() throws -> [String] {
        try site.records().filter { $0.contains("[headscale@32473 ") }
    }

    @Test func aChangeIsSealedOnceOverRestarts() throws {
        let headscale = Headscale()
        let server = try WebServer { request, _ in headscale.answer(request) }
        try site.withRelay(configuration(server)) { relay in
            #expect(relay.waitForRecords(1))
            headscale.user.withLock { $0 = "alicia" }
            #expect(relay.waitForRecords(2))
            let metrics = try relay.request("/metrics")
            #expect(metrics.contains("\nwaxwing_headscale_changes_total{event=\"user.renamed\"} 1\n"))
            #expect(metrics.contains("\nwaxwing_headscale_known_nodes 1\n"))
            #expect(metrics.contains("\nwaxwing_headscale_context_age_seconds "))
        }
        headscale.policy.withLock { $0 = #"{}\n// password=hunter22 \"quoted\"]"# }
        try site.withRelay(configuration(server)) { relay in
            // The seal of the first run is one.
            #expect(relay.waitForRecords(4))
        }
        let records = try changes()
        try #require(records.count == 3, "\(records)")
        #expect(
            records[0].contains(
                #" event="watcher.baseline" outcome="success" category="administration" service="audit" level="info" "#)
        )
        #expect(records[1].hasPrefix("<109>1 2"))
        #expect(
            records[1].contains(
                #" headscale [headscale@32473 event="user.renamed" outcome="success" category="administration" service="audit" level="info" "#
                    + #"user="alicia" user_id="1" old="alice" new="alicia" actor="unknown" since="2"#))
        #expect(records[1].contains(#" source="api"]"#) && records[1].hasSuffix("] user alice was renamed to alicia"))
        #expect(records[2].contains(##" diff="@@ -1,1 +1,2 @@#012 {}#012+// password=<redacted> \"quoted\"\]""##))
        #expect(records.allSatisfy { !$0.contains("hunter22") && !$0.contains("[received@") })
    }

    @Test func withoutTheWatcherThereIsContextOnly() throws {
        let server = try WebServer { [headscale = Headscale()] request, _ in headscale.answer(request) }
        try site.withRelay(configuration(server, more: ", watch: false")) { relay in
            #expect(server.wait { $0.count { $0.path == "/api/v1/policy" } >= 2 })
            let metrics = try relay.request("/metrics")
            #expect(metrics.contains("\nwaxwing_headscale_known_nodes 1\n"))
        }
        #expect(try changes() == [])
    }

    @Test func aServerThatIsNotThereKeepsNothingFromStarting() throws {
        let server = try WebServer { _, _ in .answer(503) }
        try site.withRelay(configuration(server)) { relay in
            #expect(relay.waitForRecords(1))
            let metrics = try relay.request("/metrics")
            #expect(!metrics.contains("waxwing_headscale_context_age_seconds "))
        }
        let records = try changes()
        #expect(records.count == 1)
        #expect(records.first?.contains(#" event="watcher.blind" outcome="failure""#) == true)
        #expect(records.first?.contains("the server answers 503") == true)
    }

    // MARK: - Check

    private func findings(_ text: String, connecting: Bool = false) throws -> [String] {
        SetupCheck(try site.settings(Site.configuration + text)).run(connecting: connecting).map {
            $0.description.replacing(site.folder.path, with: ".")
        }.filter { $0.contains("headscale") }
    }

    @Test func checkOpensWhatIsNamed() throws {
        let server = try WebServer { [headscale = Headscale()] request, _ in headscale.answer(request) }
        let url = "http://127.0.0.1:\(server.port)"
        site.folder.write("key", Self.key)
        let api = "headscale: {api: {url: '\(url)', key_file: key}}\n"
        #expect(try findings(api) == ["ok: headscale.api: \(url), not tried (--connect)"])
        #expect(server.requests.isEmpty)
        #expect(try findings(api, connecting: true) == ["ok: headscale.api: 1 user, 1 node, 0 keys"])
        #expect(unsafe chmod(site.folder.path("key"), 0o644) == 0)
        let wrong = try #require(try findings(api).first)
        #expect(wrong.hasPrefix("error: headscale.api: ") && wrong.contains("chmod 600 ./key"))
    }

    @Test func checkReadsFiles() throws {
        site.folder.write("nodes.yaml", "nodes: [{id: 7, name: web}]\n")
        #expect(try findings("headscale: {file: nodes.yaml}\n") == ["ok: headscale.file: 0 users, 1 node, 0 keys"])
        let missing = try #require(try findings("headscale: {database: none.sqlite}\n").first)
        #expect(missing.hasPrefix("error: headscale.database: ") && missing.contains("./none.sqlite cannot be read"))
    }
}
