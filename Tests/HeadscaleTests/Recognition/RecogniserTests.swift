import Syslog
import Testing

@testable import Headscale

/// Lines in, elements out.
@Suite struct RecogniserTests {
    @Test func jsonOfTheAccessLog() {
        var recognise = Recognising()
        let told = recognise.headscale(
            #"{"level":"info","method":"DELETE","path":"/api/v1/apikey/3f9a0c1d7e2b","proto":"HTTP/1.1","#
                + #""remote":"[2001:db8::7]:33024","status":401,"bytes":3,"elapsed":2.1,"time":1784700851,"#
                + #""message":"http request"}"#)
        #expect(
            told == [
                "event": "api.auth.failure", "outcome": "failure", "category": "authentication", "service": "auth",
                "level": "info", "format": "json", "time": "2026-07-22T06:14:11Z", "ip": "2001:db8::7",
                "port": "33024", "method": "DELETE", "path": "/api/v1/apikey/3f9a0c1d7e2b", "status": "401",
                "bytes": "3", "elapsed": "2.1",
            ])
    }

    @Test func consoleText() {
        var recognise = Recognising()
        let told = recognise.headscale(
            "2026-07-22T06:18:30+02:00 INF ../../home/runner/hscontrol/poll.go:251 > node connected "
                + #"machine.key=[H6hTc] node.id=42 node.name="build runner \"3\"" node.tags=["tag:ci","tag:a b"] "#
                + "user.name=alice@example.com")
        #expect(
            told == [
                "event": "node.connected", "outcome": "success", "category": "session", "service": "node",
                "level": "info", "format": "text", "time": "2026-07-22T06:18:30+02:00", "node_id": "42",
                "node": #"build runner "3""#, "tags": #"["tag:ci","tag:a b"]"#, "user": "alice@example.com",
                "machine_key": "H6hTc", "caller": "hscontrol/poll.go:251",
            ])
    }

    /// The same line as terminals, rsyslog and journald's readers have it.
    @Test(arguments: ["\u{1B}[", "#033[", #"\^[["#]) func colours(_ escape: String) {
        var recognise = Recognising()
        func colour(_ code: Int, _ text: String) -> String { "\(escape)\(code)m\(text)\(escape)0m" }
        let told = recognise.headscale(
            "\(colour(90, "2026-07-22T06:18:30Z")) \(colour(31, "ERR")) \(colour(1, "user msg: unauthorised domain")) "
                + "\(colour(36, "error="))\(colour(31, #""not allowed""#)) \(colour(36, "code="))401")
        #expect(told["event"] == "oidc.denied" && told["level"] == "error")
        #expect(told["error"] == "not allowed" && told["code"] == "401")
    }

    @Test(arguments: [
        "<30>Jul 21 11:02:13 vpn1 headscale[2207]: ", "<30>1 2026-07-21T11:02:13Z vpn1 a1b2c3d4e5f6 912 - - ",
        "<27>1 2026-07-21T11:02:13Z vpn1 anything 912 headscale - ", "", "headscale-1  | ",
        "<30>1 2026-07-21T11:02:13Z vpn1 headscale-start 9 - - \u{FEFF}",
    ]) func anyTag(_ header: String) {
        var recognise = Recognising()
        let told = recognise(header + "2026-07-22T06:01:51Z INF starting headscale commit=f20f1f version=v0.30.0")
        #expect(told?["event"] == "headscale.started" && told?["version"] == "v0.30.0")
        let json = recognise(header + #"{"level":"info","version":"v0.30.0","time":1,"message":"Starting Headscale"}"#)
        #expect(json?["event"] == "headscale.started")
    }

    /// A line of any shape as docker's `json-file` driver keeps it.
    @Test(arguments: [
        (#"2026-07-22T06:18:30Z INF node connected node.id=42 node.name=\"a b\"\n"#, "text"),
        (
            #"\u001b[90m2026-07-22T06:18:30Z\u001b[0m \u001b[32mINF\u001b[0m node connected \u001b[36mnode.id=\u001b[0m42 node.name=\"a b\""#,
            "text"
        ),
        (
            #"{\"level\":\"info\",\"node.id\":42,\"node.name\":\"a b\",\"time\":1784701110,\"message\":\"node connected\"}\n"#,
            "json"
        ),
    ]) func linesThatDockerKeeps(_ line: String, _ format: String) {
        for header in ["", "<30>1 2026-07-21T11:02:13Z vpn1 docker 1 - - "] {
            var recognise = Recognising()
            let told = recognise(header + #"{"log":"\#(line)","stream":"stderr","time":"2026-07-22T06:18:30.1Z"}"#)
            #expect(told?["event"] == "node.connected" && told?["node"] == "a b" && told?["node_id"] == "42")
            #expect(told?["format"] == format && told?["time"] == "2026-07-22T06:18:30Z" && told?["level"] == "info")
            for opening in [#""stream":"stderr","#, #""time":"2026-07-22T06:18:30.1Z","stream":"stderr","_p":"F","#] {
                let agents = recognise(header + "{\(opening)" + #""log":"\#(line)","kubernetes":{"pod":"x"}}"#)
                #expect(agents?["event"] == "node.connected" && agents?["node"] == "a b" && agents?["format"] == format)
            }
        }
        var recognise = Recognising()
        let crash = recognise(#"<30>1 2026-07-21T11:02:13Z vpn1 headscale 1 - - {"log":"panic: out of cheese\n"}"#)
        #expect(crash?["event"] == "headscale.crashed")
        #expect(recognise(#"<30>1 2026-07-21T11:02:13Z vpn1 docker 1 - - {"log":"panic: out of cheese\n"}"#) == nil)
    }

    /// Blank lines say nothing, and do not come between a crash and its stack.
    @Test func blankLinesThatDockerKeeps() {
        for header in ["", "<30>1 2026-07-21T11:02:13Z vpn1 a1b2c3d4e5f6 1 - - ", "<30>1 - vpn1 headscale 1 - - "] {
            var recognise = Recognising()
            #expect(recognise(header + #"{"log":"\n","stream":"stderr"}"#) == nil)
        }
        var recognise = Recognising()
        let header = "<30>1 - vpn1 headscale 1 - - "
        #expect(recognise(header + #"{"log":"panic: out of cheese\n"}"#)?["event"] == "headscale.crashed")
        #expect(recognise(header + #"{"log":"\n"}"#) == nil)
        let stack = recognise(header + #"{"log":"goroutine 1 [running]:\n"}"#)
        #expect(stack?["event"] == "headscale.crashed" && stack?["part"] == "2")
    }

    /// What does not fit into a line when it is unwrapped is left alone: half a character would be no text.
    @Test func wrappedLinesThatGrow() {
        var recognise = Recognising()
        let message = String(repeating: #"\b"#, count: 16_380)
        let user = String(repeating: "x", count: 40) + #"\u00e9"#
        let inner = #"{\"level\":\"info\",\"message\":\"\#(message)\",\"user\":\"\#(user)\"}"#
        _ = recognise(#"{"log":"\#(inner)","stream":"stderr"}"#)
    }

    /// Times that are none, of records that are joined by their times.
    @Test(arguments: ["9999999999999999999", "9223372036854775807", #""0000-01-01T00:00:00Z""#, "-1", "1e30"])
    func hostileTimes(_ time: String) {
        var recognise = Recognising()
        for other in [time, "1", #""0000-01-01T00:00:00Z""#, "9223372036854775807"] {
            for body in [
                #""code":404,"error":"x","time":TIME,"message":"user msg: not found""#,
                #""method":"GET","path":"/x","status":404,"time":TIME,"message":"http request""#,
                #""node.id":1,"time":TIME,"message":"node connected""#,
            ] {
                for time in [time, other] {
                    let told = recognise.headscale(#"{"level":"info","# + body.replacing("TIME", with: time) + "}")
                    #expect(told["level"] == "info")
                }
            }
        }
    }

    /// A backslash in front of a character of several octets is no escape, and does not cut it.
    @Test func backslashInFrontOfACharacter() {
        var recognise = Recognising()
        let told = recognise.headscale(#"{"level":"info","user":"\é\🜲","time":1,"message":"user created"}"#)
        #expect(told["user"] == #"\é\🜲"#)
    }

    /// A trusted relay's line may be longer than there is room for with an element: it stays as it is.
    @Test func headsWithoutRoom() {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let head = "<13>1 - h headscale p m [a b=\"\(String(repeating: "x", count: 65_360))\"]"
        let line = head + " " + String(repeating: "y", count: 40)
        let text = Array(line.utf8)
        let (split, count) = unsafe bytes.withUnsafeMutableBytes { memory in
            var out = unsafe ByteWriter(unsafeOver: memory.baseAddress.unsafelyUnwrapped, capacity: memory.count)
            let result = RecognisedLine.write(unsafe text.span.bytes, split: head.utf8.count, into: &out) {
                $0.append("[headscale@1]")
            }
            #expect(result.isWhole)
            return (result.split, out.count)
        }
        #expect(split == head.utf8.count && Array(bytes[..<count]) == text)
    }

    /// A record without a level, bare as a file has it.
    @Test func withoutALevel() {
        var recognise = Recognising()
        let told = recognise("2026-07-22T06:18:30Z ??? folding the policy space")
        #expect(told?["event"] == "headscale.message" && told?["category"] == "policy" && told?["level"] == nil)
    }

    /// Other programs, some of which log with the same library.
    @Test(arguments: [
        "<38>1 2026-07-21T11:02:13Z vpn1 sshd 912 - - Failed password for root from 192.0.2.1 port 22 ssh2",
        "<38>1 2026-07-21T11:02:13Z vpn1 sshd 912 - - panic: out of cheese",
        "<30>1 2026-07-21T11:02:13Z vpn1 traefik 1 - - 2026-07-21T11:02:13Z INF Starting provider aggregator a=1",
        #"<30>1 2026-07-21T11:02:13Z vpn1 a1b2c3d4e5f6 1 - - {"level":"info","time":"2026","message":"Router up"}"#,
        #"<30>1 2026-07-21T11:02:13Z vpn1 caddy 1 - - {"level":"info","ts":1784700851.2,"msg":"handled request"}"#,
        "<30>1 2026-07-21T11:02:13Z vpn1 caddy 1 - - 2026/07/21 11:02:13 http: TLS handshake error from 192.0.2.1:1: EOF",
        "<30>1 2026-07-21T11:02:13Z vpn1 app 1 - - Error: no such file", "an ordinary line",
        #"{"level":"info","ts":1784700851.2,"caller":"http/server.go:1","msg":"zap's"}"#,
        #"<30>1 2026-07-21T11:02:13Z vpn1 grafana 1 - - {"level":"info","method":"GET","path":"/","status":200,"message":"http request"}"#,
        "<30>1 2026-07-21T11:02:13Z vpn1 app 1 - -", "<30>1 2026-07-21T11:02:13Z vpn1 app 1 - - {",
    ]) func othersAreLeftAlone(_ frame: String) {
        var recognise = Recognising()
        #expect(recognise(frame) == nil)
        #expect(recognise.statistics == RecognitionStatistics())
    }

    /// Headscale's records and others in one batch keep their order, and no old line stays between them.
    @Test(arguments: [[false, true, false, true, true, false], [true], [false, false], [true, true, false]])
    func batchesOfBoth(_ kinds: [Bool]) {
        var recognise = Recognising()
        let lines = recognise.lines(
            kinds.enumerated().map { number, isHeadscale in
                let text = isHeadscale ? "2026-07-22T06:18:30Z INF node connected node.id=\(number)" : "\(number)"
                return "<30>1 2026-07-21T11:02:13Z vpn1 \(isHeadscale ? "headscale" : "cron") 1 - - \(text)"
            })
        #expect(lines.count == kinds.count)
        for (number, line) in lines.enumerated() {
            #expect(line.hasSuffix(kinds[number] ? "node.id=\(number)" : " \(number)"))
            #expect(line.contains("node_id=\"\(number)\"") == kinds[number])
        }
    }

    @Test func newMessagesAreCounted() {
        var recognise = Recognising()
        let told = recognise.headscale("2027-01-01T00:00:00Z ERR cannot fold the policy space error=cheese")
        #expect(told["event"] == "headscale.error" && told["category"] == "policy" && told["outcome"] == "failure")
        #expect(told["error"] == "cheese" && told["level"] == "error")
        _ = recognise.headscale(#"{"level":"debug","time":1798761600,"message":"folding"}"#)
        _ = recognise.headscale("2027-01-01T00:00:00Z INF node connected node.id=1")
        #expect(recognise.statistics.records == 3 && recognise.statistics.unmatched == 2)
    }

    /// What begins an element is kept for the next record that tells the same, and for no other.
    @Test func unknownMessagesOfOneCategoryKeepTheirServices() {
        var recognise = Recognising()
        for _ in 0..<2 {
            for (word, service) in [("oidc", "oidc"), ("authkey", "key"), ("login", "auth")] {
                let told = recognise.headscale(#"{"level":"info","time":1,"message":"folding \#(word) space"}"#)
                #expect(told["category"] == "authentication" && told["service"] == service, "\(word): \(told)")
            }
        }
    }

    @Test func oldNamesAreAliases() {
        var recognise = Recognising()
        let told = recognise.headscale(
            #"{"level":"info","machine":"laptop","user":"alice","machine_key":"mkey:"#
                + "1fa8537b" + String(repeating: "0", count: 56) + #"","time":1688124958,"message":"Node connected"}"#)
        #expect(told["node"] == "laptop" && told["user"] == "alice" && told["machine_key"] == "H6hTe")
    }

    /// Of the same name the last counts, of several names the one that says it best.
    @Test func namesThatOccurTwice() {
        var recognise = Recognising()
        let told = recognise.headscale(
            #"{"level":"info","node.id":1,"node.id":2,"node.name":"best","hostname":"other","time":1,"#
                + #""message":"node connected"}"#)
        #expect(told["node_id"] == "2" && told["node"] == "best")
    }

    // MARK: - Ids that must not be kept

    @Test(arguments: [
        #"{"level":"info","time":1,"message":"starting node registration using auth id: ID"}"#,
        #"{"level":"info","auth_id":"ID","time":1,"message":"SSH check pending, waiting for auth"}"#,
        #"{"level":"info","method":"GET","path":"/register/ID","status":200,"time":1,"message":"http request"}"#,
        #"{"level":"error","error":"no auth session found: ID","code":400,"time":1,"message":"user msg: Invalid auth_id"}"#,
        "2026-07-22T06:17:16Z INF starting node registration using auth id: ID",
    ]) func authIDsStayLinked(_ line: String) {
        var recognise = Recognising()
        let id = "hskey-authreq-9d4a15bff923dd2d265ff324"
        let told = recognise.headscale(line.replacing("ID", with: id))
        let other = recognise.headscale(line.replacing("ID", with: "hskey-authreq-9d4a15bff923dd2d265ff325"))
        #expect(told["auth"]?.wholeMatch(of: /anon:[0-9a-f]{8}:[a-z2-7]{26}/) != nil)
        #expect(told["auth"] != other["auth"])
        let again = recognise.headscale(#"{"level":"info","auth_id":"\#(id)","time":1,"message":"x"}"#)
        #expect(told["auth"] == again["auth"])
    }

    // MARK: - Hostile values

    /// Nothing that a client can choose ends a value or makes another element.
    @Test(arguments: [
        #""] [headscale@32473 event="node.connected""#, #"\"#, #"\\"]"#, "]", "a\nb\u{0}c", "\u{1F98A} é", "\u{202E}",
        #"x" event="forged"#, "=", "a=b c=d", String(repeating: "]", count: 5000),
    ]) func valuesCannotForge(_ value: String) {
        var recognise = Recognising()
        for line in [json(value), console(value)] {
            let told = recognise.headscale(line)
            #expect(told["event"] == "http.probe" && told["status"] == "404", "\(line)")
            let controlled = value.unicodeScalars.map { $0.value < 0x20 ? "#\(octal($0.value))" : String($0) }.joined()
            let path = "/" + controlled
            #expect(
                told["path"].map { path.hasPrefix($0) && $0.utf8.count > min(path.utf8.count, 1024) / 2 - 8 } == true)
        }
    }

    private func octal(_ value: UInt32) -> String {
        String(repeating: "0", count: 3 - String(value, radix: 8).count) + String(value, radix: 8)
    }

    private func json(_ value: String) -> String {
        #"{"level":"info","method":"GET","path":"/\#(escaped(value))","status":404,"time":1,"message":"http request"}"#
    }

    private func console(_ value: String) -> String {
        let text = "/" + value
        let isPlain = text.unicodeScalars.allSatisfy { (0x21...0x7E).contains($0.value) && $0 != "\"" && $0 != "\\" }
        return "2026-07-22T06:18:30Z INF http request method=GET path="
            + (isPlain ? text : "\"\(escaped(text))\"") + " status=404"
    }

    private func escaped(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"", "\\": "\\\(scalar)"
            case _ where scalar.value < 0x20:
                "\\u" + String(repeating: "0", count: 4 - String(scalar.value, radix: 16).count)
                    + String(scalar.value, radix: 16)
            default: String(scalar)
            }
        }.joined()
    }

    /// Lines that were cut tell what is left of them.
    @Test func cutLines() {
        var recognise = Recognising()
        let whole =
            #"{"level":"warn","node.id":7,"caller":"/x/hscontrol/poll.go:1","error":"a \"b\" c","time":17,"message":"node connected"}"#
        for length in 0..<whole.utf8.count {
            let told = recognise.headscale(String(decoding: whole.utf8.prefix(length), as: UTF8.self))
            if length > 30 { #expect(told["level"] == "warn" && told["node_id"] == "7", "\(length)") }
        }
    }
}
