import Batch
import Headscale
import NIOCore
import NIOPosix
import Redaction
import Settings
import Syslog
import TLS
import Telemetry
import TestSupport
import Testing

@testable import Relay

/// The health of a Headscale server, from a look at it to a record in the ledger that verifies.
@Suite struct HeadscaleHealthTests {
    private static let pass = WebServer.Conduct.answer(200, body: #"{"status":"pass"}"#)

    private func configuration(_ server: WebServer, scheme: String = "http", more: String = "") -> String {
        Site.configuration + "headscale: {health: {url: \(scheme)://127.0.0.1:\(server.port), interval: 1s\(more)}}\n"
    }

    @Test func aServerThatGoesDownIsSealed() throws {
        let site = Site()
        let looks = Monitor(0)
        let server = try WebServer { request, _ in
            guard request.path == "/health" else { return .answer(404) }
            let look = looks.withLock { looks in
                looks += 1
                return looks
            }
            return look == 1 || look == 2 ? .answer(500, body: #"{"status":"fail"}"#) : Self.pass
        }
        try site.withRelay(configuration(server)) { relay in
            #expect(relay.waitForRecords(2))
            let metrics = try relay.request("/metrics")
            #expect(
                metrics.contains("\nwaxwing_headscale_up 1\n") && metrics.contains("\nwaxwing_headscale_health 1\n"))
            #expect(!metrics.contains("waxwing_headscale_nodes"))
        }
        let records = try site.records().filter { $0.contains("[headscale@32473 ") }
        let url = "http://127.0.0.1:\(server.port)"
        try #require(records.count == 2, "\(records)")
        #expect(
            records[0].hasPrefix("<107>1 2")
                && records[0].contains(
                    " headscale [headscale@32473 event=\"health.degraded\" outcome=\"failure\" category=\"database\" "
                        + "service=\"health\" level=\"error\" url=\"\(url)\" error=\"its database does not answer\" since=\""
                )
                && records[0].hasSuffix("] Headscale at \(url) is up, but its database does not answer"))
        #expect(records[1].hasPrefix("<109>1 2") && records[1].contains(" event=\"health.up\" outcome=\"success\""))
        #expect(records.allSatisfy { !$0.contains("[received@") && !$0.contains("x-headscale") })
    }

    @Test func withoutTheKeyNothingIsShown() throws {
        try Site().withRelay { relay in
            let metrics = try relay.request("/metrics")
            #expect(!metrics.contains("waxwing_headscale_up") && metrics.contains("waxwing_headscale_requests_total{"))
        }
    }

