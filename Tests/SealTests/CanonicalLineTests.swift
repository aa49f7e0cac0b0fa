import Seal
import Testing
import TransparencyLog

@Suite("Canonical line")
struct CanonicalLineTests {
    static let header = "<13>1 2026-11-23T06:15:00.000Z host app 100 ID1 "
    static let identity = #"[waxwing@32473 l="41342dd0" i="7"]"#
    static let seal = #"[waxwing-seal@32473 v="1"]"#
    static let signature = #"[waxwing-sig@32473 root=""]"#
    static let second = #"[waxwing-2@32473 l="00000001" i="9"]"#
    static let third = #"[waxwing-3@1 l="ffffffff" i="0" trunc="70000"]"#

    // MARK: - Where the leaf is

    /// Structured data in front of the identity.
    static let leaders: [String] = [
        "", "[a@1]", "[a@1 b=\"c\"]", "[a@1 b=\"c\"][d@2 e=\"\"]", #"[a@1 b="\"\]\\"]"#,
        #"[a@1 b="[waxwing@1 l=\"41342dd0\" i=\"5\"\]"]"#, #"[x-waxwing@32473 l="41342dd0" i="5"]"#,
        #"[waxwing@x l="41342dd0" i="5"]"#, #"[waxwing@ l="41342dd0" i="5"]"#,
        #"[waxwingx@1 l="41342dd0" i="5"]"#,
        #"[waxwing@32473x l="41342dd0" i="5"]"#, #"[waxwing l="41342dd0" i="5"]"#,
        #"[waxwing@12345678901234567890 l="41342dd0" i="5"]"#, "[é b=\"ü\"]",
        #"[a@1 b="\\\\"][c d="\\\""]"#,
        "[a b=\"\(String(repeating: "x", count: 300))\"]",
    ]

    @Test(arguments: leaders)
    func findsTheIdentity(before: String) {
        for message in ["", " ", " hello", " [waxwing@1 l=\"00000000\" i=\"0\"]", " \"]["] {
            let text = Self.header + before + Self.identity + message
            let line = CanonicalLine(text)
            #expect(line.kind == .record)
            #expect(line.violation == nil)
            #expect(line.index == 7)
            #expect(line.log.description == "41342dd0")
            #expect(line.originalLength == nil)
            #expect(line.isWhole)
            #expect(line.leaf(of: Array(text.utf8)) == Array(text.utf8))
        }
    }

    /// Elements behind the identity, and which of them are in the leaf.
    static let followers: [(String, String)] = [
        ("", ""), (seal + signature, seal), (second, ""), (second + third, ""), (third, ""),
        (seal + signature + second, seal), ("\(seal)\(signature)\(second)\(third)", seal),
    ]

    @Test(arguments: followers)
    func leavesOutWhatIsNotTheLeaf(elements: String, kept: String) {
        for message in ["", " ", " hello"] {
            let text = Self.header + "[a@1 b=\"c\"]" + Self.identity + elements + message
            let line = CanonicalLine(text)
            #expect(line.violation == nil)
            #expect(line.kind == (kept.isEmpty ? .record : .seal))
            let leaf = Self.header + "[a@1 b=\"c\"]" + Self.identity + kept + message
            #expect(String(decoding: line.leaf(of: Array(text.utf8)), as: UTF8.self) == leaf)
            #expect(line.signatureElement.count == (kept.isEmpty ? 0 : Self.signature.utf8.count))
            let extent = line.extent(at: 1000)
            #expect(Int(extent.offset) == 1000)
            #expect(Int(extent.length + extent.tailLength) == leaf.utf8.count)
            if extent.tailLength > 0 {
                #expect(Int(extent.tailOffset + extent.tailLength) == 1000 + text.utf8.count)
            }
        }
    }

    @Test func relayElementsAreFound() {
        let text =
            Self.header + Self.identity + Self.seal + Self.signature + Self.second + Self.third + " m"
        let line = CanonicalLine(text)
        let bytes = Array(text.utf8)
        #expect(String(decoding: bytes[line.relayElements], as: UTF8.self) == Self.second + Self.third)
        #expect(String(decoding: bytes[line.signatureElement], as: UTF8.self) == Self.signature)
        #expect(CanonicalLine(Self.header + Self.identity).relayElements.isEmpty)
    }

