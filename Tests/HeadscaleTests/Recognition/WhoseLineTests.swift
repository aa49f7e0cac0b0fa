import Testing

@testable import Headscale

/// Whose a line is, by its tag, what stands around it and what came before.
@Suite struct WhoseLineTests {
    private static let refusal = #"2026-07-22T06:18:30Z ERR user msg: unauthorised domain error="x y" code=401"#

    private func frame(_ tag: String, _ text: String, process: Int = 1) -> String {
        "<30>1 2026-07-22T06:18:30Z vpn1 \(tag) \(process) - - \(text)"
    }

    // MARK: - Around a line

    /// rsyslog's `%msg%`, container runtimes, docker compose, and several of them.
    @Test(arguments: [
        " ", "   ", "2026-07-22T06:18:30.123456789Z stderr F ", "2026-07-22T06:18:30.1Z ", "headscale-1  | ", "hs  | ",
        " 2026-07-22T06:18:30.123+02:00 stdout P ", "headscale-1  | 2026-07-22T06:18:30.123Z ",
        "#033[36mheadscale-1  | #033[0m", "headscale.1.m5snv7itppzp@web1.example.net    | ",
        "[pod/headscale-0/headscale] ", "^[[90m", #"\x1B[90m"#, #"\u001b[1;31m"#,
    ]) func wrappings(_ around: String) {
        for tag in ["headscale", "a1b2c3d4e5f6", "vpn", "-"] {
            // Whether a name stands in front is not looked for in what anybody writes.
            if tag == "vpn", around.contains("| ") || around.contains("[pod") { continue }
            var recognise = Recognising()
            let told = recognise(frame(tag, around + Self.refusal))
            #expect(told?["event"] == "oidc.denied" && told?["level"] == "error", "\(tag)")
            #expect(told?["error"] == "x y" && told?["code"] == "401", "\(tag)")
            let json = recognise(
                frame(tag, around + #"{"level":"info","node.id":7,"time":1,"message":"node connected"}"#))
            #expect(json?["event"] == "node.connected" && json?["node_id"] == "7", "\(tag)")
        }
    }

    /// What is not zerolog's keeps its shape behind blanks and names.
    @Test(arguments: [
        (" 2026/07/22 06:18:30 http: TLS handshake error from 192.0.2.1:4711: EOF", "http.tls.failure", "stdlib"),
        ("headscale-1  | panic: out of cheese", "headscale.crashed", "go-panic"),
        ("headscale-1  | Error: listening: address already in use", "headscale.start.failure", "plain"),
        ("2026/07/22 06:18:30 ERROR: Failed to extract ServerMetadata from context", "grpc.failure", "grpclog"),
        ("2026/07/22 06:18:30 WARNING: [core] grpc: addrConn.createTransport failed", "headscale.message", "grpclog"),
        ("#033[31mError: something#033[0m", "headscale.start.failure", "plain"),
        ("2026-07-22T06:18:30Z INFO another library", "headscale.message", "plain"),
        (#"{"nodes":[]}"#, "headscale.message", "plain"), ("ID | Hostname | Name", "headscale.message", "plain"),
    ]) func otherShapes(_ line: String, _ event: String, _ format: String) {
        var recognise = Recognising()
        let told = recognise.headscale(line)
        #expect(told["event"] == event && told["format"] == format)
    }

    /// Wrapped again and again, nobody's line costs more than a few rounds.
    @Test func manyLayers() {
        var recognise = Recognising()
        let names = String(repeating: "headscale-1 | ", count: 4000)
        #expect(recognise.headscale(names + Self.refusal)["format"] == "plain")
        let colours = String(repeating: "#033[1mheadscale-1 | ", count: 2000)
        #expect(recognise(frame("app", colours + Self.refusal)) == nil)
    }

    // MARK: - What came before

    /// A container is Headscale's once it wrote what nobody else writes.
    @Test func containers() {
        var recognise = Recognising()
        let later = [
            "2026-07-22T06:18:31Z ERR some error of a new version node=4", "Error: address in use",
            "panic: runtime error: invalid memory address", "goroutine 1 [running]:",
            "github.com/juanfont/headscale/hscontrol.(*Headscale).Serve(0xc0001)",
        ]
        for line in later { #expect(recognise(frame("a1b2c3d4e5f6", line)) == nil, "\(line)") }
        #expect(recognise(frame("a1b2c3d4e5f6", Self.refusal)) != nil)
        let told = later.map { recognise(frame("a1b2c3d4e5f6", $0)) }
        let crash = "headscale.crashed"
        #expect(told.map { $0?["event"] } == ["headscale.error", "headscale.start.failure", crash, crash, crash])
        for line in later { #expect(recognise(frame("a1b2c3d4e5f7", line)) == nil, "another container: \(line)") }
    }

    /// Under another tag there may be several programs: only what looks like Headscale's is believed.
    @Test func otherTags() {
        var recognise = Recognising()
        let created = #"{"level":"info","time":1784700370,"message":"user created"}"#
        #expect(recognise(frame("vpn", created)) == nil)
        #expect(recognise(frame("vpn", Self.refusal)) != nil)
        #expect(recognise(frame("vpn", created))?["event"] == "user.created")
        #expect(recognise(frame("vpn", created, process: 2)) == nil)
        #expect(recognise(frame("vpn", "an ordinary line")) == nil)
        #expect(recognise(frame("vpn", #"{"level":"info","ts":1.5,"msg":"handled request"}"#)) == nil)
    }

    /// The message of a record whose first line has none, also in a file.
    @Test func messagesThatWereAwaited() {
        for tag in ["headscale", "-"] {
            var recognise = Recognising()
            #expect(recognise(frame(tag, "2026-07-22T06:18:30Z WRN "))?["level"] == "warn")
            let told = recognise(frame(tag, "WARN: The \"oidc.expiry\" configuration key is deprecated."))
            #expect(told?["event"] == "config.warning" && told?["part"] == "2" && told?["level"] == "warn", "\(tag)")
        }
        var recognise = Recognising()
        #expect(recognise("WARN: The \"oidc.expiry\" configuration key is deprecated.") == nil)
    }

    /// gin's columns are those of a request.
    @Test func ginsColumns() {
        let line = #"[GIN] 2021/10/07 - 02:54:07 | 404 |    1.115037ms |   192.0.2.4 | POST     "/machine/map""#
        for tag in ["headscale", "-", "a1b2c3d4e5f6"] {
            var recognise = Recognising()
            let told = recognise(frame(tag, line))
            #expect(told?["event"] == "http.map" && told?["outcome"] == "failure" && told?["status"] == "404")
            #expect(told?["ip"] == "192.0.2.4" && told?["method"] == "POST" && told?["path"] == "/machine/map")
            #expect(told?["format"] == "gin")
        }
        var recognise = Recognising()
        #expect(recognise(line.replacing("/machine/map", with: "/cart")) == nil)
        for cut in 1..<line.utf8.count {
            let told = recognise.headscale(String(line.prefix(cut)))
            #expect(told["event"] != nil, "\(cut)")
        }
    }

    // MARK: - Common messages

    /// What others say, too, is Headscale's with a field that nobody else has.
    @Test(arguments: [
        #"{"level":"info","client_address":"203.0.113.5:1","time":1784700370,"message":"invalid token"}"#,
        #"{"level":"info","user.name":"bob","time":1784700370,"message":"user created"}"#,
        #"2026-07-22T06:18:31Z INF Opening database database=sqlite3 path=/var/lib/headscale/db.sqlite"#,
        #"2026-07-22T06:18:31Z INF node connected node.id=4"#,
        #"2026-07-22T06:18:31Z ERR cmd/headscale/cli/root.go:55 > Error initializing error=x"#,
        #"2026-07-22T06:18:31Z INF http request bytes=1 elapsed=1 method=GET path=/ proto=HTTP/2.0 remote=192.0.2.1:1 status=200"#,
    ]) func commonMessagesWithFieldsOfHeadscale(_ line: String) {
        for tag in ["app", "a1b2c3d4e5f6", "-"] {
            var recognise = Recognising()
            #expect(recognise(frame(tag, line)) != nil, "\(tag)")
        }
    }

    @Test(arguments: [
        #"{"level":"error","error":"jwt expired","time":"2026-07-22T06:18:30Z","message":"failed to validate token"}"#,
        #"{"level":"error","error":"x","time":1784700370,"message":"auth: middleware: failed to validate token"}"#,
        #"{"level":"info","time":1784700370,"message":"user created"}"#,
        #"{"level":"info","node_id":4,"time":1784700370,"message":"node connected"}"#,
        #"{"level":"error","error":"x","time":1784700370,"message":"failed to register node"}"#,
        #"{"level":"error","code":500,"time":1784700370,"message":"http internal server error"}"#,
        #"{"level":"info","time":1784700370,"message":"Successfully logged out"}"#,
        #"{"level":"error","time":1784700370,"message":"user msg: hello"}"#,
        #"{"level":"info","message":"client connected","machine_key":"abc","node":"x","time":1784700370}"#,
        #"{"level":"info","method":"GET","path":"/","remote":"1.2.3.4:5","status":401,"bytes":4,"elapsed":1.2,"time":1784700370,"message":"handled"}"#,
        "2026-07-22T06:18:30Z INF shutting down", "2026-07-22T06:18:30Z ERR write failed error=EPIPE",
    ]) func commonMessagesOfOthers(_ line: String) {
        for tag in ["app", "a1b2c3d4e5f6"] {
            var recognise = Recognising()
            #expect(recognise(frame(tag, line)) == nil, "\(tag)")
        }
    }

    /// Lines of a file, which have no tag.
    @Test(arguments: [
        #"{"level":"info","time":"2026-07-22T06:18:30Z","message":"some line of another program"}"#,
        #"{"timestamp":"2026-07-22T06:18:30Z","level":"info","message":"winston","service":"user-service"}"#,
        #"{"message":"anything","pid":4}"#, #"{"message":"user created","level":"info"}"#,
        #"{"level":"error","error":"oops","timestamp":"x","event":"y"}"#,
        "traefik-1  | 2026-07-22T06:18:30Z INF started",
        #"caddy-1  | {"level":"info","time":1784700370,"message":"user created"}"#,
    ]) func untaggedLinesOfOthers(_ line: String) {
        var recognise = Recognising()
        #expect(recognise(line) == nil)
    }

    /// What stands beside Headscale has its name, too.
    @Test(arguments: ["headscale-caddy-1", "headscale_postgres", "headscale-ui", "headscale_exporter", "db.headscale"])
    func companions(_ tag: String) {
        for line in [
            "an ordinary line", "panic: x", "2026-07-22T06:18:30Z INF started", #"{"level":"info","msg":"x"}"#,
        ] {
            var recognise = Recognising()
            #expect(recognise(frame(tag, line)) == nil)
            #expect(recognise("\(tag) | \(line)") == nil)
            #expect(recognise(frame("headscale-\(tag.contains("headscale") ? "server" : "x")", line))?.isEmpty != true)
        }
        var recognise = Recognising()
        #expect(recognise(frame("docker/headscale-1", "an ordinary line"))?["event"] == "headscale.message")
        #expect(recognise(frame("headscale-1", #"{"level":"info","ts":1.5,"msg":"handled request"}"#)) == nil)
    }

    /// What it says of newer versions ends with a line feed, which is lost on most ways.
    @Test(arguments: ["", #"\n"#]) func updateNotice(_ end: String) {
        var recognise = Recognising()
        let text =
            "An updated version of Headscale has been found (0.29.2 vs. your current v0.29.1). "
            + "Check it out https://github.com/juanfont/headscale/releases"
        _ = recognise.headscale("2026-07-22T06:18:30Z WRN \(text)\(end == "" ? "" : "#012")")
        _ = recognise.headscale(#"{"level":"warn","time":1784700370,"message":"\#(text)\#(end)"}"#)
        #expect(recognise.statistics.records == 2 && recognise.statistics.unmatched == 0)
    }
}
