import NIOHTTP1
import Testing

@testable import Delivery

private func judge(_ status: Int, _ body: String, count: Int = 3, headers: HTTPHeaders = [:]) -> Verdict {
    ElasticsearchVerdict.judge(HTTPAnswer(status: status, headers: headers, body: Array(body.utf8)), count: count)
}

private let created = #"{"create":{"status":201}}"#

private func item(_ status: Int, _ type: String, _ reason: String = "because") -> String {
    #"{"create":{"_index":".ds-logs","_id":"a-1","status":\#(status),"error":{"type":"\#(type)","reason":"\#(reason)"}}}"#
}

@Suite struct ElasticsearchVerdictTests {
    @Test func allCreated() {
        #expect(judge(200, #"{"took":30,"errors":false,"items":[\#(created),\#(created),\#(created)]}"#) == .delivered)
    }

    /// What was sent before is there already.
    @Test func conflictIsDelivered() {
        let conflict = item(409, "version_conflict_engine_exception")
        #expect(judge(200, #"{"errors":true,"items":[\#(conflict),\#(created),\#(conflict)]}"#) == .delivered)
    }

    @Test func itemsApart() {
        let body = """
            {"errors":true,"items":[\(created),\(item(429, "es_rejected_execution_exception", "queue full")),
            \(item(400, "document_parsing_exception", "failed to parse")),\(item(503, "unavailable_shards_exception")),
            \(item(409, "version_conflict_engine_exception"))]}
            """
        #expect(
            judge(200, body, count: 5)
                == .partly(
                    again: [1, 3],
                    rejected: [
                        Rejection(position: 2, status: 400, reason: "document_parsing_exception: failed to parse")
                    ], reason: "429 es_rejected_execution_exception: queue full"))
    }

    @Test func causeStandsInTheReason() {
        let body = #"""
            {"items":[{"create":{"status":400,"error":{"type":"mapper_parsing_exception","reason":"failed [\"a\"]",
            "caused_by":{"type":"x","reason":"no\nnumber","caused_by":{"reason":"deeper"}}}}}]}
            """#
        #expect(
            judge(200, body, count: 1)
                == .partly(
                    again: [],
                    rejected: [
                        Rejection(
                            position: 0, status: 400, reason: #"mapper_parsing_exception: failed ["a"]: no number"#)
                    ], reason: #"mapper_parsing_exception: failed ["a"]: no number"#))
    }

    /// Blocks, keys and missing indexes concern every record: none of them belongs in the dead letters.
    @Test(arguments: [
        (403, "cluster_block_exception"), (403, "security_exception"), (404, "index_not_found_exception"),
        (400, "validation_exception"),
    ])
    func conditionOfTheCluster(_ status: Int, _ type: String) {
        #expect(
            judge(200, #"{"items":[\#(item(status, type)),\#(item(status, type))]}"#, count: 2)
                == .halt(reason: "\(status) \(type): because"))
        guard
            case .partly(let again, let rejected, _) = judge(
                200, #"{"items":[\#(created),\#(item(status, type))]}"#, count: 2)
        else {
            Issue.record("not partly")
            return
        }
        #expect(again == [1])
        #expect(rejected.isEmpty)
    }

    /// A success that is not Elasticsearch's, or not about what was sent, delivers nothing.
    @Test(arguments: [
        "", "OK", "<html>welcome</html>", "{}", #"{"errors":false}"#, #"{"errors":false,"items":[]}"#,
        #"{"errors":false,"items":[\#(created),\#(created)]}"#,
        #"{"errors":false,"items":[\#(created),\#(created),\#(created),\#(created)]}"#,
        #"{"items":[\#(created),\#(created),\#(created)]"#, #"{"items":[\#(created),\#(created),\#(created)]}}"#,
        #"{"items":[\#(created),\#(created),{"create":{}}]}"#,
        #"{"items":[\#(created),\#(created),{"create":{"status":7}}]}"#,
        #"{"items":"\#(created)"}"#,
    ])
    func successWithoutResults(_ body: String) {
        guard case .retry = judge(200, body) else {
            Issue.record("taken for an answer")
            return
        }
    }

    /// A depth of a hundred thousand neither takes the stack nor long.
    @Test(arguments: ["", #"{"a":"#, #"{"items":["#])
    func depthIsBounded(_ start: String) {
        guard case .retry = judge(200, start + String(repeating: "[", count: 100_000)) else {
            Issue.record("taken for an answer")
            return
        }
    }

    @Test func everyPieceOfAnAnswerIsMalformed() {
        let body = #"{"took":3,"errors":true,"items":[\#(created),\#(item(400, "a\\\"b")),\#(item(429, "c"))]}"#
        #expect(BulkResponse(unsafe Array(body.utf8).span.bytes, limit: 3) != nil)
        for length in 0..<body.utf8.count {
            let piece = Array(body.utf8.prefix(length))
            #expect(BulkResponse(unsafe piece.span.bytes, limit: 3) == nil)
        }
    }

    @Test(arguments: [
        (413, Verdict.tooLarge(status: 413, reason: "HTTP 413 Payload Too Large")),
        (429, .retry(reason: "HTTP 429 Too Many Requests")),
        (404, .retry(reason: "HTTP 404 Not Found")),
        (502, .retry(reason: "HTTP 502 Bad Gateway")),
        (503, .retry(reason: "HTTP 503 Service Unavailable")),
        (302, .retry(reason: "HTTP 302 Found")),
        (401, .halt(reason: "HTTP 401 Unauthorized")),
        (403, .halt(reason: "HTTP 403 Forbidden")),
        (400, .retry(reason: "HTTP 400 Bad Request")),
    ])
    func pagesOfProxies(_ status: Int, _ verdict: Verdict) {
        #expect(judge(status, "<html><body>\(status)</body></html>\n") == verdict)
    }

    @Test func errorInWords() {
        let body =
            #"{"error":{"root_cause":[{"type":"x"}],"type":"security_exception","reason":"missing credentials"},"status":401}"#
        #expect(judge(401, body) == .halt(reason: "HTTP 401: security_exception: missing credentials"))
        #expect(judge(400, #"{"error":"of old","status":400}"#) == .isolate(status: 400, reason: "HTTP 400: of old"))
    }

    @Test func serverSaysHowLong() {
        #expect(
            judge(429, "busy", headers: ["Retry-After": "7"])
                == .retry(reason: "HTTP 429 Too Many Requests: busy", after: 7_000_000_000))
    }

    @Test(arguments: [
        (200, #"{"hits":{"hits":[{"sort":[41]}]}}"#, 41 as UInt64?),
        (200, #"{"took":3,"hits":{"max_score":null,"hits":[ {"_id":"a","sort":[7, 8]},{"sort":[9]}]}}"#, 7),
        (200, "{}", nil), (200, #"{"hits":{"hits":[]}}"#, nil), (200, #"{"hits":{"hits":[{"sort":[null]}]}}"#, nil),
        (200, #"{"hits":{"hits":[{"sort":["#, nil), (200, "<html>", nil), (200, "", nil),
        (404, #"{"hits":{"hits":[{"sort":[41]}]}}"#, nil),
    ])
    func newestDocument(status: Int, body: String, index: UInt64?) {
        #expect(ElasticsearchDialect.newestIndex(HTTPAnswer(status: status, body: Array(body.utf8))) == index)
    }
}