    // MARK: - Numbers

    @Test(arguments: [
        ("0", 0 as UInt64?), ("1", 1), ("9223372036854775806", 9_223_372_036_854_775_806),
        ("9223372036854775807", nil),
        ("18446744073709551616", nil), ("99999999999999999999999999", nil), ("", nil), ("00", nil),
        ("01", nil),
        ("-1", nil),
        ("+1", nil), ("1x", nil), (" 1", nil), ("1 ", nil), ("0x1", nil),
    ])
    func indexes(text: String, index: UInt64?) {
        let line = CanonicalLine(Self.header + #"[waxwing@1 l="41342dd0" i="\#(text)"] m"#)
        #expect(line.index == index)
        #expect(line.violation == (index == nil ? .identity : nil))
        #expect(line.kind == .record)
    }

    @Test(arguments: [
        ("1", 1 as UInt64?), ("70000", 70_000), ("0", nil), ("", nil), ("007", nil), ("x", nil),
        ("9223372036854775807", 9_223_372_036_854_775_807), ("9223372036854775808", nil),
    ])
    func originalLengths(text: String, length: UInt64?) {
        let line = CanonicalLine(Self.header + #"[waxwing@1 l="41342dd0" i="3" trunc="\#(text)"] m"#)
        #expect(line.originalLength == length)
        #expect(line.index == (length == nil ? nil : 3))
    }

    // MARK: - Foreign lines

    @Test(arguments: [
        "", "<", "<13>1", "hello", "<13>1 - - - - - -",
        "<13>1 - - - - - - [waxwing@1 l=\"41342dd0\" i=\"5\"]",
        "<13>1 - - - - - [a@1] [waxwing@1 l=\"41342dd0\" i=\"5\"]", "<13>1 - - - - -",
        "<13>1 - - - - - ",
        "<13>1 - - - - - [", "<13>1 - - - - - [a b=\"]", "<13>1 - - - - - [a b=\"\\",
        "<13>1 - - - - - [a b=\"x\"",
        " <13>1 - - - - - [waxwing@1 l=\"41342dd0\" i=\"5\"]",
        "<13>1 - - - - [waxwing@1 l=\"41342dd0\" i=\"5\"]",
        "<13>1 - - - - - [x-waxwing@1 l=\"41342dd0\" i=\"5\"]", "<13>1 - - - - - [waxwing@1",
        "<13>1 - - - - - [waxwing@1x]",
        "<13>1 - - - - - [Waxwing@1 l=\"41342dd0\" i=\"5\"]",
        "<13>1 - - - - - [waxwing-2@1 l=\"41342dd0\" i=\"5\"]",
    ])
    func foreign(text: String) {
        let line = CanonicalLine(text)
        #expect(line.kind == .foreign)
        #expect(line.violation == nil)
        #expect(line.index == nil)
        #expect(line.leaf(of: Array(text.utf8)) == Array(text.utf8))
    }

    // MARK: - Violations

    @Test(arguments: [
        #"[waxwing@1]"#, #"[waxwing@1 l="41342dd0"]"#, #"[waxwing@1 i="5"]"#,
        #"[waxwing@1 i="5" l="41342dd0"]"#,
        #"[waxwing@1 l="41342dd" i="5"]"#, #"[waxwing@1 l="41342dd00" i="5"]"#,
        #"[waxwing@1 l="41342DD0" i="5"]"#,
        #"[waxwing@1 l="41342ddg" i="5"]"#, #"[waxwing@1  l="41342dd0" i="5"]"#,
        #"[waxwing@1 l="41342dd0"  i="5"]"#,
        #"[waxwing@1 l="41342dd0" i="5" ]"#, #"[waxwing@1 l="41342dd0" i="5" x="6"]"#,
        #"[waxwing@1 l="41342dd0" i="5" i="6"]"#,
        #"[waxwing@1 l="41342dd0" i="5" trunc="9" x="1"]"#, #"[waxwing@1 l="41342dd0" i="5""#,
        #"[waxwing@1 l='41342dd0' i='5']"#,
        #"[waxwing@1 L="41342dd0" I="5"]"#, #"[waxwing@1 l="41342dd/" i="5"]"#,
        #"[waxwing@1 l="41342dd:" i="5"]"#, #"[waxwing@1 l="`1342dd0" i="5"]"#, #"[waxwing@1 l="4134\u{1}dd0" i="5"]"#,
    ])
    func identitiesThatAreNot(element: String) {
        let line = CanonicalLine(Self.header + element + " hello")
        #expect(line.kind == .record)
        #expect(line.violation == .identity)
        #expect(line.index == nil)
    }

    static let strays: [String] = [
        "[a@1]", "[a@1 b=\"c\"]", identity, signature, "[waxwing-1@1 l=\"00000001\" i=\"9\"]",
        "[waxwing-0@1 l=\"00000001\" i=\"9\"]", "[waxwing-02@1 l=\"00000001\" i=\"9\"]",
        "[waxwing-2@1 l=\"00000001\"]",
        "[waxwing-2@ l=\"00000001\" i=\"9\"]", "[waxwing-2@1 l=\"00000001\" i=\"9\" note=\"x\"]",
        "[waxwing-2@1 l=\"0000000G\" i=\"9\"]", "[waxwing-x@1 l=\"00000001\" i=\"9\"]",
        "\(second)\(second)",
        "\(third)\(second)", "\(second)[a@1]", "\(second)\(seal)\(signature)", "\(second)\(signature)",
        "[a@1]\(second)",
        "[waxwing-seal@1 v=\"1\"]\(signature)", "\(seal)\(signature)\(signature)",
        "\(seal)\(signature)\(seal)",
        "\(seal)\(signature)[a]", "\(seal)\(second)\(signature)", "[redacted@32473 rule=\"x\" n=\"1\"]",
        "[]", "[é]",
    ]

    @Test(arguments: strays)
    func elementsThatDoNotBelongThere(elements: String) {
        for message in ["", " hello"] {
            let text = Self.header + Self.identity + elements + message
            let line = CanonicalLine(text)
            #expect(line.violation != nil)
            #expect(line.index == 7)
            #expect(line.log.description == "41342dd0")
        }
    }

    static let others: [(String, CanonicalLine.Violation)] = [
        (seal, .unsigned), ("\(seal)\(second)", .unsigned),
        ("\(seal)[waxwing-sig@1 root=\"\"]", .unsigned),
        ("x", .structure), ("\thello", .structure), ("[", .structure), ("[a", .structure),
        ("[a b=\"]", .structure),
        ("\(second)x", .structure), ("\(seal)\(signature)x", .structure), ("]", .structure),
    ]

    @Test(arguments: others)
    func otherViolations(rest: String, violation: CanonicalLine.Violation) {
        let line = CanonicalLine(Self.header + Self.identity + rest)
        #expect(line.violation == violation)
        #expect(line.index == 7)
    }

    /// Text added behind the identity is always noticed: either it is in the leaf or it is a violation.
    @Test func nothingCanBeAddedUnnoticed() {
        let text = Array((Self.header + "[a@1 b=\"c\"]" + Self.identity + " hello").utf8)
        let leaf = CanonicalLine(text).leaf(of: text)
        let insertions = [
            "x", " ", "[a b=\"c\"]", "\"", "]", "[", "\\", Self.seal, Self.signature,
            Self.seal + Self.signature,
        ]
        for insertion in insertions {
            for position in 0...text.count {
                let altered = Array(text[..<position]) + Array(insertion.utf8) + Array(text[position...])
                let line = CanonicalLine(altered)
                #expect(line.violation != nil || line.kind == .foreign || line.leaf(of: altered) != leaf)
            }
        }
    }

    // MARK: - Against the grammar, byte by byte

    /// Where the structured data that begins at `start` has its first element called `waxwing@` and digits, by the
    /// plainest reading of RFC 5424 §6.3; nil if there is none before it ends or breaks off.
    private static func identity(in bytes: [UInt8], from start: Int) -> Int? {
        var position = start
        while position < bytes.count, bytes[position] == UInt8(ascii: "[") {
            let name = bytes[(position + 1)...].prefix {
                $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "]")
            }
            let digits = name.dropFirst(8)
            if name.starts(with: Array("waxwing@".utf8)), (1...19).contains(digits.count),
                digits.allSatisfy({ (0x30...0x39).contains($0) }), name.endIndex < bytes.count
            {
                return position
            }
            var (isQuoted, isEscaped) = (false, false)
            while position < bytes.count {
                let byte = bytes[position]
                if isEscaped {
                    isEscaped = false
                } else if isQuoted, byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isQuoted.toggle()
                } else if !isQuoted, byte == UInt8(ascii: "]") {
                    break
                }
                position += 1
            }
            position += 1
        }
        return nil
    }

