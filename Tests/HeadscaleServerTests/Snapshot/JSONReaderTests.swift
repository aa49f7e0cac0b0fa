import Testing

@testable import HeadscaleServer

struct JSONReaderTests {
    private func members(_ text: String) throws(ServerError) -> [String: String] {
        var members: [String: String] = [:]
        var reader = JSONReader(Array(text.utf8))
        try reader.object { (reader: inout JSONReader, name) throws(ServerError) in
            members[name] = try reader.scalar() ?? "none"
        }
        try reader.end()
        return members
    }

    @Test func readsEveryKindOfValue() throws {
        #expect(
            try members(#" { "a" : "x" , "b":1.5e-3,"c":true,"d":null,"e":{"f":[1,{}]},"g":[] } "#)
                == ["a": "x", "b": "1.5e-3", "c": "true", "d": "none", "e": "none", "g": "none"])
        #expect(try members("{}") == [:])
        #expect(try members("null") == [:])
    }

    @Test func readsEscapes() throws {
        let text = #"{"a\"b":"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\ud83dx"}"#
        #expect(try members(text) == ["a\"b": "\\/\u{8}\u{C}\n\r\té😀\u{FFFD}x"])
    }

    @Test(arguments: [
        "", "{", "[]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1}x", "{\"a\":\"x}", "{\"a\":\"\\",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}", "{\"a\":[1}", "{a:1}", "{\"a\":{\"b\":1}", "\u{1}",
    ])
    func whatIsNoJSONIsRefused(text: String) {
        #expect(throws: ServerError.self) { try members(text) }
    }

    @Test func depthIsBounded() {
        let deep = { (count: Int) in
            "{\"a\":\(String(repeating: "[", count: count))\(String(repeating: "]", count: count))}"
        }
        #expect(throws: Never.self) { try members(deep(JSONReader.depthLimit - 1)) }
        #expect(throws: ServerError.self) { try members(deep(JSONReader.depthLimit)) }
        #expect(throws: ServerError.self) { try members(String(repeating: "{\"a\":", count: 1_000_000)) }
    }
}
