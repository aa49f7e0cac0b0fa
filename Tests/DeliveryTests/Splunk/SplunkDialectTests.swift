import NIOCore
import NIOHTTP1
import OpenSSL
import TestSupport
import Testing

@testable import Delivery

@Suite struct SplunkDialectTests {
    private let folder = TemporaryDirectory()
    private static let line =
        "<165>1 2026-11-27T20:05:00.123456+01:00 hs1 headscale 4242 ID7 "
        + #"[headscale@32473 event="login" user="a\"b\\c\]d\e"][received@32473 ip="192.0.2.1"]"#
        + #"[other@32473 event="no"][waxwing@32473 l="41342dd0" i="7"] said "hello" \o/"#

    private func dialect(_ change: (inout SplunkDialect.Options) -> Void = { _ in }) throws -> SplunkDialect {
        let path = folder.path("token-\(RandomUUID.make())")
        try SecretFile.create(path, SecretBytes("0000-token\n"))
        var options = SplunkDialect.Options(token: try HTTPSecret(file: path), log: "41342dd0")
        change(&options)
        return SplunkDialect(options)
    }

    private func event(_ dialect: SplunkDialect, _ line: String, index: UInt64 = 7) -> String {
        let bytes = Array(line.utf8)
        var writer = BodyWriter()
        unsafe dialect.encode(DeliveryRecord(index: index, line: bytes.span.bytes), into: &writer)
        let body = writer.bytes
        return String(decoding: (0..<body.byteCount).map { body.byte($0) }, as: UTF8.self)
    }

    // MARK: - Events

    @Test func anEventHasTheLineItsTimeAndTheRelaysFields() throws {
        let text = event(try dialect(), Self.line)
        let escaped = Self.line.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        #expect(
            text == #"{"time":1795806300.123,"host":"hs1","source":"headscale","sourcetype":"waxwing","event":""#
                + escaped + #"","fields":{"l":"41342dd0","i":"7","headscale.event":"login","#
                + #""headscale.user":"a\"b\\c]d\\e","received.ip":"192.0.2.1"}}"#)
    }

    @Test func templatesAreFilledAndEmptyOnesLeftOut() throws {
        let dialect = try dialect { options in
            options.host = RecordTemplate([])
            options.source = RecordTemplate([.text("a\"b:"), .field(.procID), .text("/"), .field(.msgID)])
            options.sourcetype = RecordTemplate([.field(.facility), .text("."), .field(.severity)])
            options.index = RecordTemplate([.field(.hostname)])
        }
        let text = event(dialect, Self.line)
        #expect(!text.contains("\"host\":"))
        #expect(text.contains(#""source":"a\"b:4242/ID7","sourcetype":"local4.notice","index":"hs1","#))
        let nameless = event(dialect, "<13>1 - - - - - [waxwing@32473 l=\"41342dd0\" i=\"7\"] x")
        #expect(!nameless.contains("\"index\":") && !nameless.contains("\"time\":"), "nothing is made up")
        #expect(nameless.contains(#""source":"a\"b:/""#))
    }

    @Test func ofAnElementThatIsThereTwiceTheFirstCounts() throws {
        let line =
            #"<13>1 - h a - - [received@32473 via="tls"][received@1 via="udp"][waxwing@32473 l="00000000" i="1"] x"#
        #expect(event(try dialect(), line).hasSuffix(#""fields":{"l":"41342dd0","i":"7","received.via":"tls"}}"#))
    }

