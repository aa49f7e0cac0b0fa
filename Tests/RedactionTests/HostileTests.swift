import Batch
import Testing

@testable import Redaction

/// Lines of 64 KiB made to be slow, or to have more of something than there is room for.
@Suite struct HostileTests {
    static let units = [
        "password=", "password= ", "password=a ", "password=true ", #"password=""#, #"password=","#, #"password=\","#,
        "token: a ",
        "eyJ", "eyJaaaaaaaa.", "hskey-auth-", "hskey-auth-0123456789ab-", "tskey-auth-", "a://", "a://a:b@", "Bearer ",
        "bearer aaaaaaa1 ", "Authorization: ", "Cookie: a=b; ", "key=0123456789abcdef", "-----BEGIN PRIVATE KEY-----",
        "code_challenge=a&code_challenge_method=plain", "?code=abcdef&", "code%3d", "$2a$10$", "$argon2id$", #"token\"#,
        #"password:["a","#, #"{"password":"#, "[", #"{"a":["#, #""name":"password","value":"#, "--password ", "[{",
        #"{"""#,
    ]

    /// Nothing overflows, and what is kept is either redacted or nothing.
    @Test(arguments: units) func longLinesAreBounded(_ unit: String) {
        let text = String(String(repeating: unit, count: 64_000 / unit.utf8.count))
        let escaped = text.map { #"\"]"#.contains($0) ? "\\\($0)" : String($0) }.joined()
        var redactor = Redactor(engine)
        let results = redacted(
            [
                TestRecord(message: text), TestRecord(message: "clean"),
                TestRecord(#"<30>1 - h a p m [a b=""# + escaped.prefix(64_000).drop { $0 == "]" } + #" "]"#, ""),
            ], with: &redactor)
        #expect(results[1] == TestRecord(message: "clean"))
        for result in results { #expect(result.head.utf8.count + result.tail.utf8.count <= Batch.lineLimit) }
        var again = Redactor(engine)
        #expect(redacted([results[0]], with: &again)[0] == results[0])
    }

    /// Words that are told by what stands behind them are looked for no further than the value may reach.
    @Test(arguments: [
        TestRecord("<13>1 - token=(string) (len=5) p m ", " hello"),
        TestRecord("<13>1 - h APITOKEN:(string) (len=5 m ", " hello"),
        TestRecord(#"<13>1 - h a p m [token:(string) (len="x"]"#, " hello"),
        TestRecord(message: "-----BEGIN PRIVATE KEY-----hskey-----END PRIVATE KEY-----"),
        TestRecord(message: "-----BEGIN PRIVATE KEY-----tskey-----END PRIVATE KEY-----"),
    ]) func whatStandsBehindAValue(_ record: TestRecord) {
        #expect(!redacted(record).head.isEmpty)
    }

    @Test func tooManyMatchesReplaceTheRecord() {
        let text = String(repeating: "password=true ", count: SecretFinder.matchLimit + 1)
        let result = redacted(TestRecord(message: text))
        #expect(result.tail == " <redacted>")
        #expect(result.head.contains(#"rule="engine-error""#))
    }

    @Test func deepEscapesAreNoWork() {
        for depth in 0..<14 {
            let quote = String(repeating: "\\", count: (1 << depth) - 1) + "\""
            let text = "\(quote)password\(quote):\(quote)abc\(quote)"
            #expect(redacted(text) == "\(quote)password\(quote):\(quote)<redacted>\(quote)")
            let number = "\(quote)password\(quote):12345"
            let new = quote.utf8.count <= 16 ? quote : ""
            #expect(redacted(number) == "\(quote)password\(quote):\(new)<redacted>\(new)")
        }
    }
}
