import Foundation
import Testing
import TransparencyLog

/// Any bytes are explained and redacted: what comes out is as long as what went in, and well-formed.
@Suite struct HostileInputTests {
    /// Records out of the pieces that parsers trip over, always the same ones.
    private static let records: [[UInt8]] = {
        let pieces =
            [
                "<", ">", "13", "<34>1 ", "1 ", "2026-11-23T12:00:00Z ", "Nov 23 12:00:00 ", "host ", "app[7]: ", "- ",
                "[", "]",
                "\"", "\\", "a@1 ", "k=\"v\" ", "[redacted@32473 ", "received@32473", "password=", "hskey-auth-",
                "Bearer ",
                "-----BEGIN PRIVATE KEY-----", "{\"token\":", "\r", "\t", "\0", "\u{1B}", "é", "\u{9B}", "\u{FEFF}",
                "#033",
            ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0xED, 0xA0, 0x80]]
        var state: UInt64 = 42
        func next(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        return (0..<2000).map { _ in (0...next(12)).flatMap { _ in pieces[next(pieces.count)] } }
    }()

    @Test func everyRecordIsExplained() throws {
        let place = Workplace()
        place.write("in.b64", Array(Self.records.map { Base64.encode($0) + "\n" }.joined().utf8))
        let outcome = Child(
            ["explain", "--json", "--base64", "--now", "2026-11-23T12:00:00Z", "in.b64"], in: place.path
        ).wait()
        #expect(outcome.status == 0)
        #expect(outcome.errors.isEmpty)
        let lines = outcome.output.split(separator: 0x0A)
        #expect(lines.count == Self.records.count)
        for (line, record) in zip(lines, Self.records) {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
            #expect(object.count == 16, "\(record)")
            let canonical = try #require(object["canonical"] as? String)
            let isClean = canonical.unicodeScalars.allSatisfy { $0 == "\t" || ($0 >= " " && $0 != "\u{7F}") }
            #expect(isClean, "\(record)")
        }
    }

    /// No control character of a record reaches the terminal.
    @Test func explanationsForPeopleAreHarmless() {
        let place = Workplace()
        place.write("in.b64", Array(Self.records.map { Base64.encode($0) + "\n" }.joined().utf8))
        let outcome = Child(["explain", "--base64", "--now", "2026-11-23T12:00:00Z", "in.b64"], in: place.path).wait()
        #expect(outcome.status == 0)
        let text = String(decoding: outcome.output, as: UTF8.self)
        let controls = text.unicodeScalars.filter { $0.properties.generalCategory == .control }
        #expect(Set(controls).isSubset(of: ["\n", "\t"]))
    }

    @Test func streamsOfAnythingEndInOrder() {
        let place = Workplace()
        for part in 0..<20 {
            place.write("in.bin", Array(Self.records[(part * 100)..<(part * 100 + 100)].joined()))
            let outcome = Child(["explain", "--framed", "--json", "in.bin"], in: place.path).wait()
            #expect(outcome.status == 0 || outcome.status == 69)
        }
    }

    @Test func everyLineStaysALine() {
        let place = Workplace()
        place.write("in.log", Array(Self.records.map { $0 + [0x0A] }.joined()))
        let outcome = Child(["redact", "in.log"], in: place.path).wait()
        #expect(outcome.status == 0)
        #expect(outcome.output.count { $0 == 0x0A } == Self.records.count)
    }

    /// A line longer than the tool's memory for one is still one line.
    @Test func longLineStaysALine() {
        let place = Workplace()
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: 3 << 20) + Array(" end\r\n".utf8)
        place.write("in.log", line + Array("password=hunter22\n".utf8))
        let outcome = Child(["redact", "in.log"], in: place.path).wait()
        #expect(outcome.output == line + Array("password=<redacted>\n".utf8))
    }
}
