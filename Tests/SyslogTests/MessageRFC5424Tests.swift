import Syslog
import Testing

@Suite struct MessageRFC5424Tests {
    @Test func example1() {
        let parsed = Parsed(
            "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - "
                + "\u{FEFF}'su root' failed for lonvick on /dev/pts/8"
        )
        #expect(parsed.message.format == .rfc5424)
        #expect(parsed.message.facility == 4 && parsed.message.severity == 2)
        #expect(parsed.message.version == 1)
        #expect(parsed.time == "2003-10-11T22:14:15.003Z")
        #expect(parsed.message.timestampSource == .message)
        #expect(parsed.summary == "mymachine.example.com|su|-|'su root' failed for lonvick on /dev/pts/8")
        #expect(parsed.msgID == "ID47")
        #expect(parsed.structuredData == nil)
        #expect(parsed.message.hasBOM)
        #expect(parsed.codes == [])
    }

    @Test func example3() {
        let parsed = Parsed(#"<165>1 2003-10-11T22:14:15.003Z h evntslog - ID47 [a@1 iut="3" b="c"][d@1 e="f"] text"#)
        #expect(parsed.structuredData == #"[a@1 iut="3" b="c"][d@1 e="f"]"#)
        #expect(parsed.text == "text")
        #expect(parsed.codes == [])
    }

    @Test func allNil() {
        let parsed = Parsed("<0>1 - - - - - -")
        #expect(parsed.message.format == .rfc5424)
        #expect(parsed.time == nil && parsed.timestampText == nil)
        #expect(parsed.message.timestampSource == .received)
        #expect(parsed.summary == "-|-|-|")
        #expect(parsed.msgID == nil && parsed.structuredData == nil && !parsed.message.hasBOM)
        #expect(parsed.codes == [])
    }

    // MARK: - Time

    static let times: [(String, String, String, [String])] = [
        ("2026-11-23T06:15:00Z", "2026-11-23T06:15:00Z", "message", []),
        ("2026-11-23T06:15:00.1Z", "2026-11-23T06:15:00.1Z", "message", []),
        ("2026-11-23T06:15:00.123456+01:00", "2026-11-23T06:15:00.123456+01:00", "message", []),
        ("2026-11-23T06:15:00-00:00", "2026-11-23T06:15:00Z", "message", []),
        ("2026-11-23T06:15:00.123456789Z", "2026-11-23T06:15:00.123456Z", "message", ["timestamp-fraction-too-long"]),
        ("2026-11-23t06:15:00z", "2026-11-23T06:15:00Z", "message", ["timestamp-lower-case"]),
        ("2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59.5Z", "message", ["timestamp-leap-second"]),
        ("2026-11-23T06:15:00", "2026-11-23T06:15:00+02:00", "configured-zone", ["timestamp-form"]),
        ("2026-11-23 06:15:00", "2026-11-23T06:15:00+02:00", "configured-zone", ["timestamp-form"]),
        ("2026-11-23T06:15:00,5+0100", "2026-11-23T06:15:00.5+01:00", "message", ["timestamp-form"]),
        ("2026-13-23T06:15:00Z", "2026-11-23T06:20:00Z", "received", ["timestamp-invalid"]),
        ("2026-02-29T06:15:00Z", "2026-11-23T06:20:00Z", "received", ["timestamp-invalid"]),
        ("2026-11-23T25:15:00Z", "2026-11-23T06:20:00Z", "received", ["timestamp-invalid"]),
        ("2026-11-23", "2026-11-23T06:20:00Z", "received", ["timestamp-invalid"]),
    ]

    @Test(arguments: times)
    func time(text: String, expected: String, source: String, codes: [String]) {
        let parsed = Parsed("<13>1 \(text) h a p m - x", zone: TimeZoneRule(offsetSeconds: 7200))
        #expect(parsed.message.format == .rfc5424)
        #expect(parsed.time == expected)
        #expect(parsed.timestampText == text)
        #expect(parsed.message.timestampSource.rawValue == source)
        #expect(parsed.summary == "h|a|p|x")
        #expect(parsed.codes == codes)
    }

    // MARK: - Header

    @Test(arguments: [
        ("::1", 0), ("2001:db8::ff00:42:8329", 0), ("fe80::1%eth0", 0), ("192.0.2.1", 0),
        (String(repeating: "h", count: 255), 0), (String(repeating: "h", count: 256), 1),
    ])
    func hostnames(name: String, problems: Int) {
        let parsed = Parsed("<13>1 2026-11-23T06:15:00Z \(name) a p m - x")
        #expect(parsed.hostname == name)
        #expect(parsed.codes == (problems == 0 ? [] : ["hostname-too-long"]))
    }

    @Test func fieldsBeyondTheirLimitsAreKept() {
        let (app, process, id) = (
            String(repeating: "a", count: 49), String(repeating: "p", count: 129), String(repeating: "m", count: 33)
        )
        let parsed = Parsed("<13>1 2026-11-23T06:15:00Z h \(app) \(process) \(id) - x")
        #expect(parsed.summary == "h|\(app)|\(process)|x")
        #expect(parsed.msgID == id)
        #expect(parsed.codes == ["app-name-too-long", "proc-id-too-long", "msg-id-too-long"])
    }

    @Test(arguments: [
        ("<13>2 2026-11-23T06:15:00Z h a p m - x", 2, ["unknown-version"]),
        ("<13>0 2026-11-23T06:15:00Z h a p m - x", 0, ["unknown-version"]),
        ("<13>999 2026-11-23T06:15:00Z h a p m - x", 999, ["unknown-version"]),
        ("<013>1 2026-11-23T06:15:00Z h a p m - x", 1, ["priority-form"]),
        ("<192>1 2026-11-23T06:15:00Z h a p m - x", 1, ["priority-out-of-range"]),
        ("\u{FEFF} <13>1 2026-11-23T06:15:00Z h a p m - x", 1, ["leading-octets"]),
        ("<13>1 2026-11-23T06:15:00Z h\u{7F} a p m - x", 1, ["header-not-printable"]),
        ("<13>1 2026-11-23T06:15:00Z hé a p m - x", 1, ["header-not-printable"]),
        ("<13>1 2026-11-23T06:15:00Z  a p m - x", 1, ["empty-field"]),
    ])
    func oddHeaders(text: String, version: Int, codes: [String]) {
        let parsed = Parsed(text)
        #expect(parsed.message.format == .rfc5424)
        #expect(parsed.message.version == version)
        #expect(parsed.message.priority.value == 13)
        #expect(parsed.appName == "a" && parsed.procID == "p" && parsed.msgID == "m" && parsed.text == "x")
        #expect(parsed.codes == codes)
    }

    @Test func withoutPriority() {
        let parsed = Parsed("1 2026-05-22T14:59:09.250-03:00 mx204 a:rpd 6589 - - bgp")
        #expect(parsed.message.format == .rfc5424 && parsed.message.version == 1)
        #expect(parsed.time == "2026-05-22T14:59:09.250-03:00")
        #expect(parsed.summary == "mx204|a:rpd|6589|bgp")
        #expect(parsed.codes == ["no-priority"])
        #expect(Parsed(#"1 2026-11-23T06:15:00Z h a p m [a b="c"] x"#).structuredData == #"[a b="c"]"#)
        for text in [
            "1 2026-11-23T06:15:00Z", "1 2026-11-23T06:15:00Z h a p", "1 2026-11-23T06:15:00Z h a p m x",
            "1 - h a p m - x", "2 2026-11-23T06:15:00Z h a p m - x", "1 2026-13-23T06:15:00Z h a p m - x", "1 ", "1",
        ] {
            #expect(Parsed(text).message.format == .raw)
            #expect(Parsed(text).codes == ["no-priority"])
        }
    }

    /// A version and a date are there, but not as they must be.
    @Test(arguments: [
        "<13> 1 2026-11-23T06:15:00Z h a p m - x", "<13>1000 2026-11-23T06:15:00Z h a p m - x",
        "<13>1  2026-11-23T06:15:00Z h a p m - x", "<13>1\t2026-11-23T06:15:00Z h a p m - x",
    ])
    func malformedHeaders(text: String) {
        let parsed = Parsed(text)
        #expect(parsed.message.format == .raw)
        #expect(parsed.text == String(text.dropFirst(4)))
        #expect(parsed.codes == ["header-malformed"])
    }

    @Test(arguments: [
        ("<13>1 -", "-|-|-|"), ("<13>1 - ", "-|-|-|"), ("<13>1 - h", "h|-|-|"), ("<13>1 - - a p m", "-|a|p|"),
        ("<13>1 - h a p m ", "h|a|p|"),
        ("<13>1 2026-11-23T06:15:00Z", "-|-|-|"), ("<13>1 2026-11-23T06:15:00Z ", "-|-|-|"),
        ("<13>1 2026-11-23T06:15:00Z h", "h|-|-|"),
        ("<13>1 2026-11-23T06:15:00Z h a", "h|a|-|"), ("<13>1 2026-11-23T06:15:00Z h a p", "h|a|p|"),
        ("<13>1 2026-11-23T06:15:00Z h a p m", "h|a|p|"),
        ("<13>1 2026-11-23T06:15:00Z h a p m ", "h|a|p|"),
    ])
    func shortHeaders(text: String, summary: String) {
        let parsed = Parsed(text)
        #expect(parsed.message.format == .rfc5424)
        #expect(parsed.summary == summary)
        #expect(parsed.codes == ["header-short"])
    }

    @Test(arguments: [
        "<13>1 is a number", "<13>1 - a b c d text", "<13>1234 2026-11-23T06:15:00Z h a p m - x", "<13>1", "<13>1 ",
        "<13>1\t2026-11-23T06:15:00Z h a p m - x", "<13>1 26-11-23 h a p m - x",
    ])
    func whatOnlyBeginsLikeIt(text: String) {
        let parsed = Parsed(text)
        #expect(parsed.message.format == .raw)
        #expect(parsed.message.version == nil)
        #expect(parsed.text == String(text.dropFirst(4)))
    }

    // MARK: - Structured data and MSG

    static let elements: [(String, String?, String, [String])] = [
        (#"[a] x"#, "[a]", "x", []), (#"[a b="c"]"#, #"[a b="c"]"#, "", []),
        (#"[a b="\"\\\]\n"] x"#, #"[a b="\"\\\]\n"]"#, "x", []),
        (#"[a b=""] "#, #"[a b=""]"#, "", []), (#"[a b="é"] x"#, #"[a b="é"]"#, "x", []), ("-", nil, "", []),
        ("- ", nil, "", []),
        ("-  x", nil, " x", []), (#"[a b="c"] [d e="f"]"#, #"[a b="c"]"#, #"[d e="f"]"#, []),
        (#"[a b="c"]x"#, #"[a b="c"]"#, "x", ["no-space-before-message"]),
        (#"[a][a] x"#, "[a][a]", "x", ["structured-data-duplicate-id"]),
        ("[a b=\"\u{1}\"] x", "[a b=\"\u{1}\"]", "x", ["structured-data-octets"]),
        (
            "[\(String(repeating: "n", count: 33))] x", "[\(String(repeating: "n", count: 33))]", "x",
            ["structured-data-name-too-long"]
        ),
        (#"[a b="c" x"#, nil, #"[a b="c" x"#, ["structured-data-malformed"]),
        (#"[a b="c]"] x"#, nil, #"[a b="c]"] x"#, ["structured-data-malformed"]),
        (#"[a  b="c"] x"#, nil, #"[a  b="c"] x"#, ["structured-data-malformed"]),
        (#"[ a] x"#, nil, "[ a] x", ["structured-data-malformed"]),
        (#"[a b=c] x"#, nil, "[a b=c] x", ["structured-data-malformed"]),
        (#"[a b="c""#, nil, #"[a b="c""#, ["structured-data-malformed"]),
        ("[", nil, "[", ["structured-data-malformed"]), ("[]", nil, "[]", ["structured-data-malformed"]),
        ("-x", nil, "-x", ["structured-data-malformed"]),
        ("text only", nil, "text only", ["structured-data-malformed"]),
        (#"[a][b x"#, nil, "[a][b x", ["structured-data-malformed"]),
        (#"[é] x"#, nil, "[é] x", ["structured-data-malformed"]),
    ]

    @Test(arguments: elements)
    func structuredData(rest: String, elements: String?, text: String, codes: [String]) {
        let parsed = Parsed("<13>1 2026-11-23T06:15:00Z h a p m \(rest)")
        #expect(parsed.message.format == .rfc5424)
        #expect(parsed.structuredData == elements)
        #expect(parsed.text == text)
        #expect(parsed.codes == codes)
        #expect(parsed.hostname == "h" && parsed.msgID == "m")
    }

    @Test func duplicatesAreFoundAmongTheFirstSixteen() {
        func codes(_ ids: [Int]) -> [String] {
            Parsed("<13>1 2026-11-23T06:15:00Z h a p m " + ids.map { "[a\($0)]" }.joined()).codes
        }
        #expect(codes(Array(0..<100)) == [])
        #expect(codes(Array(0..<100) + [15]) == ["structured-data-duplicate-id"])
        #expect(codes(Array(0..<100) + [16]) == [])
    }

    @Test func bomIsNotPartOfTheMessage() {
        let parsed = Parsed("<13>1 2026-11-23T06:15:00Z h a p m - \u{FEFF}\u{FEFF}x")
        #expect(parsed.message.hasBOM)
        #expect(parsed.text == "\u{FEFF}x")
    }
}