    @Test func agreesWithThePlainestReading() {
        var random = SystemRandomNumberGenerator()
        let pieces = [
            "[", "]", "\"", "\\", "a", " ", "=", "x=\"y\"", "\\\"", "\\]", "][", "é", "abcdefghijklmnop",
            "\\\\",
        ]
        var found = 0
        for _ in 0..<30_000 {
            var data = "[a"
            for _ in 0..<Int.random(in: 0..<12, using: &random) {
                data += pieces.randomElement(using: &random)!
            }
            if Bool.random(using: &random) { data += "\"]" }
            if Bool.random(using: &random) { data += "]" }
            let bytes = Array((Self.header + data + Self.identity + " m").utf8)
            let expected = Self.identity(in: bytes, from: Self.header.utf8.count)
            let line = CanonicalLine(bytes)
            if line.index != (expected == nil ? nil : 7) { Issue.record("another reading of \(data)") }
            if expected != nil { found += 1 }
        }
        #expect(found > 1000)
    }

    /// A backslash, a quotation mark and a bracket in every place of a value of every length.
    @Test func everyAlignment() {
        for length in 0..<70 {
            for place in 0...length {
                for escape in [#"\""#, #"\\"#, #"\]"#, "]", "[", #"" b=""#] {
                    let value =
                        String(repeating: "v", count: place) + escape
                        + String(repeating: "w", count: length - place)
                    let line = CanonicalLine(Self.header + "[a@1 b=\"\(value)\"]" + Self.identity)
                    if line.index != 7 || line.violation != nil { Issue.record("not found behind \(value)") }
                }
            }
        }
    }

