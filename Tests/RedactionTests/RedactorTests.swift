import Batch
import Syslog
import Testing

@testable import Redaction

@Suite struct RedactorTests {
    private let secret = "hskey-auth-4f1c0a9d7e2b-9d1f5c7e3b8a"
    private let left = "hskey-auth-4f1c0a9d7e2b-<redacted>"
    private let header = "<30>1 2026-07-22T06:14:48Z vpn1 headscale 912 - "

    // MARK: - The element

    @Test func elementIsAddedWithoutStructuredData() {
        let element = #"[redacted@32473 rule="headscale-key" n="1"]"#
        #expect(redacted(TestRecord(header, " a \(secret) b")) == TestRecord(header + element, " a \(left) b"))
    }

    @Test func elementFollowsStructuredData() {
        let head = header + #"[origin ip="192.0.2.1"][received@32473 via="tls"]"#
        let element = #"[redacted@32473 rule="headscale-key" n="1"]"#
        #expect(redacted(TestRecord(head, " \(secret)")) == TestRecord(head + element, " \(left)"))
    }

    @Test func rulesAreInTheOrderOfTheirFirstSecretWithCounts() {
        let record = TestRecord(message: "password=a1 \(secret) password=b1 token=c1")
        let element = #"[redacted@32473 rule="named-secret" n="3" rule="headscale-key" n="1"]"#
        #expect(
            redacted(record)
                == TestRecord(header + element, " password=<redacted> \(left) password=<redacted> token=<redacted>"))
    }

    @Test func elementCarriesTheConfiguredNumber() throws {
        var redactor = Redactor(try RedactionEngine([.credentials], pen: 4711))
        let result = redacted([TestRecord(message: "password=a1")], with: &redactor)[0]
        #expect(result.head == header + #"[redacted@4711 rule="named-secret" n="1"]"#)
    }

    @Test(arguments: [
        (#"[redacted@32473 rule="jwt" n="2"]"#, #"[redacted@32473 rule="jwt" n="2" rule="named-secret" n="1"]"#),
        (#"[redacted@32473][b y="1"]"#, #"[redacted@32473 rule="named-secret" n="1"][b y="1"]"#),
        (#"[a x="[redacted@32473 \]"]"#, #"[a x="[redacted@32473 \]"][redacted@32473 rule="named-secret" n="1"]"#),
        (#"[redacted@3247 n="1"]"#, #"[redacted@3247 n="1"][redacted@32473 rule="named-secret" n="1"]"#),
        (#"[x-redacted@32473]"#, #"[x-redacted@32473][redacted@32473 rule="named-secret" n="1"]"#),
    ]) func anElementOfARelayBeforeIsAddedTo(_ elements: String, _ expected: String) {
        let result = redacted(TestRecord(header + elements, " password=a1"))
        #expect(result == TestRecord(header + expected, " password=<redacted>"))
    }

    // MARK: - Heads

    @Test(
        arguments: [
            (#"[a token="abc"]"#, #"[a token="<redacted>"]"#),
            (#"[a token="a\"b\]c\\"]"#, #"[a token="<redacted>"]"#),
            (#"[a x="password=" y="abc"]"#, nil),
            (#"[a x="password=abc" y="1"]"#, #"[a x="password=<redacted>" y="1"]"#),
            (#"[a x="say \"password=abc\" now"]"#, #"[a x="say \"password=<redacted>\" now"]"#),
            (#"[a x="{\"password\":\"abc\",\"b\":1}"]"#, #"[a x="{\"password\":\"<redacted>\",\"b\":1}"]"#),
            (#"[a x="{\"password\":12345}"]"#, #"[a x="{\"password\":\"<redacted>\"}"]"#),
            (#"[a Authorization="Bearer abc"]"#, #"[a Authorization="Bearer <redacted>"]"#),
            (
                #"[a x="-----BEGIN PRIVATE KEY-----MC4"][b y="1"]"#,
                #"[a x="-----BEGIN PRIVATE KEY-----<redacted>"][b y="1"]"#
            ),
            (
                #"[a x="map[authorization:[Bearer a.b\] k:v\]"]"#,
                #"[a x="map[authorization:[Bearer <redacted>\] k:v\]"]"#
            ),
            (#"[a token="true" secret=""]"#, nil),
            (#"[tskey-auth-k1-abc x="1"]"#, #"[<redacted> x="1"]"#),
        ] as [(String, String?)]) func structuredData(_ elements: String, _ expected: String?)
    {
        let result = redacted(TestRecord(header + elements, " text"))
        if let expected {
            #expect(result.head.hasPrefix(header + expected + "[redacted@32473 "))
            #expect(result.tail == " text")
        } else {
            #expect(result == TestRecord(header + elements, " text"))
        }
    }

    @Test func headerFieldsGoAsAWhole() {
        let record = TestRecord("<30>1 2026-07-22T06:14:48Z host password=abc token=def - ", "")
        let element = #"[redacted@32473 rule="named-secret" n="2"]"#
        #expect(
            redacted(record) == TestRecord("<30>1 2026-07-22T06:14:48Z host <redacted> <redacted> - " + element, ""))
    }

    @Test func aSecretDoesNotReachOverHeaderFields() {
        let record = TestRecord(#"<30>1 2026-07-22T06:14:48Z host password="a b" - "#, " text")
        let result = redacted(record)
        #expect(result.head.split(separator: " ").count == 6 + 3)
        #expect(result.tail == " text")
    }

    // MARK: - Batches

    @Test func onlyRecordsWithSecretsChange() {
        var redactor = Redactor(engine)
        let records = (0..<100).map { index in
            TestRecord(message: index.isMultiple(of: 7) ? "n=\(index) password=x\(index)y" : "n=\(index) key=[abcde]")
        }
        let results = redacted(records, with: &redactor)
        for (index, result) in results.enumerated() {
            if index.isMultiple(of: 7) {
                #expect(result.tail == " n=\(index) password=<redacted>")
            } else {
                #expect(result == records[index])
            }
        }
        #expect(redactor.statistics.recordsRedacted == 15)
        #expect(redactor.statistics.secrets == 15)
        #expect(redactor.statistics.engineErrors == 0)
    }

    @Test func aSecretDoesNotReachOverRecords() {
        let records = [
            TestRecord(message: "ends with password="), TestRecord(message: "abc"),
            TestRecord(message: "-----BEGIN PRIVATE KEY-----"), TestRecord(message: "Authorization: Bearer"),
            TestRecord(message: "postgres://user:"), TestRecord(message: "pass@host"),
        ]
        var redactor = Redactor(engine)
        #expect(redacted(records, with: &redactor) == records)
    }

    @Test func tooManyHitsInABatchAreNoError() {
        let records = (0..<50).map { TestRecord(message: "password=a\($0) token=b\($0) secret=c\($0)") }
        var few = Redactor(engine, hitCapacity: 7)
        var many = Redactor(engine)
        #expect(redacted(records, with: &few) == redacted(records, with: &many))
        #expect(few.statistics == many.statistics)
    }

    @Test func aBatchThatWasRewrittenIsRedacted() {
        var batch = Batch()
        for _ in 0..<3 { batch.append(TestRecord(message: "password=abc1")) }
        let line = TestRecord(message: "token=abc2")
        batch.rewrite(0) { _, _, out in
            out.append(Array(line.head.utf8))
            out.append(Array(line.tail.utf8))
            return (line.head.utf8.count, true)
        }
        var redactor = Redactor(engine)
        redactor.redact(&batch)
        #expect(
            (0..<3).map { batch.record($0).tail } == [
                " token=<redacted>", " password=<redacted>", " password=<redacted>",
            ])
    }

    @Test func redactingABatchTwiceChangesNothing() {
        var batch = Batch()
        for index in 0..<20 { batch.append(TestRecord(message: "\(secret) password=x\(index)")) }
        var redactor = Redactor(engine)
        redactor.redact(&batch)
        let once = (0..<20).map { batch.record($0) }
        redactor.redact(&batch)
        #expect((0..<20).map { batch.record($0) } == once)
        #expect(redactor.statistics.recordsRedacted == 20)
    }

    @Test func withoutPacksNothingIsRemoved() throws {
        var redactor = Redactor(try RedactionEngine([]))
        let record = TestRecord(message: "password=abc")
        #expect(redacted([record], with: &redactor) == [record])
    }

    // MARK: - Long lines

    @Test(arguments: 0..<4) func aLineThatGrowsTooLongIsCut(_ shift: Int) {
        let filler = String(repeating: "x", count: shift) + String(repeating: "é", count: 32_650)
        let record = TestRecord(message: "password=a " + filler + " token=b")
        #expect(record.head.utf8.count + record.tail.utf8.count <= Batch.lineLimit - 160)
        let result = redacted(record)
        let length = result.head.utf8.count + result.tail.utf8.count
        #expect(length <= Batch.lineLimit - 160 && length > Batch.lineLimit - 170)
        #expect(result.tail.hasPrefix(" password=<redacted> "))
        #expect(result.tail.hasSuffix("é"))
    }

    @Test func aPlaceholderIsNotCutInTwo() {
        for length in 65_300..<65_345 {
            let result = redacted(TestRecord(message: String(repeating: "x", count: length - 20) + " token=b"))
            #expect(result.tail.hasSuffix("x") || result.tail.hasSuffix("=<redacted>") || !result.tail.contains("<"))
        }
    }

    // MARK: - Errors

    private let replaced = TestRecord(
        #"<30>1 2026-07-22T06:14:48Z vpn1 - - - [redacted@32473 rule="engine-error" n="1"]"#, " <redacted>")

    @Test func aFailedScanReplacesEveryRecord() {
        var redactor = Redactor(engine)
        redactor.fault = .scan
        let records = [TestRecord(message: "password=abc"), TestRecord(message: "clean")]
        #expect(redacted(records, with: &redactor) == [replaced, replaced])
        #expect(redactor.statistics.engineErrors == 2)
        #expect(redactor.statistics.secrets == 0)
    }

    @Test func aFailedSearchReplacesThatRecord() {
        var redactor = Redactor(engine)
        redactor.fault = .find
        let records = [TestRecord(message: "password=abc"), TestRecord(message: "clean")]
        #expect(redacted(records, with: &redactor) == [replaced, records[1]])
        #expect(redactor.statistics.engineErrors == 1)
    }

    @Test func tooManySecretsReplaceTheRecord() {
        let most = TestRecord(message: (0..<256).map { "password=a\($0)b" }.joined(separator: " "))
        let more = TestRecord(message: (0..<257).map { "password=a\($0)b" }.joined(separator: " "))
        #expect(redacted(most).tail.hasSuffix("password=<redacted>"))
        #expect(redacted(more) == replaced)
    }

    @Test(arguments: [
        ("vpn1.example.net", "vpn1.example.net"), ("2001:db8::1", "2001:db8::1"), ("-", "-"),
        ("hskey-auth-abc", "-"), ("tskey-auth-abc", "-"), ("password=abc", "-"), ("a\u{E9}", "-"),
        ("0123456789012345678901234567890123456789", "0123456789012345678901234567890123456789"),
        ("01234567890123456789012345678901234567890", "-"),
    ]) func onlyAPlainHostnameIsKept(_ hostname: String, _ expected: String) {
        var redactor = Redactor(engine)
        redactor.fault = .scan
        let record = TestRecord(#"<1>1 - \#(hostname) app 1 id [a b="c"]"#, " text")
        #expect(
            redacted([record], with: &redactor) == [
                TestRecord(#"<1>1 - \#(expected) - - - [redacted@32473 rule="engine-error" n="1"]"#, " <redacted>")
            ])
    }

    @Test func aLineThatIsNoRecordIsReplacedAsAWhole() {
        var redactor = Redactor(engine)
        let result = redacted([TestRecord("password=abc", " token=def")], with: &redactor)[0]
        #expect(result == TestRecord(#"<13>1 - - - - - [redacted@32473 rule="engine-error" n="1"]"#, " <redacted>"))
    }

    // MARK: - Lines of text

    @Test func aLineReportsItsRules() {
        let (text, report) = redactedWithReport("password=a1 \(secret) token=b1")
        #expect(text == "password=<redacted> \(left) token=<redacted>")
        #expect(!report.isEngineError)
        #expect(report.entries.map(\.rule) == ["named-secret", "headscale-key"])
        #expect(report.entries.map(\.count) == [2, 1])
    }

    @Test func aLineThatFailsIsReplaced() {
        for fault in [Redactor.Fault.scan, .find] {
            var redactor = Redactor(engine)
            redactor.fault = fault
            let bytes = Array("password=abc".utf8)
            var report = RedactionReport()
            let result = written { out in report = redactor.redact(line: unsafe bytes.span.bytes, into: &out) }
            #expect(result == Array("<redacted>".utf8))
            #expect(report.isEngineError && report.entries.isEmpty)
            #expect(redactor.statistics.engineErrors == 1)
        }
    }

    @Test func bytesThatAreNoTextPassThrough() {
        var redactor = Redactor(engine)
        let bytes =
            (0..<256).map { UInt8($0) }.filter { $0 != 0x0A } + Array(" password=\u{FF}abc".utf8) + [0xFF, 0xC3]
        let result = written { out in _ = redactor.redact(line: unsafe bytes.span.bytes, into: &out) }
        #expect(result == bytes.prefix(255) + Array(" password=<redacted>".utf8))
    }

    @Test func anEmptyLineStaysEmpty() {
        #expect(redacted("").isEmpty)
    }
}