    /// From a socket to the figures, and to the age of the log.
    @Test func theAccessLogIsCounted() throws {
        let server = try WebServer { _, _ in Self.pass }
        let line = { (path: String, status: Int) in
            "<30>1 2026-07-22T06:06:10Z hs headscale 7 - - 2026-07-22T06:06:10Z INF http request bytes=18 elapsed=2.5 "
                + "method=GET path=\(path) proto=HTTP/1.1 remote=192.0.2.1:51522 status=\(status)"
        }
        try Site().withRelay(configuration(server)) { relay in
            try relay.send([line("/key", 200), line("/api/v1/user", 500), line("/machine/map", 200)])
            #expect(relay.waitForRecords(3))
            let metrics = try relay.request("/metrics")
            for sample in [
                #"requests_total{class="2xx",kind="request"} 1"#, #"requests_total{class="5xx",kind="request"} 1"#,
                #"requests_total{class="2xx",kind="long_poll"} 1"#, "request_duration_seconds_sum 0.005",
                #"error_ratio{class="5xx"} 0.5"#,
            ] { #expect(metrics.contains("\nwaxwing_headscale_\(sample)\n"), "\(sample)") }
        }
    }

    /// From a socket to a record that verifies: where an address of the Internet is, and of no other.
    @Test func recordsSayWhereAnAddressIs() throws {
        let site = Site()
        var cities = MaxMindFile(type: "GeoLite2-City")
        cities.add([203, 0, 113, 0], 24, .city("DE", "Köln ]\""))
        cities.add([100, 64, 0, 0], 10, .city("XX", "Nowhere"))
        cities.add([0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 12), 32, .city("CH", "Bern"))
        var systems = MaxMindFile(type: "GeoLite2-ASN")
        systems.add([203, 0, 113, 0], 24, .system(64_500, "Example"))
        site.folder.write("city.mmdb", octets: cities.bytes)
        site.folder.write("asn.mmdb", octets: systems.bytes)
        let line = { (remote: String) in
            "<30>1 2026-07-22T06:06:10Z hs headscale 7 - - 2026-07-22T06:06:10Z INF http request bytes=18 elapsed=2.5 "
                + "method=GET path=/key proto=HTTP/1.1 remote=\(remote) status=200"
        }
        try site.withRelay(Site.configuration + "geoip: {databases: [city.mmdb, asn.mmdb]}\n") { relay in
            try relay.send(["203.0.113.9:5", "[2001:db8::7]:5", "100.64.0.9:5", "192.0.2.1:5"].map(line))
            #expect(relay.waitForRecords(4))
        }
        let records = try site.records().filter { $0.contains("[headscale@32473 ") }
        try #require(records.count == 4)
        #expect(records[0].contains(#" country="DE" city="Köln \]\"" asn="64500" as_org="Example""#), "\(records[0])")
        #expect(records[1].contains(#" country="CH" city="Bern""#) && !records[1].contains(" asn="))
        #expect(records[2...].allSatisfy { !$0.contains(" country=") && !$0.contains(" asn=") })
    }

    @Test func aCAFileThatCannotBeUsedKeepsItFromStarting() throws {
        let site = Site()
        let server = try WebServer { _, _ in Self.pass }
        let text = configuration(server, scheme: "https", more: ", ca_file: missing.pem")
        #expect(throws: PlacedError.self) { try site.makeRelay(text) }
        #expect(throws: PlacedError.self) {
            try site.makeRelay(Site.configuration + "geoip: {databases: [missing.mmdb]}")
        }
    }

    // MARK: - Check

    private func findings(_ site: Site, _ text: String, connecting: Bool = false) throws -> [String] {
        SetupCheck(try site.settings(text)).run(connecting: connecting).map {
            $0.description.replacing(site.folder.path, with: ".")
        }.filter { $0.contains("headscale") || $0.contains("geoip") }
    }

