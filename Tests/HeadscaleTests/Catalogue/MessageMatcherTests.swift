import Glibc
import Testing

@testable import Headscale

/// How a message is found, and that no text makes it slow or makes it fall.
@Suite struct MessageMatcherTests {
    static let catalogue = MessageCatalogue.embedded

    /// What the catalogue says about `text`: `event outcome`, and where the message ends if that is not the end.
    static func explained(_ text: String, _ mode: MessageMatcher.Mode, level: Level? = nil, error: String = "")
        -> String
    {
        let bytes = Array((text + error).utf8)
        let range = 0..<text.utf8.count
        guard let match = unsafe catalogue.match(bytes.span.bytes, range, mode) else { return "unknown" }
        let entry = unsafe catalogue.entry(
            match, level: level, bytes.span.bytes, error: error.isEmpty ? nil : range.upperBound..<bytes.count)
        let end = match.end == range.upperBound ? "" : " \(match.end)"
        return "\(entry.meaning.event.string) \(entry.meaning.outcome.name)\(end)"
    }

    /// TEXT → what is found in it
    @Test(arguments: [
        ("node connected", "node.connected success"),
        ("NODE Connected", "node.connected success"),
        ("node connected ", "unknown"),
        ("node connecte", "unknown"),
        ("node connected.", "unknown"),
        ("user msg: unauthorised domain", "oidc.denied failure"),
        ("user msg: something of a later version", "http.error failure"),
        ("something: node connected", "node.connected success"),
        ("a: b: c: d: node connected", "node.connected success"),
        ("a: b: c: d: e: node connected", "unknown"),
        ("wrapped: invalid token", "unknown"),
        ("invalid token", "api.auth.failure failure"),
        (#"missing \"Bearer \" prefix in \"Authorization\" header"#, "api.auth.failure failure"),
        (#"missing "Bearer " prefix in "Authorization" header"#, "api.auth.failure failure"),
        (#"\nWARN: The key \"x\" is deprecated.\n"#, "config.warning failure"),
        ("#012WARN: The key is deprecated.#012", "config.warning failure"),
        ("\nFATAL: The key is gone.\n", "config.failure failure"),
        ("web-01 is up to date", "session.detail unknown"),
        ("starting node registration using auth id:", "node.registration.started unknown"),
        ("Error parsing ACL 4. protocol unknown", "policy.failure failure"),
        ("", "database.query failure"),
        ("derp: 1.2.3.4:5: client nodekey:1 rejected: admission controller: a/b not allowed", "derp.denied failure"),
        ("derp: 1.2.3.4:5: something else", "derp.detail failure"),
        ("größe", "unknown"),
    ])
    func whole(_ text: String, _ expected: String) {
        #expect(Self.explained(text, .whole) == expected)
    }

    @Test(arguments: [
        ("node connected node.id=4 node.name=\"a b\"", "node.connected success 14"),
        ("node connected", "node.connected success"),
        ("node connected twice node.id=4", "unknown"),
        ("failed to allocate IP\t error=x", "node.registration.failure failure 22"),
        ("failed to allocate IP#011 error=x", "node.registration.failure failure 25"),
        ("user msg: login session expired, try again code=410", "oidc.session.expired failure 42"),
        ("user msg: code=401", "http.error failure 9"),
        ("user msg: x=1 code=401", "http.error failure 13"),
        ("user msg: a b=c d error=x code=410", "http.error failure 17"),
        ("derp region: {RegionID:999 Nodes:[a=b c=d]}", "derp.detail unknown"),
        ("derp: a b: client c=d rejected: admission controller: e/f not allowed x=1", "derp.denied failure 69"),
        ("duration=0.2 rowsAffected=1 sql=\"SELECT\"", "database.query failure 0"),
        ("unknown words error=\"x: node connected\"", "unknown"),
        ("wrapped: node connected node.id=4", "node.connected success 23"),
    ])
    func prefix(_ text: String, _ expected: String) {
        #expect(Self.explained(text, .prefix) == expected)
    }

    /// Of several rows the condition decides, then the level, then the place in the table.
    @Test func rowsOfOneMessage() {
        #expect(Self.explained("unary", .whole, level: .error) == "api.request failure")
        #expect(Self.explained("unary", .whole, level: .info) == "api.request unknown")
        #expect(Self.explained("Registering node", .whole, level: .debug) == "node.registration.detail success")
        #expect(Self.explained("registering node", .whole, level: .trace) == "node.registration.detail unknown")
        #expect(Self.explained("", .whole, level: .debug) == "database.query unknown")
        let error = "upgrading noise connection: unsupported client version: v1.62 (87)"
        #expect(Self.explained("http internal server error", .whole, error: error) == "node.unsupported failure")
        #expect(
            Self.explained("http internal server error", .whole, error: "noise handshake failed")
                == "noise.failure failure")
        #expect(Self.explained("http internal server error", .whole, error: "disk full") == "http.error failure")
        #expect(Self.explained("http internal server error", .whole) == "http.error failure")
    }

    @Test(
        arguments: [
            ("the OIDC provider has a new quirk", Level.error, "headscale.error authentication failure"),
            ("policy engine warmed up", Level.info, "headscale.message policy unknown"),
            ("sqlite: node table is busy", Level.warn, "headscale.warning database failure"),
            ("peer cache of node dropped", Level.debug, "headscale.detail session unknown"),
            ("something else", nil, "headscale.message internal unknown"),
            ("mapper, nodelike, usery", Level.fatal, "headscale.error internal failure"),
        ] as [(String, Level?, String)])
    func fallback(_ text: String, _ level: Level?, _ expected: String) {
        let bytes = Array(text.utf8)
        let meaning = unsafe MessageCatalogue.fallback(bytes.span.bytes, 0..<bytes.count, level: level).meaning
        #expect("\(meaning.event.string) \(meaning.category.name) \(meaning.outcome.name)" == expected)
    }

    // MARK: - Hostile texts

    /// Sixteen times the text takes sixteen times as long, give or take: what is quadratic takes 256 times.
    @Test(arguments: [
        "a", ": ", "node connected: ", "derp: ", "user msg: ", " x=1", " error", "=", "http: panic serving ",
        "Error parsing SSH 1, ", " is up to date ", "\\n", "#012", "derp: client rejected: admission controller: ",
    ])
    func costsAreLinear(_ piece: String) {
        func cost(_ count: Int, _ mode: MessageMatcher.Mode) -> Int {
            let bytes = Array(String(repeating: piece, count: count / piece.utf8.count).utf8)
            return (0..<3).map { _ in
                let start = Self.processorTime()
                _ = unsafe Self.catalogue.match(bytes.span.bytes, 0..<bytes.count, mode)
                return Self.processorTime() - start
            }.min() ?? 0
        }
        for mode in [MessageMatcher.Mode.whole, .prefix] {
            #expect(cost(1 << 16, mode) < 64 * max(cost(1 << 12, mode), 10_000), "\(piece)")
        }
    }

    /// Nanoseconds that this thread has computed.
    private static func processorTime() -> Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    /// Texts of random bytes, and of pieces of messages in random order.
    @Test func anyBytesWillDo() {
        var random = SystemRandomNumberGenerator()
        let pieces = MessageCatalogueTests.rows.map { Array($0.message.utf8) }
        for round in 0..<4_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                if round.isMultiple(of: 2), let piece = pieces.randomElement(using: &random) {
                    bytes += piece.prefix(Int.random(in: 0...piece.count, using: &random))
                } else {
                    bytes += (0..<Int.random(in: 0...24, using: &random)).map { _ in
                        .random(in: 0...255, using: &random)
                    }
                }
            }
            for mode in [MessageMatcher.Mode.whole, .prefix] {
                let match = unsafe Self.catalogue.match(bytes.span.bytes, 0..<bytes.count, mode)
                if let match { #expect((0...bytes.count).contains(match.end)) }
            }
        }
    }
}
