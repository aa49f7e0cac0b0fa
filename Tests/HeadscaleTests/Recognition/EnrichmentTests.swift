import Testing

@testable import Headscale

/// What records gain from what is known of nodes.
@Suite struct EnrichmentTests {
    private static let nodes = [
        ContextNode(
            id: 42, givenName: "build-3", addresses: [IPAddress("100.64.0.42")!], user: "ci", tags: ["tag:ci"],
            registered: "authkey", expiry: "2027-01-01T00:00:00Z"),
        ContextNode(id: 7, givenName: #"odd"]"#, addresses: [IPAddress("100.64.0.7")!, IPAddress("fd7a::7")!]),
    ]

    private func recognising() -> Recognising {
        Recognising(context: ContextTable(Self.nodes))
    }

    @Test func nodeThatIsNamed() {
        var recognise = recognising()
        let told = recognise.headscale(#"{"level":"info","node.id":42,"time":1,"message":"node connected"}"#)
        #expect(told["node_name"] == "build-3" && told["node_user"] == "ci" && told["node_tags"] == "tag:ci")
        #expect(told["node_ip"] == "100.64.0.42" && told["node_registered"] == "authkey")
        #expect(told["node_expiry"] == "2027-01-01T00:00:00Z" && told["node_id"] == "42")
        #expect(recognise.headscale("2026-07-22T06:18:30Z INF node connected node.id=43")["node_name"] == nil)
    }

    @Test func nodeThatHasTheAddress() {
        var recognise = recognising()
        let told = recognise.headscale(
            "2026-07-22T06:18:30Z INF http request method=GET path=/ remote=[fd7a::7]:80 status=200")
        #expect(told["ip_node"] == #"odd"]"# && told["ip_node_id"] == "7" && told["ip"] == "fd7a::7")
        let other = recognise.headscale(
            "2026-07-22T06:18:30Z INF http request method=GET path=/ remote=100.64.0.9:80 status=200")
        #expect(other["ip_node"] == nil)
    }

    /// Requests that changed something, and what administrators did, may tell the watcher who it was.
    @Test func hints() {
        var recognise = Recognising()
        func request(_ method: String, _ path: String, _ status: Int) -> String {
            "<30>1 2026-07-21T11:02:13Z vpn1 headscale 1 - - 2026-07-22T06:18:30Z INF http request method=\(method) "
                + "path=\(path) remote=192.0.2.1:1 status=\(status)"
        }
        let frames = [
            request("POST", "/api/v1/user", 200), request("POST", "/api/v1/user", 401),
            request("GET", "/api/v1/user", 200), request("POST", "/machine/map", 200),
            "<86>1 2026-07-21T11:02:13Z vpn1 sudo 1 - - alice : TTY=pts/0 ; COMMAND=/bin/ls",
            "<86>1 2026-07-21T11:02:13Z vpn1 sshd-session 1 - - Accepted publickey for alice from 192.0.2.1 port 1 ssh2",
            "<86>1 2026-07-21T11:02:13Z vpn1 cron 1 - - (root) CMD (true)",
        ]
        var hints: [Bool] = []
        for frame in frames { hints.append(recognise.isHint(frame)) }
        #expect(hints == [true, false, false, false, true, true, false])
    }
}
