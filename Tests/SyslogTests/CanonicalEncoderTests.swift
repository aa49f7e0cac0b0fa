import Syslog
import Testing

private let received = "received@32473"
private let nothingKnown = "[\(received) time=\"received\" host=\"received\"]"

@Suite struct CanonicalEncoderTests {
    static let header = "<13>1 2026-11-23T06:15:00.000Z h a p m "

    static let lines: [(String, String)] = [
        (header + "- text", header + "^ text"), (header + "-", header + "^"), (header + "- ", header + "^"),
        (header + "-  text", header + "^  text"),
        (header + #"[a b="c"] text"#, header + #"[a b="c"]^ text"#), (header + #"[a b="c"]"#, header + #"[a b="c"]^"#),
        (header + "- \u{FEFF}text", header + "^ \u{FEFF}text"), (header + "- \u{FEFF}", header + "^ \u{FEFF}"),
        (header + "- \u{FEFF} \t", header + "^ \u{FEFF}"),
        (header + "- text \t ", header + "^ text"), (header + "-  \t ", header + "^"),
        (header + "- a\tb", header + "^ a\tb"),
        (header + "- é\u{10FFFF}", header + "^ é\u{10FFFF}"),
        (header + "- a\u{1}\n\u{7F}b", header + "^ a#001#012#177b"), (header + "- \u{80}x", header + "^ \u{80}x"),
        (header + "- # #012", header + "^ # #012"), (header + "- x\u{1} ", header + "^ x#001"),
        (header + "[a b=\"\u{1}é\\\"\\\u{2}\"] text", header + "[a b=\"#001é\\\"\\#002\"]^ text"),
        (header + "[a][a] text", header + "[a][a]^ text"), (header + "[a b=\"c\"]text", header + "[a b=\"c\"]^ text"),
        (header + "[a b=\"c] text", header + "^ [a b=\"c] text"), (header + "text", header + "^ text"),
        (header + "-x", header + "^ -x"),
        // Header.
        ("<13>1 2026-11-23T06:15:00+01:00 h - - - - x", "<13>1 2026-11-23T06:15:00+01:00 h - - - ^ x"),
        ("<13>1 2026-11-23T06:15:00.1-00:00 h - - - - x", "<13>1 2026-11-23T06:15:00.1-00:00 h - - - ^ x"),
        ("<013>1 2026-11-23T06:15:00Z h - - - - x", "<13>1 2026-11-23T06:15:00Z h - - - ^ x"),
        ("<13>1 2026-11-23t06:15:00z h - - - - x", "<13>1 2026-11-23T06:15:00Z h - - - ^ x"),
        ("<13>1 2026-11-23T06:15:00.123456789Z h - - - - x", "<13>1 2026-11-23T06:15:00.123456Z h - - - ^ x"),
        ("<13>1 2026-11-23T06:15:00Z h\u{1}é a\tb - - - x", "<13>1 2026-11-23T06:15:00Z h#001#303#251 a#011b - - ^ x"),
        ("<13>1 2026-11-23T06:15:00Z h", "<13>1 2026-11-23T06:15:00Z h - - - ^"),
        ("<13>1 2026-11-23T06:15:00Z h  p m - x", "<13>1 2026-11-23T06:15:00Z h - p m ^ x"),
        // What the record does not say itself.
        ("<13>1 - h - - - - x", "<13>1 - h - - - [\(received) time=\"2026-11-23T06:20:00.000Z\"]^ x"),
        (
            "<13>1 - - - - - - x",
            "<13>1 - 192.0.2.7 - - - [\(received) time=\"2026-11-23T06:20:00.000Z\" host=\"received\"]^ x"
        ),
        (
            "<13>1 2026-11-23T06:15:00Z - - - - [a] x",
            "<13>1 2026-11-23T06:15:00Z 192.0.2.7 - - - [a][\(received) host=\"received\"]^ x"
        ),
        (
            "<13>2 2026-11-23T06:15:00Z h - - - - x",
            "<13>1 2026-11-23T06:15:00Z h - - - [\(received) version=\"2\"]^ x"
        ),
        (
            "<777>1 2026-11-23T06:15:00Z h - - - - x",
            "<13>1 2026-11-23T06:15:00Z h - - - [\(received) pri=\"777\"]^ x"
        ),
        (
            "<13>1 2026-11-23T06:15:00 h - - - - x",
            "<13>1 2026-11-23T06:15:00Z h - - - [\(received) time=\"configured-zone\"]^ x"
        ),
        (
            "<13>1 2016-12-31T23:59:60.5Z h - - - - x",
            "<13>1 2016-12-31T23:59:59.5Z h - - - [\(received) stamp=\"2016-12-31T23:59:60.5Z\"]^ x"
        ),
        (
            "<13>1 2026-13-23T06:15:00Z h - - - - x",
            "<13>1 2026-11-23T06:20:00.000Z h - - - [\(received) time=\"received\" stamp=\"2026-13-23T06:15:00Z\"]^ x"
        ),
        (
            "<13>1 2026-11-99\"\\]Z h - - - - x",
            "<13>1 2026-11-23T06:20:00.000Z h - - - [\(received) time=\"received\" stamp=\"2026-11-99\\\"\\\\\\]Z\"]^ x"
        ),
        // RFC 3164 and raw.
        (
            "<30>Nov 23 06:15:00 host headscale[123]: text",
            "<30>1 2026-11-23T06:15:00Z host headscale 123 - [\(received) time=\"guessed-year\"]^ text"
        ),
        ("<30>2026-11-23T06:15:00.5Z host app: text", "<30>1 2026-11-23T06:15:00.5Z host app - - ^ text"),
        (
            "<30>2026-11-23T06:15:00 host app: text",
            "<30>1 2026-11-23T06:15:00Z host app - - [\(received) time=\"configured-zone\"]^ text"
        ),
        (
            "<189>2147483647: Nov 23 06:15:00 UTC: %A-1-B: text",
            "<189>1 2026-11-23T06:15:00Z 192.0.2.7 %A-1-B - - [meta sequenceId=\"2147483647\"]"
                + "[\(received) time=\"guessed-year\" host=\"received\"]^ text"
        ),
        (
            "<189>2147483648: 2026-11-23T06:15:00Z h %A-1-B: text", "<189>1 2026-11-23T06:15:00Z h %A-1-B - - ^ text"
        ),
        ("<189>0: 2026-11-23T06:15:00Z h %A-1-B: text", "<189>1 2026-11-23T06:15:00Z h %A-1-B - - ^ text"),
        (
            "<30>Nov 31 06:15:00 host app: text",
            "<30>1 2026-11-23T06:20:00.000Z host app - - [\(received) time=\"received\" stamp=\"Nov 31 06:15:00\"]^ text"
        ),
        (
            "<189>0012: *Nov 23 06:15:00: %A-1-B: text",
            "<189>1 2026-11-23T06:15:00Z 192.0.2.7 %A-1-B - - [timeQuality isSynced=\"0\"]"
                + "[meta sequenceId=\"12\"][\(received) time=\"guessed-year\" host=\"received\"]^ text"
        ),
        (
            "<30>text",
            "<30>1 2026-11-23T06:20:00.000Z 192.0.2.7 - - - \(nothingKnown)^ text"
        ),
        (
            "text",
            "<13>1 2026-11-23T06:20:00.000Z 192.0.2.7 - - - \(nothingKnown)^ text"
        ),
        ("", "<13>1 2026-11-23T06:20:00.000Z 192.0.2.7 - - - \(nothingKnown)^"),
        (
            "\u{FEFF}text",
            "<13>1 2026-11-23T06:20:00.000Z 192.0.2.7 - - - \(nothingKnown)^ \u{FEFF}text"
        ),
    ]

    @Test(arguments: lines)
    func encodes(text: String, expected: String) {
        #expect(Parsed(text).line() == expected)
    }

    @Test func unknownPeer() {
        #expect(
            Parsed("<30>text").line(address: "")
                == "<30>1 2026-11-23T06:20:00.000Z - - - - [\(received) time=\"received\"]^ text")
        #expect(
            Parsed("<13>1 2026-11-23T06:15:00Z - - - - - x").line(address: "")
                == "<13>1 2026-11-23T06:15:00Z - - - - ^ x")
    }

    /// What is known of the sender stands in `received`, whether there is anything else to say or not.
    @Test(arguments: [
        ("<13>1 2026-11-23T06:15:00Z h a 1 - - x", "<13>1 2026-11-23T06:15:00Z h a 1 - [RECEIVED n=\"7\"]^ x"),
        ("<13>1 2026-11-23T06:15:00Z h a 1 - -", "<13>1 2026-11-23T06:15:00Z h a 1 - [RECEIVED n=\"7\"]^"),
        (
            "<13>1 2026-11-23T06:15:00Z h a 1 - [e@1 b=\"c\"] \u{FEFF}x\u{1} ",
            "<13>1 2026-11-23T06:15:00Z h a 1 - [e@1 b=\"c\"][RECEIVED n=\"7\"]^ \u{FEFF}x#001"
        ),
        (
            "<30>text",
            "<30>1 2026-11-23T06:20:00.000Z 192.0.2.7 - - - [RECEIVED time=\"received\" host=\"received\" n=\"7\"]^ text"
        ),
    ])
    func aKnownSenderIsNamed(text: String, expected: String) {
        let expected = expected.replacing("RECEIVED", with: received)
        #expect(Parsed(text).line(sender: " n=\"7\"") == expected)
        // A relay that has said what it received, or has sealed the record, has said all there is to say.
        let again = expected.replacing("^", with: "")
        #expect(Parsed(again).line(sender: " n=\"8\"", trusted: true) == expected)
    }

    @Test func aKnownSenderOfALongLineIsNamedToo() {
        let limit = CanonicalEncoder.lineLimitMin
        let encoder = CanonicalEncoder(lineLimit: limit)
        let sender = " n=\"\(String(repeating: "n", count: SenderText.lengthMax - 5))\""
        for count in limit - 600..<limit {
            let data = "[e@1 b=\"\(String(repeating: "c", count: count - 200))\"]"
            let line = Parsed("<13>1 2026-11-23T06:15:00Z h a 1 - \(data) text").line(encoder, sender: sender)
            #expect(line.utf8.count - 1 <= limit - CanonicalEncoder.identityReserve)
            #expect(line.contains("[\(received)\(sender)]^"), "\(count)")
        }
    }

    @Test func addressesAreHeldInPlace() {
        for address in ["", "::1", "fe80::1%eth0", String(repeating: "a", count: 63)] {
            #expect(Array(copying: PeerAddress(address).bytes) == Array(address.utf8))
        }
        #expect(PeerAddress(String(repeating: "a", count: 64)).bytes.byteCount == 63)
        #expect(Parsed("x").line(address: "a b\n").hasPrefix("<13>1 2026-11-23T06:20:00.000Z a#040b#012 "))
    }

    @Test func octetsThatAreNotUTF8() {
        let parsed = Parsed(Array("<30>Nov 23 06:15:00 h a: caf".utf8) + [0xE9, 0xC0, 0x80, 0xED, 0xA0, 0x80, 0xFF])
        #expect(parsed.line().hasSuffix("^ caf#351#300#200#355#240#200#377"))
    }

    @Test func ownNumber() {
        #expect(Parsed("<30>x").line(CanonicalEncoder(pen: 7), address: "").contains("[received@7 "))
    }

    // MARK: - Names that are the relay's

    @Test(arguments: [
        ("waxwing@32473", "x-waxwing@32473"), ("waxwing-seal@1", "x-waxwing-seal@1"),
        ("received@32473", "x-received@32473"), ("redacted@1", "x-redacted@1"),
        ("headscale@99", "x-headscale@99"), ("waxwing@123456789012345678901234", "x-waxwi@123456789012345678901234"),
        ("waxwing-abcdefghijklmnopqrstu@1", "x-waxwing-abcdefghijklmnopqrst@1"),
        ("waxwing-abcdefghijklmnopqrstuv@1", "x-waxwing-abcdefghijklmnopqrst@1"),
        ("headscale@x", "x-headscale@x"), ("waxwing@", "x-waxwing@"), ("received@1@2", "x-received@1@2"),
        ("waxwing", "waxwing"), ("origin", "origin"), ("x-waxwing@1", "x-waxwing@1"),
    ])
    func renames(id: String, expected: String) {
        let text = Self.header + "[a x=\"y\"][\(id) l=\"41342dd0\" i=\"0\"][b] text"
        #expect(Parsed(text).line() == Self.header + "[a x=\"y\"][\(expected) l=\"41342dd0\" i=\"0\"][b]^ text")
        #expect(expected.utf8.count <= 32)
        #expect(Parsed(text).line(trusted: true) == Self.header + "[a x=\"y\"][\(id) l=\"41342dd0\" i=\"0\"][b]^ text")
    }

    @Test func trustedRelaysReceivedElementStandsAlone() {
        let first = Parsed("<13>1 - h - - - - x").line(trusted: true)
        let again = Parsed(first.replacing("^", with: "")).line(trusted: true)
        #expect(again == first)
        let other = Parsed("<13>1 - h - - - [received@7 a=\"b\"] x").line(trusted: true)
        #expect(other == "<13>1 - h - - - [received@7 a=\"b\"][\(received) time=\"2026-11-23T06:20:00.000Z\"]^ x")
    }

    /// What a relay has made as long as it could be is not cut again by the next.
    @Test func trustedRelaysLineHasRoomForOneMoreIdentity() {
        let identity = #"[waxwing@32473 l="41342dd0" i="123456789" trunc="4294967295"]"#
        let text = String(repeating: "x", count: 65_535 - 160 - Self.header.utf8.count - 1)
        let line = Self.header + identity + " " + text
        #expect(Parsed(line).line(trusted: true) == Self.header + identity + "^ " + text)
        #expect(Parsed(line).line(trusted: false).utf8.count == 65_535 - 160 + 1)
    }

    @Test func namesTooLongBecomeText() {
        let name = String(repeating: "n", count: 33)
        #expect(Parsed(Self.header + "[\(name) a=\"b\"] text").line() == Self.header + "^ [\(name) a=\"b\"] text")
        #expect(
            Parsed(Self.header + "[a \(name)=\"b\"] \u{FEFF}text").line() == Self.header
                + "^ [a \(name)=\"b\"] \u{FEFF}text")
    }

    // MARK: - Too long

    @Test func longFieldsAreCutAndKept() {
        let (host, app, process, id) = (
            String(repeating: "h", count: 600), String(repeating: "a", count: 49), String(repeating: "p", count: 129),
            String(repeating: "m", count: 33)
        )
        let line = Parsed("<13>1 2026-11-23T06:15:00Z \(host) \(app) \(process) \(id) - x").line()
        #expect(
            line
                == "<13>1 2026-11-23T06:15:00Z \(host.prefix(255)) \(app.prefix(48)) "
                + "\(process.prefix(128)) \(id.prefix(32)) "
                + "[\(received) hostname=\"\(host.prefix(512))\" "
                + "app=\"\(app)\" procid=\"\(process)\" msgid=\"\(id)\"]^ x"
        )
    }

    @Test func fieldsThatEscapingMakesTooLong() {
        let app = String(repeating: "é", count: 7)
        let line = Parsed("<13>1 2026-11-23T06:15:00Z h \(app) - - - x").line()
        #expect(
            line
                == "<13>1 2026-11-23T06:15:00Z h \(String(repeating: "#303#251", count: 6)) - - "
                + "[\(received) app=\"\(app)\"]^ x"
        )
    }

    /// Octets that a line may have in front of its identity.
    private static let room = 4096 - CanonicalEncoder.identityReserve
    private static let small = CanonicalEncoder(lineLimit: 4096)

    private static func cut(_ text: [UInt8], originalLength: Int = 0) -> CanonicalLine {
        CanonicalLine(Parsed(text).message, text, small, Source(receivedAt: receivedAt), originalLength: originalLength)
    }

    /// Every length around the limit, with text that ends in one, two, three or four octets a character, or escapes.
    @Test(arguments: ["x", "é", "€", "😀", "\u{1}", " x", "é\u{1} "])
    func cutsBetweenCharacters(unit: String) {
        for head in [Self.header + "- ", Self.header + "[a b=\"c\"] ", "<30>Nov 23 06:15:00 h a: "] {
            for padding in 0..<9 {
                let text = Array(
                    (head + String(repeating: "p", count: padding) + String(repeating: unit, count: 4_100)).utf8)
                let line = Self.cut(text)
                #expect(line.bytes.count <= Self.room && line.bytes.count > Self.room - 6)
                #expect(line.originalLength == text.count)
                #expect(String(validating: line.bytes, as: UTF8.self) != nil)
                #expect(line.bytes.last != 0x20)
                let escape = line.bytes.lastIndex(of: UInt8(ascii: "#"))
                #expect(escape.map { $0 + 4 <= line.bytes.count } ?? true)
            }
        }
    }

    @Test func whatJustFitsIsWhole() {
        for head in [Self.header + "[a] ", Self.header + "- "] {
            let fits = Array(
                (head + String(repeating: "x", count: Self.room - head.utf8.count + (head.hasSuffix("- ") ? 1 : 0)))
                    .utf8)
            #expect(Self.cut(fits).originalLength == 0)
            #expect(Self.cut(fits).bytes.count == Self.room)
            #expect(Self.cut(fits + [0x78]).originalLength == fits.count + 1)
            #expect(Self.cut(fits + [0x20]).originalLength == 0)
        }
    }

    @Test func structuredDataThatFillsALineBecomesText() {
        let text = Array((Self.header + "[a b=\"" + String(repeating: "x", count: 5_000) + "\"] text").utf8)
        let line = Self.cut(text)
        #expect(String(decoding: line.head, as: UTF8.self) == Self.header)
        #expect(String(decoding: line.tail.prefix(10), as: UTF8.self) == " [a b=\"xxx")
        #expect(line.originalLength == text.count)
    }

    @Test func framersLengthIsPassedOn() {
        #expect(Self.cut(Array("<30>x".utf8), originalLength: 99_999).originalLength == 99_999)
    }

    /// What a cut at an octet leaves of a character is not escaped.
    @Test func partsOfACharacterAreDropped() {
        for (character, kept) in [("é", 1), ("€", 1), ("€", 2), ("😀", 1), ("😀", 2), ("😀", 3)] {
            let frame = Array((Self.header + "- x").utf8) + Array(character.utf8).prefix(kept)
            #expect(String(decoding: Self.cut(frame, originalLength: 1000).tail, as: UTF8.self) == " x")
            #expect(String(decoding: Self.cut(frame).tail, as: UTF8.self).hasPrefix(" x#3"))
        }
        let whole = Array((Self.header + "- xé").utf8)
        #expect(String(decoding: Self.cut(whole, originalLength: 1000).tail, as: UTF8.self) == " xé")
    }

    // MARK: - Properties

    @Test(arguments: 0..<100)
    func linesAreMessagesAgain(seed: Int) {
        var random = SplitMix(state: UInt64(seed))
        let parts =
            [
                "<13>", "1 ", "<30>1 2026-11-23T06:15:00.123Z ", "Nov 23 06:15:00 ", "2026-11-23T06:15:00", "-", " ",
                "- ", "h", "app[1]: ", "[a b=\"c\"]", "[waxwing@1 l=\"x\"]",
                "[\(received) time=\"x\"]", "[x y=\"\\\"\\]\u{1}\"]", "é", "\u{FEFF}", "\u{1}", "\\", "\"", "]", "[",
                "\t", "😀", "12: ", "*", "%A-1-B: ", "ERROR ",
                String(repeating: "n", count: 40), String(repeating: "\u{1}", count: 700),
            ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0xE2, 0x82]]
        for _ in 0..<20 {
            let count = Int.random(in: 1...14, using: &random)
            let frame = (0..<count).flatMap { _ in parts.randomElement(using: &random)! }
            #expect(Invariants.violation(frame: frame, originalLength: 0) == nil, "\(frame)")
        }
    }

    @Test func writerThatIsTooSmall() {
        let frame = Array((Self.header + "[a b=\"\u{1}\"] text").utf8)
        for capacity in 0..<60 {
            let result = written(capacity: capacity) {
                _ = CanonicalEncoder().encode(
                    Parsed(frame).message, from: unsafe frame.span.bytes, source: Source(receivedAt: receivedAt),
                    originalLength: 0, into: &$0)
            }
            #expect(result == "overflow" || result.utf8.count <= capacity)
        }
    }
}
