import Testing

@testable import Filter

@Suite struct ExpressionTests {
    private static let line = """
        <11>1 2026-11-23T06:15:00.000Z hs1.example.net headscale 77 ID47 [headscale@32473 event="auth.failed" user="a \\"b\\" \\] \\\\c"]\
        [origin ip="192.0.2.1" ip="192.0.2.2"][waxwing@32473 l="41342dd0" i="3"] peer "x" said and
        """
    private static let bare = """
        <191>1 - - - - - [waxwing@32473 l="41342dd0" i="4"]
        """
    private static let seal = """
        <110>1 2026-11-23T06:15:01.100Z r waxwing 1 SEAL [waxwing@9 l="41342dd0" i="2"][waxwing-seal@9 v="1"][waxwing-sig@9 root=""] s
        """
    private static let rekey = """
        <110>1 2026-11-23T06:15:01.100Z r waxwing 1 REKEY [waxwing-rekey@9 note="x"][waxwing@9 l="41342dd0" i="2"] key
        """

    private func accepts(_ expression: String, _ line: String) throws -> Bool {
        let bytes = Array(line.utf8)
        return RecordFilter(try Expression.parse(expression)).accepts(unsafe bytes.span.bytes)
    }

    @Test(
        arguments: [
            "severity = error", "severity = err", "severity >= error", "severity >= warning", "severity > warning",
            "severity <= error", "severity <= critical", "severity < critical", "severity != debug", "facility = user",
            "facility != kern",
            "host = hs1.example.net", "host = hs*", "host = *", "host = *.net", "host = hs*.*.net", "host=\"hs1*\"",
            "app = headscale", "app != sshd", "procid = 77", "msgid = ID47", "message = \"peer*and\"",
            "message = *said*", "message = \"* said *\"", "headscale.event = auth.*", "headscale.event = *failed",
            "headscale.user = \"a \\\"b\\\" ] \\\\c\"", "origin.ip = 192.0.2.2", "origin.ip = 192.0.2.1",
            "waxwing.i = 3", "not app = sshd", "not (app = sshd or app = su)", "app = sshd or app = headscale",
            "app = sshd and app = su or app = headscale", "app = headscale and (host = x or severity = error)",
            "not not app = headscale",
        ])
    func whatHolds(_ expression: String) throws {
        #expect(try accepts(expression, Self.line))
    }

    @Test(
        arguments: [
            "severity = warning", "severity >= critical", "severity > error", "severity < error",
            "severity != error", "facility = kern", "host = hs1", "host = hs1.example.net.x", "host = *q*",
            "host = hs1.example.net*hs1.example.net", "app = Headscale", "message = said", "headscale.event = auth",
            "headscale.events = *", "headscal.event = *", "eadscale.event = *", "headscale.vent = *",
            "origin.ip = 192.0.2.3", "origin.ip != 192.0.2.1", "app = headscale and not host = hs*",
            "(app = headscale or host = x) and severity = debug", "not (app = headscale and severity = error)",
        ])
    func whatDoesNotHold(_ expression: String) throws {
        #expect(try !accepts(expression, Self.line))
    }

    @Test func fieldsThatAreMissing() throws {
        for expression in ["host = -", "app = -", "message = \"\"", "facility = local7", "severity = debug"] {
            #expect(try accepts(expression, Self.bare), "\(expression)")
        }
        #expect(try !accepts("headscale.event = *", Self.bare))
    }

    @Test func theLogItselfAlwaysPasses() throws {
        for line in [Self.seal, Self.rekey] { #expect(try accepts("app = nobody", line)) }
        let pretender = Self.line.replacing("headscale 77 ID47", with: "waxwing 77 SEAL")
        #expect(try !accepts("app = nobody", pretender))
        let renamed = Self.rekey.replacing("[waxwing-rekey@9", with: "[x-waxwing-rekey@9")
        #expect(try !accepts("app = nobody", renamed))
    }

    /// Whatever the octets are, a filter looks at nothing outside of them.
    @Test func anyOctetsAreTaken() throws {
        let filter = RecordFilter(
            try Expression.parse("headscale.event = *a* or origin.ip = *b*c or message = *x*y* or msgid = z"))
        for line in [Self.line, Self.seal, Self.rekey] {
            let bytes = Array(line.utf8)
            for count in 0...bytes.count {
                let part = Array(bytes[..<count])
                _ = filter.accepts(unsafe part.span.bytes)
                var changed = bytes
                if count < bytes.count { changed[count] = UInt8(ascii: "\"") }
                _ = filter.accepts(unsafe changed.span.bytes)
            }
        }
    }

    @Test(
        arguments: [
            ("", 0), ("app", 3), ("app =", 5), ("app = (", 6), ("app == x", 5), ("app = x y", 8), ("app ! x", 4),
            ("(app = x", 8), ("app = x)", 7), ("app = \"x", 6), ("application = x", 0), ("severity = loud", 11),
            ("facility = here", 11), ("app >= x", 4), ("app = x and", 11), ("or app = x", 3), ("ü", 0),
            ("app = x and ü = y", 12), (".x = y", 0), ("x. = y", 0),
        ] as [(String, Int)])
    func mistakes(_ expression: String, _ offset: Int) {
        let error = #expect(throws: ExpressionError.self) { try Expression.parse(expression) }
        #expect(error?.offset == offset, "\(expression): \(error?.message ?? "")")
    }

    @Test func limits() {
        let deep = String(repeating: "(", count: 17) + "app = x" + String(repeating: ")", count: 17)
        let long = Array(repeating: "app = x", count: 65).joined(separator: " or ")
        let pattern = "app = " + String(repeating: "x", count: 257)
        for text in [deep, long, pattern, String(repeating: " ", count: 4097)] {
            #expect(throws: ExpressionError.self) { try Expression.parse(text) }
        }
        #expect(throws: Never.self) { try Expression.parse(String(deep.dropFirst().dropLast())) }
    }
}