    // MARK: - Hostile bytes

    @Test func anyBytesAreTaken() {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("[]\"\\ waxwing@-seal2sig<1>=li".utf8) + [0x00, 0xFF, 0xC3]
        for _ in 0..<20_000 {
            let length = Int.random(in: 0..<120, using: &random)
            let bytes = (0..<length).map { _ in alphabet.randomElement(using: &random)! }
            if !isSound(CanonicalLine(bytes), bytes) { Issue.record("not sound: \(bytes)") }
        }
    }

    @Test func anyChangeOfARealLineIsTaken() {
        var random = SystemRandomNumberGenerator()
        let lines = Vectors.lines.map { Array($0.utf8) }
        for _ in 0..<20_000 {
            var bytes = lines.randomElement(using: &random)!
            for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[position] = UInt8.random(in: 0...255, using: &random)
                case 1:
                    bytes.removeSubrange(
                        position..<min(bytes.count, position + Int.random(in: 1...20, using: &random)))
                case 2:
                    bytes.insert(contentsOf: bytes[position..<min(bytes.count, position + 30)], at: position)
                default: bytes.removeLast(bytes.count - position)
                }
            }
            if !isSound(CanonicalLine(bytes), bytes) { Issue.record("not sound: \(bytes)") }
        }
    }

    /// What holds for every line there is.
    private func isSound(_ line: CanonicalLine, _ bytes: [UInt8]) -> Bool {
        let (head, tail) = (line.leafHead, line.leafTail)
        let isInOrder =
            head.lowerBound == 0 && head.upperBound <= tail.lowerBound && tail.upperBound == bytes.count
        let isWithin =
            line.extent(at: 0).fits(in: bytes.count) && line.signatureElement.upperBound <= bytes.count
            && line.relayElements.upperBound <= bytes.count
        let isForeign = line.kind == .foreign
        return isInOrder && isWithin && line.isWhole == (head.count == bytes.count)
            && (line.index == nil) == (isForeign || line.violation == .identity)
            && (!isForeign || line.isWhole && line.violation == nil)
    }
}