    @Test func checkLooksAtTheServer() throws {
        let server = try WebServer { request, _ in
            switch request.path {
            case "/health": Self.pass
            case "/version": .answer(200, body: #"{"version":"v0.29.2"}"#)
            default: .answer(404)
            }
        }
        let url = "http://127.0.0.1:\(server.port)"
        let site = Site()
        #expect(
            try findings(site, configuration(server))
                == ["ok: headscale \(url): 127.0.0.1:\(server.port), not tried (--connect)"])
        #expect(server.requests.isEmpty)
        #expect(
            try findings(site, configuration(server), connecting: true)
                == ["ok: headscale \(url): \(url) is well, version v0.29.2"])
        let metrics = configuration(server, more: ", metrics_url: '\(url)/metrics'")
        #expect(
            try findings(site, metrics, connecting: true)
                == ["warning: headscale \(url): \(url) is well, but \(url)/metrics answers 404"])
    }

    @Test func checkSaysThatACertificateEnds() throws {
        let files = TestCertificates.shared
        let tls = try TLSContext.server(
            CertificateFiles(certificateFile: files.certificate("ending"), keyFile: files.key("ending")), clients: nil)
        let server = try WebServer(tls: tls) { _, _ in Self.pass }
        let text = configuration(server, scheme: "https", more: ", ca_file: \(files.certificate("ca"))")
        let found = try #require(try findings(Site(), text, connecting: true).first)
        #expect(found.hasPrefix("warning: headscale ") && found.hasSuffix(", in 5 days"), "\(found)")
    }

    @Test func checkSaysWhatIsWrong() throws {
        let site = Site()
        let broken = try WebServer { _, _ in .answer(500, body: #"{"status":"fail"}"#) }
        let other = try WebServer { _, _ in .answer(200, body: "Hello") }
        #expect(
            try findings(site, configuration(broken), connecting: true).first?
                .hasSuffix("answers, but its database does not") == true)
        let wrong = try #require(try findings(site, configuration(other), connecting: true).first)
        #expect(wrong.hasPrefix("error: headscale ") && wrong.contains("is not Headscale's"))
        site.folder.write("text.pem", "This is no certificate.")
        let text = try #require(
            try findings(site, configuration(other, scheme: "https", more: ", ca_file: text.pem")).first)
        #expect(text.hasPrefix("error: ") && text.contains("waxwing.yaml:5:") && text.contains("./text.pem"))
    }

    @Test func checkOpensTheDatabasesOfPlaces() throws {
        let site = Site()
        let (now, day) = (Clock.wall() / 1_000_000_000, UInt64(86_400))
        let dates = [now - day, now - 100 * day].map { "\(MaxMindFile.date($0))" }
        site.folder.write("new.mmdb", octets: MaxMindFile(type: "GeoLite2-City", builtAt: now - day).bytes)
        site.folder.write("old.mmdb", octets: MaxMindFile(type: "GeoLite2-ASN", builtAt: now - 100 * day).bytes)
        site.folder.write("text.mmdb", "This is no database.")
        let text = Site.configuration + "geoip: {databases: [new.mmdb, old.mmdb, text.mmdb]}\n"
        let found = try findings(site, text)
        #expect(
            found.prefix(2) == [
                "ok: geoip ./new.mmdb: GeoLite2-City, made \(dates[0])",
                "warning: geoip ./old.mmdb: GeoLite2-ASN, made \(dates[1]), 100 days ago: addresses move",
            ])
        #expect(found.last?.hasPrefix("error: geoip ./text.mmdb: waxwing.yaml:5:") == true)
    }

    // MARK: - Records

    /// Nothing that a server says can end its parameter, or begin another element.
    @Test func whatServersSayStaysWhereItBelongs() throws {
        let queue = BatchQueue(byteLimit: 1 << 20)
        let encoder = CanonicalEncoder(pen: 32473)
        let engine = try RedactionEngine([.credentials], pen: 32473)
        let writer = StateRecordWriter(
            queue, encoder, hostname: "relay",
            RedactionStage(engine, RedactionCounters(MetricsRegistry(), engine.ruleSet)))
        writer.write(
            StateRecord(
                severity: 3, event: "health.down",
                parameters: [
                    ("error", "a\"] [headscale@32473 event=\"x\\"), ("accent", "\"\u{301}]"), ("line", "a\nb"),
                    ("secret", "Authorization: Bearer abcdefghijklmnop0123456789"),
                ],
                text: "a text ] with [x@1]"))
        guard case .batch(let batch) = queue.next(until: Clock.monotonic() + 1_000_000_000) else {
            return #expect(Bool(false), "there is no record")
        }
        #expect(batch.recordCount == 1)
        let record = batch[0]
        let line = String(
            decoding: record.line.map { unsafe batch.bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) },
            as: UTF8.self)
        #expect(
            line.contains(
                #"[headscale@32473 event="health.down" error="a\"\] [headscale@32473 event=\"x\\" accent="\"\#u{301}\]" line="a#012b""#
            ), "\(line)")
        #expect(line.contains("<redacted>") && !line.contains("abcdefghijklmnop"), "\(line)")
        #expect(line.hasPrefix("<107>1 20") && line.hasSuffix("a text ] with [x@1]"), "\(line)")
    }
}

extension MaxMindFile {
    /// The day of a point in time, in seconds since 1970.
    fileprivate static func date(_ seconds: UInt64) -> Substring {
        Timestamp(seconds: Int64(seconds)).text.prefix(10)
    }
}

extension Timestamp {
    fileprivate var text: String {
        unsafe String(unsafeUninitializedCapacity: 32) { buffer in
            guard let start = buffer.baseAddress else { return 0 }
            var writer = unsafe ByteWriter(unsafeOver: start, capacity: 32)
            write(into: &writer)
            return writer.count
        }
    }
}
