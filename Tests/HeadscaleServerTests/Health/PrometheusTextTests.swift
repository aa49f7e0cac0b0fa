import Testing

@testable import HeadscaleServer

@Suite struct PrometheusTextTests {
    private typealias Figure = ServerFigures.Figure

    private func known(_ text: String) throws -> [ServerFigures.Figure: Double] {
        let figures = try #require(PrometheusText.figures(text.utf8))
        return Dictionary(
            uniqueKeysWithValues: Figure.allCases.compactMap { figure in figures[figure].map { (figure, $0) } })
    }

    private static let process = """
        # HELP go_goroutines Number of goroutines that currently exist.
        # TYPE go_goroutines gauge
        go_goroutines 42
        # TYPE process_resident_memory_bytes gauge
        process_resident_memory_bytes 1.048576e+08
        process_open_fds 18
        process_max_fds 524288
        process_start_time_seconds 1.78470037012e+09

        """

    private static let processFigures: [ServerFigures.Figure: Double] = [
        .goroutines: 42, .residentMemory: 104_857_600, .openFiles: 18, .fileLimit: 524_288,
        .startTime: 1_784_700_370.12,
    ]

    @Test func version022() throws {
        let text =
            Self.process + """
                headscale_last_update_seconds{machine="m",user="u"} 1.6e+09
                headscale_machine_registrations_total{action="reauth",auth="cli",status="success",user="alice"} 2
                headscale_machine_registrations_total{action="new",auth="oidc",status="error",user="bob, \\"x\\" {y}"} 3
                headscale_update_request_from_node_total{machine="m",state="full",user="u"} 9
                """
        #expect(try known(text) == Self.processFigures.merging([.registrations: 5]) { $1 })
    }

    @Test func version026() throws {
        let text =
            Self.process + """
                headscale_http_duration_seconds_bucket{path="/key",le="0.005"} 12
                headscale_http_requests_total{code="200",method="GET",path="/key"} 10
                headscale_http_requests_total{code="404",method="GET",path="/robots.txt"} 4
                headscale_http_requests_total{code="500",method="GET",path="/health"} 1
                headscale_http_requests_total{code="502",method="GET",path="/x"} 2
                headscale_mapresponse_sent_total{status="ok",type="full"} 7
                headscale_mapresponse_sent_total{status="ok",type="keepalive"} 8
                headscale_mapresponse_sent_total{status="error",type="change"} 1
                headscale_mapresponse_updates_received_total{type="full"} 100
                headscale_mapresponse_endpoint_updates_total{status="ok"} 6
                headscale_mapresponse_ended_total{reason="cancelled"} 5
                """
        #expect(
            try known(text)
                == Self.processFigures.merging([
                    .httpRequests: 17, .clientErrors: 4, .serverErrors: 3, .mapsSent: 16, .endpointUpdates: 6,
                    .mapSessionsEnded: 5,
                ]) { $1 })
    }

    @Test func version028() throws {
        let text =
            Self.process + """
                headscale_nodestore_nodes_total 17
                headscale_nodestore_queue_depth 0
                headscale_nodestore_batch_size_bucket{le="1"} 3
                headscale_mapresponse_generated_total{response_type="full"} 4
                headscale_mapresponse_generated_total{response_type="policy"} 2
                """
        #expect(
            try known(text)
                == Self.processFigures.merging([.nodes: 17, .queueDepth: 0, .mapsGenerated: 6]) { $1 })
    }

    /// What counts only OPTIONS is not taken for the number of requests.
    @Test(arguments: ["headscale_nodestore_nodes 18\n", "headscale_nodestore_nodes 18 1784700370000\r\n"])
    func version029AndLater(nodes: String) throws {
        let text =
            nodes + """
                http_requests_total{endpoint="/",proto="HTTP/1.1",status="200"} 3
                http_requests_inflight{proto="HTTP/1.1"} 1
                """
        #expect(try known(text) == [.nodes: 18])
    }

    @Test func spacesAndOddNumbers() throws {
        #expect(try known("headscale_nodestore_nodes\t{ a = \"b\" , c=\"d\\\\\" } +3e0\n") == [.nodes: 3])
        #expect(try known("headscale_nodestore_nodes NaN\ngo_goroutines +Inf\nup 1") == [:])
    }

    @Test(arguments: [
        "", "<html><body>Sign in</body></html>", "not metrics at all", "{\"status\":\"pass\"}",
        "headscale_nodestore_nodes", "headscale_nodestore_nodes{a=\"b 1", "headscale_nodestore_nodes{a=\"b\"",
        "headscale_nodestore_nodes{=\"b\"} 1", "headscale_nodestore_nodes{a} 1", "headscale_nodestore_nodes x",
        "# headscale_nodestore_nodes 1", "headscale_nodestore_nodes{a=\"\\",
    ])
    func whatIsNoMetricsHasNoFigures(text: String) {
        #expect(PrometheusText.figures(text.utf8) == nil)
    }

    @Test func linesThatAreTooLongAreSkipped() throws {
        let label = String(repeating: "x", count: PrometheusText.lineLimit)
        #expect(try known("headscale_nodestore_nodes{a=\"\(label)\"} 1\ngo_goroutines 1") == [.goroutines: 1])
    }

    @Test func anyBytesDoNoHarm() {
        var state: UInt64 = 5
        let alphabet = Array("headscale_nodestore_nodes{}=\",\\ \t1e+.\r\n#NaN\u{0}é".utf8)
        for _ in 0..<2_000 {
            let bytes = (0..<80).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return alphabet[Int(state >> 33) % alphabet.count]
            }
            _ = PrometheusText.figures(bytes)
        }
    }
}
