import Testing

@testable import Verify

/// What a report says, word for word.
@Suite struct ReportTests {
    static let stream = try! TestStream(TestStream.Shape(batches: [3, 3, 3], tail: 2, dropped: 1, hasMAC: true))
    private var stream: TestStream { Self.stream }

    @Test func clean() throws {
        let report = try stream.verify(stream.lines) { $0.macKey = TestStream.firstMACKey }
        #expect(
            report.lines == [
                "READ export: syslog lines",
                "VERIFIED 12 records in 3 batches: 0..11",
                "UNSEALED TAIL 2 records behind the newest seal: 12..13",
                "DROPS 3 records lost before sealing, as the seals say",
                "CLOCK no steps backwards",
                "MAC 3 valid",
                "NEWEST SEAL 3 at 2026-11-23T06:15:15.000Z, 1 min 0 s ago, 12 records",
                "RESULT 0 verified and complete, but for 2 records not sealed yet",
            ])
    }

    @Test func everything() throws {
        var lines = Array(stream.lines[..<12])
        lines[1] = lines[1].replacing("record", with: "RECORD")
        lines.remove(at: 9)
        lines.append(lines[0])
        lines.append(lines[5].replacing("record", with: "forged"))
        lines.append(Array("<1>1 foreign".utf8))
        let report = try stream.verify(lines)
        #expect(
            report.lines == [
                "READ export: syslog lines",
                "VERIFIED 4 records in 1 batch: 4..7",
                "TAMPERED records 0..3 are not what seal 1 sealed",
                "CONFLICT record 5 is there in different versions: true is export:6, false is export:13",
                "MISSING 1 record: 9",
                "UNVERIFIED 3 records for want of what is missing: 8, 10..11",
                "DUPLICATE 1 record repeated, identical",
                "FOREIGN 1 line without an identity of this stream: export:14",
                "DROPS 1 record lost before sealing, as the seals say",
                "CLOCK no steps backwards",
                "NEWEST SEAL 2 at 2026-11-23T06:15:10.000Z, 1 min 5 s ago, 8 records",
                "RESULT 1 tampered",
            ])
    }

    @Test func `lists are cut`() throws {
        let foreign = (0..<30).map { _ in Array("<1>1 foreign".utf8) }
        let report = try stream.verify(stream.lines + foreign)
        #expect(report.foreign.items.count == 20 && report.foreign.total == 30)
        #expect(report.text.contains("and 10 more"))
    }

    @Test func `nothing to verify`() throws {
        let report = try stream.verify(inputs: [
            .bytes([], name: "nothing"), .bytes(Array("?".utf8), name: "what"), .path("/nowhere"),
        ])
        #expect(report.lines.first == "READ nothing: empty")
        #expect(report.lines.contains("VERIFIED nothing"))
        #expect(report.unreadable.total == 2)
        #expect(report.lines.last == "RESULT 3 cannot verify")
    }

    @Test func json() throws {
        let report = try stream.verify(Array(stream.lines[..<7])) { $0.macKey = TestStream.firstMACKey }
        #expect(
            report.json == """
                {"result":"complete","exit_code":0,"origin":"relay1.example.net/all","key":"\(stream.key)","subset":false,\
                "files":[{"name":"export","format":"lines","gzip":false,"zstd":false}],"verified":{"records":4,"batches":1,"bridged":0,\
                "ranges":{"total":1,"items":[[0,3]]}},"tampered":{"total":0,"items":[]},"conflicts":{"total":0,"items":[]},\
                "missing":{"records":0,"ranges":{"total":0,"items":[]}},"unverified":{"records":0,"ranges":{"total":0,"items":[]}},\
                "unsealed_tail":{"records":3,"ranges":{"total":1,"items":[[4,6]]}},"duplicates":0,"unresolved":0,\
                "foreign":{"total":0,"items":[]},"unreadable":{"total":0,"items":[]},"cut":{"total":0,"items":[]},\
                "keys":[{"key":"\(stream.key)","pinned":true,"seals":1,"records":[0,3],"replaced_at":null}],"unknown_keys":{"total":0,"items":[]},\
                "dropped":1,"clock_steps":0,"mac":{"valid":1,"invalid":{"total":0,"items":[]},"absent":0,"unchecked":0},\
                "newest_seal":{"number":1,"size":4,"time":"2026-11-23T06:15:05.000Z","age_ms":70000},"stale":false,"head":null,\
                "output_failure":null,"notes":[]}
                """)
    }

    @Test func `a key that is not the pinned one is named once`() throws {
        let other = try TestStream(TestStream.Shape(seed: 1, batches: [1]))
        let report = try other.verify(stream.lines)
        #expect(
            report.lines.filter { $0.hasPrefix("UNKNOWN KEY") } == [
                "UNKNOWN KEY 3 seals are signed by key f60b5335, not by the pinned one"
            ])
        #expect(report.json.contains("\"unknown_keys\":{\"total\":3,\"items\":[{\"key\":\"f60b5335\",\"seals\":3}]}"))
    }

    @Test func `names cannot do anything to a terminal`() throws {
        let report = try stream.verify(inputs: [.bytes([], name: "a\n\u{1B}[31m\u{9B}\u{202E}é")])
        #expect(report.lines.first == "READ a\\u{A}\\u{1B}[31m\\u{9B}\\u{202E}é: empty")
        #expect(report.json.contains("a\\u000a\\u001b[31m\\u009b"))
        #expect(VerificationError(.hashes, "x\u{7}").description == "x\\u{7}")
    }

    @Test func `names are quoted`() throws {
        let report = try stream.verify(inputs: [.bytes([], name: "a\"b\\c\u{1}")])
        #expect(report.json.contains("a\\\"b\\\\c\\u0001"))
    }

    @Test(
        arguments: [
            (0, "0 s"), (59_999, "59 s"), (60_000, "1 min 0 s"), (3_600_000, "1 h 0 min"), (90_061_000, "1 d 1 h"),
        ] as [(Int64, String)]) func durations(_ milliseconds: Int64, _ text: String)
    {
        #expect(VerifyReport.duration(milliseconds) == text)
    }
}
