import OpenSSL
import Seal
import Testing
import TransparencyLog

@Suite("Seal record")
struct SealRecordTests {
    static let first = Vectors.seals[0]
    static let second = Vectors.seals[1]
    static let zeroHash = String(repeating: "A", count: 43) + "="

    /// One replacement in the second seal of the vector, and why the result is refused.
    static let deviations: [(from: String, to: String, code: SealError.Code)] = [
        // Header
        ("<110>1 ", "<111>1 ", .header), ("<110>1 ", "<110>2 ", .header),
        (" waxwing 4242", " waxwinx 4242", .header),
        (" waxwing 4242", " - 4242", .header), (" 4242 ", " - ", .header),
        (" 4242 ", " 04242 ", .header),
        (" 4242 ", " 4294967296 ", .header), (" SEAL ", " SEA ", .header), (" SEAL ", " - ", .header),
        ("relay1.example.net waxwing", String(repeating: "h", count: 256) + " waxwing", .header),
        ("relay1.example.net waxwing", "réläy waxwing", .header), ("03.000Z", "03.000z", .timestamp),
        ("03.000Z", "03.00Z", .timestamp), ("03.000Z", "03.000000Z", .timestamp),
        ("03.000Z", "03.000+00:00", .timestamp),
        ("2026-11-23T", "2026-11-31T", .timestamp), ("2026-11-23T", "2026-11-23_", .timestamp),
        ("2026-", "1969-", .timestamp),
        ("06:15", "24:15", .timestamp), ("06:15", "06:60", .timestamp), (":03.", ":60.", .timestamp),
        // Identity
        (#"i="5"]"#, #"i="5" trunc="70000"]"#, .identity),
        (#"SEAL ["#, #"SEAL [a@1 b="c"]["#, .identity),
        (#"i="5"]"#, #"i="4"]"#, .inconsistent), (#"l="41342dd0""#, #"l="41342dd1""#, .inconsistent),
        // waxwing-seal
        (#"v="1""#, #"v="2""#, .sealElement), (#"v="1" "#, "", .sealElement),
        (#"v="1" log"#, #"v="1"  log"#, .sealElement),
        (#"s="2" from="3""#, #"from="3" s="2""#, .sealElement), (#"s="2""#, #"s="02""#, .sealElement),
        (#"s="2""#, #"s="""#, .sealElement), (#"s="2""#, #"S="2""#, .sealElement),
        (#"n="6" key"#, #"n="6" x="1" key"#, .sealElement),
        (#"key="f60b5335""#, #"key="F60B5335""#, .sealElement),
        (#"key="f60b5335""#, #"key="f60b533""#, .sealElement),
        (#"why="age""#, #"why="AGE""#, .sealElement), (#"why="age""#, #"why="other""#, .sealElement),
        (#"why="age""#, #"why="""#, .sealElement), (#"drop="0"]"#, "]", .sealElement),
        (#"drop="0"]"#, #"drop="0" ]"#, .sealElement),
        (#"drop="0"]"#, #"drop="0" drop="0"]"#, .sealElement),
        (#"drop="0"]"#, #"drop="-1"]"#, .sealElement),
        (#"drop="0"]"#, #"drop="9223372036854775808"]"#, .sealElement),
        (#"log="relay1"#, #"log="relay 1"#, .sealElement),
        (#"log="relay1.example.net/all""#, #"log="""#, .sealElement),
        (#"log="relay1"#, #"log="relay2"#, .inconsistent),
        (#"s="2""#, #"s="0""#, .inconsistent), (#"s="2""#, #"s="1""#, .inconsistent),
        (#"s="2""#, #"s="5""#, .inconsistent),
        (#"from="3""#, #"from="6""#, .inconsistent), (#"from="3""#, #"from="7""#, .inconsistent),
        (#"from="3""#, #"from="0""#, .inconsistent), (#"from="3""#, #"from="4""#, .inconsistent),
        (#"from="3""#, #"from="5""#, .message), (#"n="6""#, #"n="7""#, .inconsistent),
        (#"key="f60b5335""#, #"key="f60b5336""#, .inconsistent),
        // waxwing-sig
        (#"root="zGYh"#, #"root="zGY"#, .signatureElement),
        (#"root="zGYh"#, #"root="zGY!"#, .signatureElement),
        (#"root="zGYh"#, #"ROOT="zGYh"#, .signatureElement),
        (#"f="eElU"#, #"f="eEl"#, .signatureElement),
        (#"p="WFHr"#, #"p="WFH"#, .signatureElement), (#"sig="9gtT"#, #"sig="9gt"#, .signatureElement),
        (#"sig="9gtT"#, #"sig="9gtTAAAA"#, .signatureElement),
        (#"ZQAQ=""#, #"ZQAR=""#, .signatureElement),
        (#" p="WFHrcXbYvTwIZf/aAlVj1JK3yxGrFd2xgtDJr+HaDvo=""#, "", .signatureElement),
        (#"mac="yIyo"#, #"mac="yIy"#, .signatureElement),
        (#"mac="yIyo9m8Nx/lKXx2+mgtmtqr6V7iktuYpWzpoMJ0rJQM=""#, #"mac="""#, .signatureElement),
        (#"JQM="]"#, #"JQM=" ]"#, .signatureElement), (#"JQM="]"#, #"JQM=" x="1"]"#, .signatureElement),
        (#"p="WFHrcXbYvTwIZf/aAlVj1JK3yxGrFd2xgtDJr+HaDvo=""#, #"p="""#, .inconsistent),
        (#"sig="9gtT"#, #"sig="9gtU"#, .inconsistent),
        (
            #"f="eElUiePp5d7/Scmm1WlIvsrz3QwDdHWUqWigaEKbV2NYUetxdti9PAhl/9oCVWPUkrfLEasV3bGC0Mmv4doO+g==""#,
            #"f="""#,
            .inconsistent
        ),
        (
            #"f="eElUiePp5d7/Scmm1WlIvsrz3QwDdHWUqWigaEKbV2NYUetxdti9PAhl/9oCVWPUkrfLEasV3bGC0Mmv4doO+g==""#,
            #"f="\#(zeroHash)""#, .inconsistent
        ),
        // Behind the elements
        ("[waxwing-sig@32473", "[waxwing-sig@32474", .trailing),
        ("[waxwing-seal@32473", "[waxwing-seal@32474", .notSeal),
        ("[waxwing-seal@32473", "[waxwing-sea@32473", .notSeal),
        ("[waxwing-sig@32473", "[a@1][waxwing-sig@32473", .trailing),
        (" sealed records", "[a@1] sealed records", .trailing), (" sealed", "x sealed", .trailing),
        (" sealed records 3..5", "", .message), (" sealed records 3..5", " ", .message),
        ("3..5", "3..5 ", .message),
        ("3..5", "3..6", .message), ("3..5", "2..5", .message), ("3..5", "03..5", .message),
        ("3..5", "3...5", .message),
        (" sealed records", "  sealed records", .message),
        (" sealed records", " Sealed records", .message),
        ("3..5", "3..5 and more", .message),
    ]

    @Test(arguments: deviations)
    func refusesEveryDeviation(deviation: (from: String, to: String, code: SealError.Code)) throws {
        let text = Self.second
        let range = try #require(text.firstRange(of: deviation.from))
        let altered = text.replacingCharacters(in: range, with: deviation.to)
        #expect(altered != text)
        #expect(throws: SealError(deviation.code, "")) { try SealRecord(altered) }
    }

    @Test(arguments: [
        (#"s="1""#, #"s="2""#, SealError.Code.inconsistent),
        (#"p="""#, #"p="\#(zeroHash)""#, .inconsistent),
        (#"f="""#, #"f="\#(zeroHash)""#, .inconsistent),
    ])
    func refusesAFirstSealThatFollowsAnother(from: String, to: String, code: SealError.Code) throws {
        let range = try #require(Self.first.firstRange(of: from))
        #expect(throws: SealError(code, "")) {
            try SealRecord(Self.first.replacingCharacters(in: range, with: to))
        }
    }

    @Test func refusesRecordsThatAreNotSeals() {
        for line in Vectors.lines where !Vectors.seals.contains(line) {
            #expect(throws: SealError(.notSeal, "")) { try SealRecord(line) }
        }
    }

    /// The MAC is the one thing that may be missing.
    @Test func aSealWithoutMAC() throws {
        let start = try #require(Self.second.firstRange(of: " mac=")).lowerBound
        let end = try #require(Self.second[start...].firstIndex(of: "]"))
        let text = String(Self.second[..<start] + Self.second[end...])
        let seal = try SealRecord(text)
        #expect(seal.mac == nil)
        #expect(String(decoding: seal.encoded(), as: UTF8.self) == text)
    }

    @Test func relaysFurtherDownMayAddTheirElement() throws {
        let added = #"[waxwing-2@1 l="00000001" i="77"][waxwing-3@2 l="00000002" i="78"]"#
        let range = try #require(Self.second.firstRange(of: " sealed"))
        let text = Self.second.replacingCharacters(in: range, with: added + " sealed")
        #expect(try SealRecord(text) == SealRecord(Self.second))
    }

    @Test(arguments: ["1", "0032473", "1234567890123456789"])
    func anyEnterpriseNumberIsTaken(digits: String) throws {
        let text = Self.second.split(separator: "@32473", omittingEmptySubsequences: false).joined(
            separator: "@\(digits)")
        let seal = try SealRecord(text)
        #expect(seal.enterpriseNumber == digits)
        #expect(String(decoding: seal.encoded(), as: UTF8.self) == text)
    }

    /// Whatever bit is changed, the record is refused, or says something else that its signature or leaf does not fit.
    @Test func everyChangedBitIsNoticed() throws {
        var hasher = try SHA256Hasher()
        let verifier = try LogVerifier(parsing: Vectors.verifierKeyText)
        var ratchet = try Vectors.ratchet()
        try ratchet.advance()
        let original = try SealRecord(Self.second)
        let bytes = Array(Self.second.utf8)
        let leaf = hasher.leafHash(original.leaf)
        var accepted = 0
        for position in bytes.indices {
            for bit in 0..<8 {
                var altered = bytes
                altered[position] ^= 1 << UInt8(bit)
                guard let seal = try? SealRecord(altered) else { continue }
                accepted += 1
                #expect(seal.encoded() == altered)
                let code = try ratchet.authenticationCode(of: seal.body)
                let isSame = hasher.leafHash(seal.leaf) == leaf && verifier.signed(seal) && code == seal.mac
                // What `f` and `p` say is checked against the tree.
                #expect(!isSame || seal.frontier != original.frontier || seal.previous != original.previous)
            }
        }
        #expect(accepted > 0)
    }

    @Test func anyBytesAreTaken() {
        var random = SystemRandomNumberGenerator()
        let lines = Vectors.seals.map { Array($0.utf8) }
        for _ in 0..<5000 {
            var bytes = lines.randomElement(using: &random)!
            for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
                let start = Int.random(in: 0..<bytes.count, using: &random)
                let end = min(bytes.count, start + Int.random(in: 1...40, using: &random))
                if Bool.random(using: &random) {
                    bytes.removeSubrange(start..<end)
                } else {
                    bytes.insert(
                        contentsOf: bytes[start..<end], at: Int.random(in: 0...bytes.count, using: &random))
                }
            }
            if let seal = try? SealRecord(bytes) { #expect(seal.encoded() == bytes) }
        }
    }
}

extension String {
    func replacingCharacters(in range: Range<Index>, with text: String) -> String {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }

    func firstRange(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