    /// An object has no name twice: several rules are several values of a field.
    @Test(arguments: [
        (#"[redacted@32473 rule="a" n="1"]"#, #""redacted.rule":"a","redacted.n":"1""#),
        (
            #"[redacted@32473 rule="a" n="1" rule="b\]" n="2" rule="c" n="3"][redacted@1 rule="d" n="9"]"#,
            #""redacted.rule":["a","b]","c"],"redacted.n":["1","2","3"]"#
        ),
    ])
    func rulesThatRedactedAreOneField(element: String, fields: String) throws {
        let line = "<13>1 - h a - - \(element)[waxwing@32473 l=\"00000000\" i=\"1\"] x"
        #expect(event(try dialect(), line).hasSuffix(#""fields":{"l":"41342dd0","i":"7",\#(fields)}}"#))
    }

    @Test func aTokenIsShownToNobody() throws {
        let dialect = try dialect()
        var dumped = ""
        dump(dialect, to: &dumped)
        #expect(!"\(dialect)".contains("0000-token") && !dumped.contains("0000-token"))
        let request = dialect.request(carrying: ByteBuffer(), to: HTTPTarget(node: 0, channel: "c"))
        #expect(request.fields.contains { $0 == ("authorization", "Splunk 0000-token") })
    }

    @Test(arguments: ["", "two\nlines", "umlaut ü"])
    func aFileThatIsNoTokenIsRefused(content: String) throws {
        let path = folder.path("bad-\(RandomUUID.make())")
        try SecretFile.create(path, SecretBytes(content))
        #expect(throws: OpenSSLError.self) { try HTTPSecret(file: path) }
    }

    // MARK: - Requests

    @Test func theChannelGoesWithRequestsAndQuestions() throws {
        let target = HTTPTarget(node: 0, channel: "0a0b")
        let dialect = try dialect()
        #expect(
            dialect.request(carrying: ByteBuffer(), to: target).fields.contains {
                $0.name == "x-splunk-request-channel"
            })
        let question = dialect.acknowledgementRequest([3, 5], to: target)
        #expect(question.path == "/services/collector/ack?channel=0a0b")
        #expect(String(buffer: question.body) == #"{"acks":[3,5]}"#)
        let without = try self.dialect { $0.acknowledgements = false }
        #expect(!without.request(carrying: ByteBuffer(), to: target).fields.contains { $0.value == "0a0b" })
    }

    // MARK: - Answers

    private func verdict(
        _ status: Int, _ body: String, headers: HTTPHeaders = [:], acknowledgements: Bool = true, count: Int = 3,
        index: RecordTemplate = RecordTemplate([])
    ) throws -> Verdict {
        let dialect = try dialect {
            $0.acknowledgements = acknowledgements
            $0.index = index
        }
        return dialect.judge(HTTPAnswer(status: status, headers: headers, body: Array(body.utf8)), count: count)
    }

    private enum Sort: String { case delivered, awaited, partly, retry, tooLarge, isolate, halt }

    private func sort(_ verdict: Verdict) -> Sort {
        switch verdict {
        case .delivered: .delivered
        case .awaitAcknowledgement: .awaited
        case .partly: .partly
        case .retry: .retry
        case .tooLarge: .tooLarge
        case .isolate: .isolate
        case .halt: .halt
        }
    }

