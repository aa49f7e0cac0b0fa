import Syslog
import Testing

@Suite struct FramerTests {
    /// Frames as text; `…N` behind one that was cut from N octets, `!code` for a refusal.
    private static func frames(_ text: String, limit: Int = 64, piece: Int = .max) -> [String] {
        let result = Frames(Array(text.utf8), limit: limit) { _ in piece }
        return result.frames.map {
            String(decoding: $0.bytes, as: UTF8.self) + ($0.originalLength == 0 ? "" : "…\($0.originalLength)")
        } + (result.mistake.map { ["!" + $0.code] } ?? [])
    }

    static let streams: [(String, [String])] = [
        ("", []), ("\n", []), ("\0\r\n\n\0", []),
        ("<13>a\n<13>b\n", ["<13>a", "<13>b"]), ("<13>a\r\n<13>b\r\n", ["<13>a", "<13>b"]),
        ("<13>a\0<13>b\0", ["<13>a", "<13>b"]), ("<13>a\r\0", ["<13>a\r"]), ("<13>a\r\r\n", ["<13>a\r"]),
        ("<13>a", ["<13>a"]), ("<13>a\r", ["<13>a"]), ("<13>a\rb\n", ["<13>a\rb"]),
        ("5 <13>a5 <13>b", ["<13>a", "<13>b"]), ("5 <13>a\n5 <13>b\r\n", ["<13>a", "<13>b"]),
        ("7 <13>a\nb6 <13>c\n", ["<13>a\nb", "<13>c"]), ("7 <13>a\r\n5 <13>b", ["<13>a", "<13>b"]),
        ("6 <13>a\0<13>b\n", ["<13>a", "<13>b"]), ("5 <13>a<13>b\n5 <13>c", ["<13>a", "<13>b", "<13>c"]),
        ("9 <13>a", ["<13>a…9"]), ("9 <", ["<…9"]), ("9 ", ["9 "]), ("9", ["9"]),
        ("5 hello5 world", ["hello", "world"]), ("5 hello\n", ["hello"]), ("5 hel\nlo\n", ["5 hel", "lo"]),
        ("5 hel\0lo\n", ["5 hel", "lo"]), ("5 hello world\n", ["hello", " world"]), ("5 hel", ["5 hel"]),
        ("2026 Nov 23 text\nx\n", ["2026 Nov 23 text", "x"]), ("12\n", ["12"]), ("12x 34\n", ["12x 34"]),
        // Leading zeros, only in front of a PRI; and a VERSION that is no count.
        ("05 <13>a005 <13>b", ["<13>a", "<13>b"]), ("00 <13>a\n", ["00 <13>a"]),
        ("005 hello5 world\n", ["005 hello5 world"]),
        ("1 2026-11-23T06:15:00Z h\n", ["1 2026-11-23T06:15:00Z h"]), ("0 <13>a\n", ["0 <13>a"]),
        ("000000005 <13>a\n", ["000000005 <13>a"]), ("123456789 <13>a\n", ["123456789 <13>a"]),
        ("12345678 a\n", ["12345678 a"]), ("5  <13>\n", [" <13>"]), ("1 \n", ["1 "]),
        // Too long.
        (
            "<13>" + String(repeating: "x", count: 60) + "\n<13>b\n",
            ["<13>" + String(repeating: "x", count: 60), "<13>b"]
        ),
        (
            "<13>" + String(repeating: "x", count: 61) + "\n<13>b\n",
            ["<13>" + String(repeating: "x", count: 60) + "…65", "<13>b"]
        ),
        (
            "<13>" + String(repeating: "x", count: 60) + "\r\n<13>b\n",
            ["<13>" + String(repeating: "x", count: 60), "<13>b"]
        ),
        ("<13>" + String(repeating: "x", count: 61) + "\r\n", ["<13>" + String(repeating: "x", count: 60) + "…65"]),
        ("<13>" + String(repeating: "x", count: 200), ["<13>" + String(repeating: "x", count: 60) + "…204"]),
        ("<13>" + String(repeating: "x", count: 200) + "\r", ["<13>" + String(repeating: "x", count: 60) + "…204"]),
        (
            "104 <13>" + String(repeating: "x", count: 100) + "5 <13>b",
            ["<13>" + String(repeating: "x", count: 60) + "…104", "<13>b"]
        ),
        ("104 <13>" + String(repeating: "x", count: 80), ["<13>" + String(repeating: "x", count: 60) + "…104"]),
        ("104 <13>" + String(repeating: "x", count: 20), ["<13>" + String(repeating: "x", count: 20) + "…104"]),
        (
            "100 " + String(repeating: "x", count: 100) + "5 <13>b",
            [String(repeating: "x", count: 64) + "…100", "<13>b"]
        ),
        (
            "100 " + String(repeating: "x", count: 80) + "\n5 <13>b",
            ["100 " + String(repeating: "x", count: 60) + "…84", "<13>b"]
        ),
        (
            "99999999 <13>" + String(repeating: "x", count: 60),
            ["<13>" + String(repeating: "x", count: 60) + "…99999999"]
        ),
    ]

