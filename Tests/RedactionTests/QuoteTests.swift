import Testing

@testable import Redaction

@Suite struct QuoteTests {
    /// The text, and what is inside the quotes it begins with; nil for no quote, `…` behind it for no closing one.
    @Test(
        arguments: [
            (#""abc" x"#, "abc"), (#""a\"b" x"#, #"a\"b"#), (#""a\\" x"#, #"a\\"#), (#""a\\\"b" x"#, #"a\\\"b"#),
            (#"\"abc\" x"#, "abc"), (#"\"a\\\"b\" x"#, #"a\\\"b"#), (#"\"a\\\\\" x"#, #"a\\\\"#), (#"\"cut" x"#, "cut"),
            (#"\\\"abc\\\" x"#, "abc"), (#"\\\"cut\" x"#, "cut"), (#""open"#, "open…"),
            (#"\"open \\\""#, #"open \\\"…"#),
            ("'abc' x", "abc"), ("'it's so' x", "it's so"), ("'open", "open…"), ("`abc` x", "abc"), ("abc", nil),
            ("", nil),
            (#"\'abc'"#, nil), (#"\\"#, nil), (#""""#, ""),
        ] as [(String, String?)]) func content(_ text: String, _ expected: String?)
    {
        let bytes = Array(text.utf8)
        let span = unsafe bytes.span.bytes
        guard let quote = Quote(span, at: 0, limit: bytes.count) else {
            #expect(expected == nil)
            return
        }
        let close = quote.close(span, limit: bytes.count)
        let content = String(decoding: bytes[quote.end..<close.contentEnd], as: UTF8.self)
        #expect(content + (close.isFound ? "" : "…") == expected)
    }
}