    @Test(arguments: [
        (200, #"{"text":"Success","code":0,"ackId":7}"#, "awaited"),
        (200, #"{"text":"Success","code":0}"#, "halt"),
        (200, "<html>sign in</html>", "retry"), (200, "", "retry"), (204, "", "retry"),
        (400, #"{"text":"No data","code":5}"#, "isolate"),
        (400, #"{"text":"Invalid data format","code":6,"invalid-event-number":1}"#, "partly"),
        (400, #"{"text":"Invalid data format","code":6,"invalid-event-number":9}"#, "isolate"),
        (400, #"{"text":"Incorrect index","code":7,"invalid-event-number":0}"#, "halt"),
        (400, #"{"text":"Data channel is missing","code":10}"#, "halt"),
        (400, #"{"text":"Invalid data channel","code":11}"#, "retry"),
        (400, #"{"text":"Event field is required","code":12,"invalid-event-number":2}"#, "partly"),
        (400, #"{"text":"Event field cannot be blank","code":13,"invalid-event-number":0}"#, "partly"),
        (400, #"{"text":"ACK is disabled","code":14}"#, "halt"),
        (400, #"{"text":"Error in handling indexed fields","code":15,"invalid-event-number":0}"#, "partly"),
        (400, "Bad Request", "retry"),
        (401, #"{"text":"Token is required","code":2}"#, "halt"), (401, "", "halt"),
        (403, #"{"text":"Token disabled","code":1}"#, "halt"), (403, #"{"text":"Invalid token","code":4}"#, "halt"),
        (403, "<html>WAF</html>", "retry"),
        (404, "<html>not found</html>", "retry"), (408, "", "retry"),
        (413, #"{"text":"Request entity too large","code":27}"#, "tooLarge"), (429, "", "retry"),
        (500, #"{"text":"Internal server error","code":8}"#, "retry"), (502, "<html>bad gateway</html>", "retry"),
        (503, #"{"text":"Server is busy","code":9}"#, "retry"), (302, "", "retry"),
    ])
    func answers(status: Int, body: String, expected: String) throws {
        #expect(sort(try verdict(status, body)).rawValue == expected)
    }

    @Test func theEventThatIsWrongIsTakenOut() throws {
        let body = #"{"text":"Invalid data format","code":6,"invalid-event-number":1}"#
        let reason = "HTTP 400, code 6: Invalid data format"
        #expect(
            try verdict(400, body)
                == .partly(
                    again: [0, 2], rejected: [Rejection(position: 1, status: 400, reason: reason)], reason: reason))
    }

    @Test func anIndexByTemplateIsTheRecordsOwnFault() throws {
        let body = #"{"text":"Incorrect index","code":7,"invalid-event-number":0}"#
        #expect(sort(try verdict(400, body, index: RecordTemplate([.field(.hostname)]))) == .partly)
    }

    @Test func withoutAcknowledgementsSuccessIsDelivery() throws {
        #expect(try verdict(200, #"{"text":"Success","code":0}"#, acknowledgements: false) == .delivered)
        #expect(sort(try verdict(200, "<html>sign in</html>", acknowledgements: false)) == .retry)
    }

    @Test func theServersWishIsHeard() throws {
        let verdict = try verdict(503, "", headers: ["retry-after": "9"])
        #expect(verdict == .retry(reason: "HTTP 503 Service Unavailable", after: 9_000_000_000))
    }

    // MARK: - Acknowledgements

    @Test func whatIsConfirmedIsConfirmed() throws {
        func confirmed(_ status: Int, _ body: String) throws -> Result<[UInt64], AcknowledgementFailure> {
            try dialect().confirmed(HTTPAnswer(status: status, body: Array(body.utf8)))
        }
        #expect(try confirmed(200, #"{"acks":{"0":true,"1":false,"12":true}}"#) == .success([0, 12]))
        #expect(try confirmed(200, #"{"acks":{}}"#) == .success([]))
        for body in ["", "<html>", "{}", #"{"acks":[1]}"#, #"{"acks":{"0":true"#, #"{"acks":{"x":true}"#] {
            guard case .failure(.retry) = try confirmed(200, body) else {
                Issue.record("\(body) is taken for an answer")
                continue
            }
        }
        guard case .failure(.halt) = try confirmed(400, #"{"text":"ACK is disabled","code":14}"#),
            case .failure(.halt) = try confirmed(403, #"{"text":"Invalid token","code":4}"#),
            case .failure(.retry) = try confirmed(503, #"{"text":"Server is busy","code":9}"#)
        else { return #expect(Bool(false), "failures are told apart") }
    }

    @Test func hostileAnswersAreRead() {
        for body in [
            String(repeating: "[", count: 100_000), "{\"code\":99999999999999999999999}", "{\"code\":",
            "{\"a\":{\"b\":[{}",
            "{\"code\":0,\"code\":1,\"text\":\"\\\"}", "{\"text\":7,\"code\":\"x\"}", "\u{0}",
        ] {
            _ = SplunkAnswer(Array(body.utf8))
            #expect(SplunkAnswer.confirmed(Array(body.utf8)) == nil)
        }
    }
}