    /// A cut leaves no part of a character; what stands behind it makes no difference.
    @Test(arguments: ["é", "€", "😀"])
    func cutsBetweenCharacters(character: String) {
        let size = character.utf8.count
        for fill in 56...60 {
            let body = "<13>" + String(repeating: "x", count: fill) + String(repeating: character, count: 20)
            let length = body.utf8.count
            let kept =
                "<13>" + String(repeating: "x", count: fill)
                + String(repeating: character, count: (60 - fill) / size) + "…\(length)"
            for stream in [body + "\n", body, "\(length) \(body)", "\(length) \(body.prefix(66))"] {
                for piece in [1, 7, .max] { #expect(Self.frames(stream, piece: piece) == [kept]) }
            }
        }
        // A frame that consists of nothing else is not made empty.
        #expect(Self.frames(character + "\n", limit: size - 1).count == 1)
    }

    @Test(arguments: streams)
    func frames(stream: String, expected: [String]) {
        #expect(Self.frames(stream) == expected)
    }

    /// Streams of up to about 20 octets in every possible cut, the longer ones in pieces of every size.
    @Test(arguments: streams)
    func cutsMakeNoDifference(stream: String, expected: [String]) {
        let bytes = Array(stream.utf8)
        for size in 1...max(1, bytes.count) { #expect(Self.frames(stream, piece: size) == expected) }
        guard bytes.count <= 14 else { return }
        for cuts in 0..<(1 << max(0, bytes.count - 1)) {
            let result = Frames(bytes, limit: 64) { arrived in
                1 + (arrived..<bytes.count).prefix { cuts & 1 << $0 == 0 }.count
            }
            #expect(result == Frames(bytes, limit: 64) { _ in .max })
        }
    }

    @Test(arguments: 0..<200)
    func randomStreams(seed: Int) {
        var random = SplitMix(state: UInt64(seed))
        let parts = [
            "<13>", "a", "\n", "\0", "\r", " ", "7 ", "12 <", "40 ", "5 hello", String(repeating: "z", count: 30), "é",
        ]
        let stream = (0..<60).flatMap { _ in Array(parts.randomElement(using: &random)!.utf8) }
        let limit = [4, 10, 25, 64].randomElement(using: &random)!
        let whole = Frames(stream, limit: limit) { _ in .max }
        for _ in 0..<20 {
            let pieces = Frames(stream, limit: limit) { _ in Int.random(in: 1...15, using: &random) }
            #expect(pieces == whole)
        }
        #expect(whole.frames.allSatisfy { $0.bytes.count <= limit && !$0.bytes.isEmpty })
    }

    @Test func memoryIsBounded() {
        for stream in [
            "<13>" + String(repeating: "x", count: 100_000), "90000 " + String(repeating: "x", count: 100_000),
            "90000 <" + String(repeating: "x", count: 100_000),
        ] {
            let result = Frames(Array(stream.utf8), limit: 1_000) { _ in 100 }
            #expect(result.heldMax <= 1_000 + 9)
        }
    }

    /// A frame that arrives octet by octet is searched once, not again from its beginning.
    @Test func doesNotSearchAgain() {
        let stream = [UInt8](repeating: UInt8(ascii: "x"), count: 4_000_000)
        var framer = Framer(limit: 1 << 22)
        let clock = ContinuousClock()
        let time = clock.measure {
            for length in stride(from: 1000, through: stream.count, by: 1000) {
                var position = 0
                #expect(
                    framer.next(unsafe stream.span.bytes.extracting(first: length), position: &position)
                        == .incomplete(keep: length))
            }
        }
        // 8 GB of searching otherwise.
        #expect(time < .seconds(3))
    }

    @Test func datagrams() {
        for (text, length) in [("<13>a", 5), ("<13>a\n", 5), ("<13>a\r\n\0", 5), ("\n", 0), ("", 0), ("a\nb\n", 3)] {
            let bytes = Array(text.utf8)
            let (frame, originalLength) = Framer.datagram(unsafe bytes.span.bytes)
            #expect(frame == 0..<length && originalLength == 0)
        }
    }

    @Test(arguments: [
        ("<13>abc\n", 7, 7, 0), ("<13>abc\n", 6, 6, 7), ("<13>é", 5, 4, 6), ("<13>é", 6, 6, 0), ("\n", 1, 0, 0),
    ])
    func datagramsAreCut(text: String, limit: Int, length: Int, originalLength: Int) {
        let bytes = Array(text.utf8)
        let cut = Framer.datagram(unsafe bytes.span.bytes, limit: limit)
        #expect(cut.frame == 0..<length && cut.originalLength == originalLength)
    }

    // MARK: - Mistakes

    @Test(arguments: [
        ("\u{16}\u{3}\u{1}\u{2}", ["!tls"]), ("\u{16}x", ["!binary"]), ("\u{16}", ["!binary"]),
        ("GET / HTTP/1.1\r\nHost: a\r\n", ["!http"]), ("POST /services/collector HTTP/1.0\n", ["!http"]),
        ("OPTIONS * HTTP/1.1\n", ["!http"]), ("PRI * HTTP/2.0\r\n\r\nSM\r\n", ["!http"]),
        ("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", ["!proxy"]), ("PROXY UNKNOWN\r\n", ["!proxy"]),
        ("\r\n\r\n\0\r\nQUIT\n!", ["!proxy"]), ("SSH-2.0-OpenSSH_9.6\r\n", ["!ssh"]),
        ("\u{3}\0\0\u{13}", ["!binary"]), ("\n\n\u{1}x\n", ["!binary"]), ("ab\u{7}c\n", ["!binary"]),
        // Honest streams.
        ("\r\n\r\n\0\r\nQUIX\n", ["QUIX"]), ("GET your logs\n", ["GET your logs"]),
        ("get / HTTP/1.1\n", ["get / HTTP/1.1"]),
        ("HTTP/1.1\n", ["HTTP/1.1"]), ("<13>GET / HTTP/1.1\n", ["<13>GET / HTTP/1.1"]),
        ("<13>\u{1}\n", ["<13>\u{1}"]), ("5 \u{1}\u{2}\u{3}\u{4}\u{5}\n", ["\u{1}\u{2}\u{3}\u{4}\u{5}"]),
        ("\u{1B}[31mred\n", ["\u{1B}[31mred"]),
        ("<13>a\nGET / HTTP/1.1\n\u{16}\u{3}\n", ["<13>a", "GET / HTTP/1.1", "\u{16}\u{3}"]),
        ("longword\u{1}\n", ["longword\u{1}"]), ("PROXY me\n", ["PROXY me"]),
    ])
    func mistakes(stream: String, expected: [String]) {
        for size in 1...max(1, stream.utf8.count) { #expect(Self.frames(stream, piece: size) == expected) }
    }

    @Test func refusalStays() {
        var framer = Framer()
        var position = 0
        let bytes = Array("GET / HTTP/1.1\n<13>x\n".utf8)
        #expect(framer.next(unsafe bytes.span.bytes, position: &position) == .refused(.http))
        #expect(framer.next(unsafe bytes.span.bytes, position: &position) == .refused(.http))
        #expect(framer.finish(unsafe bytes.span.bytes, position: &position) == .refused(.http))
    }

    @Test func everyMistakeHasARemedy() {
        for mistake in ProtocolMistake.allCases { #expect(mistake.remedy.contains("the peer")) }
    }
}
