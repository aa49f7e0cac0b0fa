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

    /// Whatever a server answers, reading ends, with nodes or with an error.
    @Test func damagedAnswersAreReadOrRefused() throws {
        let whole = Array(
            #"""
            {"nodes":[{"id":"7","name":"a\u00e9\ud83d\ude00","ipAddresses":["100.64.0.7"],"expiry":"2033-05-18T03:33:20.1Z",
            "user":{"id":"1","name":"x"},"tags":["tag:a"],"preAuthKey":null,"nodeKey":"nodekey:00112233445566778899"}]}
            """#.utf8)
        var random = SystemRandomNumberGenerator()
        var refused = 0
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: at)
                default: bytes.removeSubrange(at...)
                }
                if bytes.isEmpty { break }
            }
            var reader = JSONReader(bytes)
            var nodes = NodesOfAPI()
            do throws(ServerError) {
                try reader.object { (reader: inout JSONReader, _) throws(ServerError) in
                    _ = try reader.list { (reader) throws(ServerError) in try nodes.read(&reader) }
                }
                try reader.end()
            } catch { refused += 1 }
        }
        #expect(refused > 10_000 && refused < 20_000)
    }
}
