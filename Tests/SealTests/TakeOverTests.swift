import Testing

@testable import Seal

@Suite("Taking over records")
struct TakeOverTests {
    private static let own = LogTag(rawValue: 0x0102_0304)

    @Test(
        arguments: [
            ("-", 1), (#"[waxwing-rekey@1 note="x"][waxwing@1 l="0a0b0c0d" i="7"]"#, 2), ("[x@1 a=\"b\"]", 1),
            (#"[waxwing-2@1 l="0a0b0c0d" i="7"]"#, 1), ("[headscale@1 event=\"x\"]", 1),
            (#"[waxwing@1 l="0a0b0c0d" i="7"]"#, 2),
            (#"[headscale@1 event="x"][waxwing@1 l="0a0b0c0d" i="7" trunc="70000"]"#, 2),
            (#"[waxwing@1 l="0a0b0c0d" i="7"][waxwing-2@1 l="0a0b0c0e" i="9"]"#, 3),
            (#"[waxwing@1 l="0a0b0c0d" i="7"][waxwing-5@1 l="0a0b0c0e" i="9"]"#, 6),
            (
                #"[waxwing@1 l="0a0b0c0d" i="7"][waxwing-seal@1 v="1"][waxwing-sig@1 root=""][waxwing-2@1 l="0a0b0c0e" i="9"]"#,
                3
            ),
        ] as [(String, UInt32)])
    func theNumberIsTheNextOne(elements: String, number: UInt32) {
        #expect(Self.number(elements) == number)
    }

    @Test(
        arguments: [
            // It has been here before.
            #"[waxwing@1 l="01020304" i="7"]"#, #"[waxwing@1 l="0a0b0c0d" i="7"][waxwing-2@1 l="01020304" i="9"]"#,
            #"[waxwing@1 l="0a0b0c0d" i="7"][waxwing-2@1 l="01020304" i="9"][waxwing-3@1 l="0a0b0c0e" i="9"]"#,
            // It would replace the key of the relay that takes it over.
            #"[waxwing-rekey@1 note="x"]"#, #"[x@1 a="b"][waxwing-rekey@1 note="x"]"#,
            // No relay writes this.
            #"[waxwing@1 l="0a0b0c0d" i="7" x="y"]"#, #"[waxwing@1 l="0a0b0c0d" i="7"][x@1 a="b"]"#,
            #"[waxwing@1 l="0a0b0c0d" i="7"][waxwing-seal@1 v="1"]"#,
            #"[waxwing@1 l="0a0b0c0d" i="7"][waxwing-64@1 l="0a0b0c0e" i="9"]"#,
            #"[waxwing@1 l="0a0b0c0d" i="7"][waxwing-2@1 l="0a0b0c0e" i="9"][waxwing-2@1 l="0a0b0c0f" i="9"]"#,
        ])
    func whatIsNotBelievedHasNone(elements: String) {
        #expect(Self.number(elements) == nil)
    }

    private static func number(_ elements: String) -> UInt32? {
        let line = Array("<13>1 - host app - - \(elements) text".utf8)
        return TakeOver.number(of: unsafe line.span.bytes, in: own)
    }
}
