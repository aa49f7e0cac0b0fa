import Testing

@testable import Headscale

/// Records that belong together.
@Suite struct JoinTests {
    private func connected(_ message: String, node: Int = 7, at second: Int = 10) -> String {
        "2026-07-22T06:18:\(second)Z INF \(message) node.id=\(node)"
    }

    @Test func secondLineForOneFact() {
        var recognise = Recognising()
        #expect(recognise.headscale(connected("node connected"))["duplicate"] == nil)
        #expect(recognise.headscale(connected("node has connected", node: 8))["duplicate"] == nil)
        #expect(recognise.headscale(connected("node has connected", at: 11))["duplicate"] == "true")
        // Once is enough: the next ones are facts of their own.
        #expect(recognise.headscale(connected("node has connected", at: 11))["duplicate"] == nil)
        #expect(recognise.headscale(connected("node connected", at: 30))["duplicate"] == nil)
        #expect(recognise.headscale(connected("node disconnected", at: 31))["duplicate"] == nil)
        #expect(recognise.headscale(connected("node has disconnected", at: 31))["duplicate"] == "true")
    }

    private static let refusal =
        "2026-07-22T06:31:27Z ERR user msg: unauthorised domain error=\"not \\\"ours\\\"\" code=401"

    private func request(_ status: Int, at second: Int = 27) -> String {
        "2026-07-22T06:31:\(second)Z INF http request method=GET path=/oidc/callback remote=192.0.2.4:1 status=\(status)"
    }

    @Test func refusalIsJoinedWithItsRequest() {
        var recognise = Recognising()
        #expect(recognise.headscale(Self.refusal)["event"] == "oidc.denied")
        #expect(recognise.headscale(request(200))["reason"] == nil)
        let told = recognise.headscale(request(401))
        #expect(told["reason"] == "oidc.denied" && told["error"] == #"not "ours""# && told["ip"] == "192.0.2.4")
        #expect(recognise.headscale(request(401))["reason"] == nil)
    }

    @Test func lateAndForeignRequestsAreNotJoined() {
        var recognise = Recognising()
        _ = recognise.headscale(Self.refusal)
        #expect(recognise("<30>1 2026-07-21T11:02:13Z vpn2 headscale 2207 - - " + request(401))?["reason"] == nil)
        #expect(recognise.headscale(request(401, at: 40))["reason"] == nil)
    }

    /// Several at once find their own requests, and a stranger's request finds none.
    @Test func refusalsFindTheirOwnRequests() {
        var recognise = Recognising()
        func request(_ path: String, _ status: Int) -> String? {
            recognise.headscale(
                "2026-07-22T06:31:27Z INF http request method=POST path=\(path) remote=192.0.2.4:1 status=\(status)")[
                    "reason"]
        }
        for line in [
            Self.refusal, Self.refusal.replacing("unauthorised domain", with: "unauthorised user"),
            "2026-07-22T06:31:27Z ERR user msg: node not found code=404",
            "2026-07-22T06:31:27Z ERR user msg: machine key does not match dst node code=401",
        ] { _ = recognise.headscale(line) }
        #expect(request("/api/v1/user", 401) == nil)
        #expect(request("/wp-login.php", 404) == nil)
        #expect(request("/machine/map", 404) == "node.unknown")
        #expect(request("/machine/ssh/action/from/1/to/2", 401) == "ssh.check.denied")
        #expect(request("/oidc/callback", 401) == "oidc.denied")
        #expect(request("/oidc/callback", 401) == "oidc.denied")
        #expect(request("/oidc/callback", 401) == nil)
    }

    @Test func linesOfACrash() {
        var recognise = Recognising()
        let lines = [
            "panic: runtime error: index out of range [3] with length 3", "goroutine 1 [running]:",
            "main.main()", "exit status 2",
        ]
        let told = lines.map { recognise.headscale($0) }
        #expect(told.allSatisfy { $0["event"] == "headscale.crashed" && $0["outcome"] == "failure" })
        #expect(told.map { $0["part"] } == [nil, "2", "3", "4"])
        #expect(told.map { $0["format"] } == ["go-panic", "go-panic", "plain", "plain"])
        #expect(recognise.statistics.continuations == 3 && recognise.statistics.unmatched == 0)
    }

    /// A line without a start of its own belongs to the record before it of the same process, and to no other.
    @Test func linesOfOneProcess() {
        var recognise = Recognising()
        func line(_ process: Int, _ text: String) -> String {
            "<30>1 2026-07-21T11:02:13Z vpn1 headscale \(process) - - \(text)"
        }
        _ = recognise(line(1, "2026-07-22T06:56:44Z WRN "))
        let told = recognise(line(1, "WARN: the configuration key is deprecated"))
        #expect(told?["part"] == "2" && told?["level"] == "warn")
        let other = recognise(line(2, "WARN: the configuration key is deprecated"))
        #expect(other?["part"] == nil && recognise.statistics.continuations == 1)
    }

    /// Lines of which none is known to begin a record are records of their own.
    @Test func plainLines() {
        var recognise = Recognising()
        for text in ["some text", "and some more"] { #expect(recognise.headscale(text)["part"] == nil) }
        #expect(recognise.statistics.unmatched == 2)
    }

    @Test func dumpOfTheConfiguration() {
        var recognise = Recognising()
        #expect(recognise("  ClientSecret: (string) (len=40) \"x\",")?["event"] == "config.dumped")
        #expect(recognise.headscale(" Pass: (string) (len=2) \"x\",")["format"] == "spew")
    }
}
