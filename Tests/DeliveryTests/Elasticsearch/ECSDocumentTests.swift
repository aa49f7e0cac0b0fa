import Seal
import Syslog
import Testing

@testable import Delivery

/// The document of a line, as it is sent.
private func document(_ line: String, index: UInt64 = 7) -> String {
    let document = ECSDocument(tag: LogTag(rawValue: 0x4134_2dd0), observer: "relay1", version: "0.1.0")
    let bytes = Array(line.utf8)
    var body = BodyWriter()
    document.write(DeliveryRecord(index: index, line: unsafe bytes.span.bytes), into: &body)
    return unsafe body.bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
}

private let identity = #"[waxwing@32473 l="41342dd0" i="7"]"#

@Suite struct ECSDocumentTests {
    @Test func plainRecord() throws {
        let line = #"<34>1 2026-11-23T06:15:00.123456+01:00 hs1 sshd 4711 ID1 \#(identity) he said "hi" \ there"#
        let expected = #"""
            {"@timestamp":"2026-11-23T06:15:00.123456+01:00","ecs":{"version":"9.0.0"},
             "message":"he said \"hi\" \\ there",
             "event":{"original":"<34>1 2026-11-23T06:15:00.123456+01:00 hs1 sshd 4711 ID1 [waxwing@32473 l=\"41342dd0\" i=\"7\"] he said \"hi\" \\ there",
                      "sequence":7,"kind":"event","severity":2,"provider":"sshd","code":"ID1",
                      "module":"syslog","dataset":"syslog.log"},
             "log":{"level":"critical","syslog":{"priority":34,"facility":{"code":4,"name":"auth"},
                    "severity":{"code":2,"name":"Critical"},"version":"1","hostname":"hs1","appname":"sshd",
                    "procid":"4711","msgid":"ID1"}},
             "host":{"name":"hs1","hostname":"hs1"},"process":{"name":"sshd","pid":4711},
             "observer":{"vendor":"Waxwing","product":"Waxwing","type":"log-relay","name":"relay1",
                         "version":"0.1.0"},
             "waxwing":{"log":"41342dd0","index":7}}
            """#
        #expect(try StrictJSON(document(line)) == StrictJSON(expected))
    }

    @Test func headscaleRecord() throws {
        let element = #"""
            [headscale@32473 event="api.auth.failure" outcome="failure" category="authentication" service="api" \#
            level="warn" user="al\]ice" node_id="42" ip="203.0.113.5" port="4123" method="POST" path="/api/v1/\"x\"" \#
            status="401" bytes="18" elapsed="0.412305" error="no\\thing" version="0.29.0"]
            """#
        let json = try StrictJSON(
            document("<30>1 2026-11-23T06:15:00Z hs1 headscale 7 - \(element)\(identity) refused"))
        for (path, text) in [
            ("event.action", "api.auth.failure"), ("event.outcome", "failure"), ("event.dataset", "headscale.api"),
            ("event.module", "headscale"), ("log.level", "warn"), ("user.name", "al]ice"), ("device.id", "42"),
            ("source.ip", "203.0.113.5"), ("http.request.method", "POST"), ("url.path", #"/api/v1/"x""#),
            ("error.message", #"no\thing"#), ("service.version", "0.29.0"), ("service.name", "headscale"),
            ("log.syslog.severity.name", "Informational"),
        ] { #expect(json[path]?.text == text, "\(path)") }
        for (path, number) in [
            ("source.port", 4123), ("http.response.status_code", 401), ("http.response.body.bytes", 18),
            ("event.duration", 412_305),
        ] { #expect(json[path]?.number == number, "\(path)") }
        #expect(json["event.category"] == .array([.text("authentication")]))
        #expect(json["event.type"] == .array([.text("start")]))
        #expect(json["related"] == .object(["ip": .array([.text("203.0.113.5")]), "user": .array([.text("al]ice")])]))
        #expect(json["headscale"] == .object(["category": .text("authentication")]))
        #expect(json["log.syslog.structured_data"] == nil)
    }

    /// What ECS has no field for is shown under a name of its own, once.
    @Test func otherParameters() throws {
        let element =
            #"[headscale@32473 node="n\"1" time="2026-11-23T06:15:00Z" node="n2" status="odd" machine_key="XdhVD"]"#
        let json = try StrictJSON(document("<30>1 - - - - - \(element)\(identity) x"))
        let expected = #"""
            {"node":"n\"1","time":"2026-11-23T06:15:00Z","status":"odd","machine_key":"XdhVD"}
            """#
        #expect(try json["headscale"] == StrictJSON(expected))

        let many = (0..<100).map { #" p\#($0)="v""# }.joined()
        guard
            case .object(let bounded) = try StrictJSON(
                document("<30>1 - - - - - [headscale@32473\(many)]\(identity) x"))[
                    "headscale"]
        else {
            Issue.record("no parameters")
            return
        }
        #expect(bounded.count == ECSFields.otherLimit)
    }

    /// What belongs to an address is not lost without one.
    @Test func portWithoutAnAddress() throws {
        let parameters = #"ip="fe80::1%eth0" port="x" port="443" city="Oslo" as_org="Example""#
        let json = try StrictJSON(document("<30>1 - - - - - [headscale@32473 \(parameters)]\(identity) x"))
        #expect(json["source"] == nil)
        #expect(
            try json["headscale"]
                == StrictJSON(#"{"ip":"fe80::1%eth0","port":"x","city":"Oslo","as_org":"Example"}"#))
    }

    @Test(arguments: [
        ("hscontrol/poll.go:89", "hscontrol/poll.go", 89), ("a:b.go:7", "a:b.go", 7), ("poll.go", "poll.go", nil),
        ("poll.go:", "poll.go:", nil), ("poll.go:x", "poll.go:x", nil),
    ])
    func placeInTheSource(_ caller: String, _ file: String, _ line: Int?) throws {
        let json = try StrictJSON(document(#"<30>1 - - - - - [headscale@32473 caller="\#(caller)"]\#(identity) x"#))
        #expect(json["log.origin.file.name"]?.text == file)
        #expect(json["log.origin.file.line"]?.number == line)
    }

    @Test(arguments: [
        (
            #"country="DE" city="K\"\]ln" asn="64500" as_org="Example""#,
            #""geo":{"country_iso_code":"DE","city_name":"K\"]ln"},"as":{"number":64500,"organization":{"name":"Example"}}"#
        ),
        (#"country="DE""#, #""geo":{"country_iso_code":"DE"}"#), (#"city="Oslo""#, #""geo":{"city_name":"Oslo"}"#),
        (#"asn="4294967295""#, #""as":{"number":4294967295}"#), (#"as_org="Example""#, ""), (#"asn="x""#, ""),
        (#"asn="4294967296""#, ""),
    ])
    func placeOfAnAddress(_ parameters: String, _ members: String) throws {
        let line = #"<30>1 - - - - - [headscale@32473 ip="203.0.113.5" \#(parameters)]\#(identity) x"#
        let expected = try StrictJSON(#"{"ip":"203.0.113.5"\#(members.isEmpty ? "" : ",")\#(members)}"#)
        #expect(try StrictJSON(document(line))["source"] == expected)
        let without = line.replacing(#"ip="203.0.113.5" "#, with: "")
        #expect(try StrictJSON(document(without))["source"] == nil)
    }

    /// What is no number, no address and no word of the schema would be refused, or be lost to a search.
    @Test(arguments: [
        (#"ip="203.0.113.999""#, "source"), (#"ip="fe80::1%eth0""#, "source"), (#"ip="""#, "source"),
        (#"status="-1""#, "http"), (#"status="04""#, "http"), (#"status="1000""#, "http"), (#"bytes="1e3""#, "http"),
        (#"elapsed="fast""#, "event.duration"), (#"elapsed=".5""#, "event.duration"),
        (#"elapsed="1.2.3""#, "event.duration"),
        (#"outcome="odd""#, "event.outcome"), (#"category="odd""#, "event.category"),
        (#"port="65536" ip="::1""#, "source.port"),
    ])
    func unusableValue(_ parameter: String, _ path: String) throws {
        let json = try StrictJSON(document("<30>1 - - - - - [headscale@32473 \(parameter)]\(identity) x"))
        #expect(json[path] == nil)
    }

    @Test(arguments: [
        #"method="GET""#, #"status="200""#, #"bytes="3""#, #"status="200" bytes="3""#, #"method="GET" bytes="3""#,
    ])
    func anyPartOfARequest(_ parameters: String) throws {
        #expect(try StrictJSON(document("<30>1 - - - - - [headscale@1 \(parameters)]\(identity) x"))["http"] != nil)
    }

    @Test func timeOfARecordWithoutOne() throws {
        let received = #"[received@32473 time="2026-11-23T06:15:00.000Z" host="received"]"#
        #expect(
            try StrictJSON(document("<13>1 - h - - - \(received)\(identity) x"))["@timestamp"]?.text
                == "2026-11-23T06:15:00.000Z")
        let sender = #"[received@32473 sender_node="we\]b" sender_node_id="7"]"#
        let json = try StrictJSON(document("<13>1 2026-11-23T06:15:00Z h - - - \(sender)\(identity) x"))
        #expect(json["waxwing.sender_node"]?.text == "we]b" && json["waxwing.sender_node_id"]?.text == "7")
        let guessed = #"[received@32473 time="guessed-year"]"#
        #expect(
            try StrictJSON(document("<13>1 2026-01-01T00:00:00Z h - - - \(guessed)\(identity) x"))["@timestamp"]?.text
                == "2026-01-01T00:00:00Z")
        #expect(try StrictJSON(document("<13>1 - h - - - \(identity) x"))["@timestamp"]?.text?.prefix(4) == "1970")
    }

    @Test func whatWasRedacted() throws {
        let element = #"[redacted@32473 rule="bearer" n="2" rule="url-password" n="1"]"#
        let json = try StrictJSON(document("<13>1 - h - - - \(element)\(identity) x"))
        #expect(json["waxwing.redacted.rules"] == .array([.text("bearer"), .text("url-password")]))
        #expect(json["waxwing.redacted.count"]?.number == 3)
        #expect(json["log.syslog.structured_data"] == nil)
    }

    @Test func sealIsMarked() throws {
        let seal = #"[waxwing-seal@32473 v="1"][waxwing-sig@32473 root="x"]"#
        let json = try StrictJSON(document("<110>1 2026-11-23T06:15:00Z r waxwing 1 SEAL \(identity)\(seal) sealed"))
        #expect(json["event.action"]?.text == "seal")
        #expect(json["log.syslog.structured_data"] == nil)
    }

    @Test func whatLooksLikeASealIsNone() throws {
        let json = try StrictJSON(document(#"<13>1 - h - - - [waxwing-sx a="b"]\#(identity) x"#))
        #expect(json["event.action"] == nil)
    }

    /// An object with a name twice is refused by Elasticsearch, and one with thousands of names costs it dearly.
    @Test func hostileElements() throws {
        let twice = #"[a@1 x="1" y="2" x="3"][a@1 z="4"][b x="5"]"#
        let json = try StrictJSON(document("<13>1 - h - - - \(twice)\(identity) x"))
        guard case .object(let elements) = json["log.syslog.structured_data"] else {
            Issue.record("no elements")
            return
        }
        #expect(elements == ["a@1": .object(["x": .text("1"), "y": .text("2")]), "b": .object(["x": .text("5")])])

        let many = (0..<100).map { element in
            "[e\(element)\((0..<100).map { #" p\#($0)="v""# }.joined())]"
        }.joined()
        guard
            case .object(let bounded) = try StrictJSON(document("<13>1 - h - - - \(many)\(identity) x"))[
                "log.syslog.structured_data"], case .object(let first) = bounded["e0"]
        else {
            Issue.record("no elements")
            return
        }
        #expect(bounded.count == StructuredDataObject.elementLimit)
        #expect(first.count == StructuredDataObject.parameterLimit)
    }

    /// Whatever a sender sends, its document is JSON and holds the line as it is.
    @Test func anyLineComesBack() throws {
        var random = SplitMix(state: 20_261_127)
        let encoder = CanonicalEncoder()
        for _ in 0..<3000 {
            let line = Self.canonical(Self.input(&random), encoder, isTrusted: random.next() % 2 == 0)
            let text = String(decoding: line, as: UTF8.self)
            let json = try StrictJSON(document(text))
            #expect(json["event.original"]?.text.map { Array($0.utf8) } == line)
            #expect(json["@timestamp"]?.text?.isEmpty == false)
        }
    }

    private static func input(_ random: inout SplitMix) -> [UInt8] {
        let pieces = [
            "<34>1 ", "2026-11-23T06:15:00Z ", "- ", "host ", "app ", "7 ", "ID ", "[a@1 b=\"c\"]", "[headscale@32473 ",
            "ip=\"::1\"", "\"", "\\", "]", "\t", "\u{7F}", "é", "🜲", "\u{2028}", " x=\"\\\"\\]\"", "\u{FEFF}", "text",
        ]
        var bytes: [UInt8] = []
        for _ in 0..<random.next() % 16 {
            let choice = random.next()
            bytes +=
                choice % 8 == 0
                ? [UInt8(truncatingIfNeeded: choice >> 8)]
                : Array(pieces[Int(choice >> 8) % pieces.count].utf8)
        }
        return bytes
    }

    private static func canonical(_ input: [UInt8], _ encoder: CanonicalEncoder, isTrusted: Bool) -> [UInt8] {
        var line = [UInt8](repeating: 0, count: CanonicalEncoder.lineLimitMax)
        let bytes = unsafe input.span.bytes
        let now = Timestamp(seconds: 1_795_000_000)
        let message = Message.parse(bytes, at: now)
        let (split, count) = unsafe line.withUnsafeMutableBytes { memory in
            var writer = unsafe ByteWriter(unsafeOver: memory.baseAddress.unsafelyUnwrapped, capacity: memory.count)
            let record = encoder.encode(
                message, from: bytes, source: Source(trustedRelay: isTrusted, receivedAt: now), originalLength: 0,
                into: &writer)
            return (record.split, writer.count)
        }
        return Array(line[..<split]) + Array(identity.utf8) + Array(line[split..<count])
    }

    /// What ECS says of an event: its own words where its category says less.
    @Test(arguments: [
        ("node.connected", "session", "session network", "start"),
        ("node.disconnected", "session", "session network", "end"),
        ("node.detail", "session", "session network", "info"), ("node.deleted", "session", "iam host", "deletion"),
        ("user.created", "administration", "iam", "user creation"),
        ("api.user.delete", "administration", "iam", "user deletion"),
        ("key.expired", "administration", "iam", "admin change"),
        ("api.write", "administration", "iam", "admin change"),
        ("node.address.changed", "administration", "iam host", "change"),
        ("api.denied", "authorization", "api iam", "denied"),
        ("oidc.denied", "authentication", "authentication", "start"),
        ("headscale.error", "policy", "host", "error"), ("database.failure", "database", "database", "error"),
        ("headscale.listening", "configuration", "host", "info"),
        ("certificate.expiring", "configuration", "configuration", "info"),
        ("headscale.crashed", "internal", "host", "end error"), ("node.something.changed", "dns", "network", "info"),
    ])
    func categoriesAndTypes(event: String, category: String, categories: String, types: String) throws {
        let element = "[headscale@32473 event=\"\(event)\" category=\"\(category)\"]"
        let json = try StrictJSON(document("<30>1 2026-11-23T06:15:00Z hs1 headscale 7 - \(element)\(identity) x"))
        #expect(json["event.category"] == .array(categories.split(separator: " ").map { .text(String($0)) }))
        #expect(json["event.type"] == .array(types.split(separator: " ").map { .text(String($0)) }))
    }

    /// Whom something was done to is not who did it.
    @Test(arguments: [
        (#"event="user.created" user="bob" user_id="7""#, true),
        (#"event="node.moved" user="bob" user_id="7" actor="unknown""#, true),
        (#"event="node.connected" user="bob" user_id="7""#, false),
        (#"event="node.tagged" user="bob" user_id="7""#, true), (#"event="key.expired" user="bob" user_id="7""#, true),
        (#"event="route.approved" user="bob" user_id="7""#, true),
        (#"event="node.registered" user="bob" user_id="7""#, false),
        (#"event="node.reauthenticated" user="bob" user_id="7""#, false),
    ])
    func usersThatAreTargets(parameters: String, isTarget: Bool) throws {
        let json = try StrictJSON(
            document("<30>1 2026-11-23T06:15:00Z hs1 headscale 7 - [headscale@32473 \(parameters)]\(identity) x"))
        let (one, other) = isTarget ? ("user.target", "user") : ("user", "user.target")
        #expect(json["\(one).name"]?.text == "bob" && json["\(one).id"]?.text == "7")
        #expect(json["\(other).name"] == nil && json["\(other).id"] == nil)
    }
}
