import NIOPosix
import Telemetry
import Testing

@testable import Relay

@Suite struct MetricsServerTests {
    @Test(arguments: [
        ("GET", "/healthz", "200 OK", "ok\n"),
        ("GET", "/readyz", "200 OK", "ready\n"),
        ("GET", "/healthz?verbose", "200 OK", "ok\n"),
        ("GET", "/", "404 Not Found", "there is /metrics, /status, /healthz and /readyz\n"),
        ("GET", "/metrics/", "404 Not Found", "there is /metrics, /status, /healthz and /readyz\n"),
        ("POST", "/healthz", "405 Method Not Allowed", "only GET\n"),
    ])
    func answer(_ method: String, _ path: String, _ status: String, _ body: String) throws {
        try Site().withRelay { relay in
            let answer = try relay.request(path, method: method)
            #expect(answer.hasPrefix("HTTP/1.1 \(status)\r\n"))
            #expect(answer.hasSuffix("\r\n\r\n\(body)"))
        }
    }

    @Test func metricsFollowTheRecords() throws {
        try Site().withRelay { relay in
            let text = try relay.request("/metrics")
            #expect(text.contains("content-type: text/plain; version=0.0.4"))
            #expect(try relay.metric("waxwing_ledger_records_total") == 0)
            try relay.send(["<13>1 2026-11-23T12:00:00Z h app - - - a", "b"])
            #expect(relay.waitForRecords(2))
            #expect(try relay.metric("waxwing_ledger_records_total") == 2)
            #expect(try relay.metric("waxwing_ledger_durable_index") == 2)
            #expect(try relay.metric("waxwing_lost_records_total") == 0)
            #expect(try relay.metric("process_open_fds") ?? 0 > 3)
            #expect(try relay.metric("process_resident_memory_bytes") ?? 0 > 1 << 20)
        }
    }

    /// One connection takes many requests; what is no HTTP ends it.
    @Test func connectionIsKept() throws {
        try Site().withRelay { relay in
            let socket = try Socket(.tcp, port: try #require(relay.metricsPort))
            let request = "GET /healthz HTTP/1.1\r\nHost: relay\r\n\r\n"
            try socket.send(Array((request + request + "nonsense\r\n\r\n").utf8))
            let answers = String(decoding: try socket.readToEnd(), as: UTF8.self)
            #expect(answers.split(separator: "HTTP/1.1 200 OK").count == 2)
            #expect(answers.contains("HTTP/1.1 400 Bad Request"))
        }
    }

    @Test func notReadyIs503() throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        let server = try MetricsServer(
            host: "127.0.0.1", port: 0, group: group, registry: MetricsRegistry(), status: { StatusTextTests.status },
            hindrance: { "the disk is full" })
        defer { server.stop() }
        let socket = try Socket(.tcp, port: server.port)
        try socket.send(Array("GET /readyz HTTP/1.0\r\n\r\n".utf8))
        let answer = String(decoding: try socket.readToEnd(), as: UTF8.self)
        #expect(answer.hasPrefix("HTTP/1.0 503 Service Unavailable\r\n"))
        #expect(answer.hasSuffix("not ready: the disk is full\n"))
    }

    @Test func stoppedRelayAnswersNobody() throws {
        let site = Site()
        let relay = try site.makeRelay()
        try relay.start()
        let ports = [try #require(relay.metricsPort), relay.ports[1]]
        relay.stop()
        for port in ports { #expect(throws: Socket.Failure.self) { _ = try Socket(.tcp, port: port) } }
    }
}
