import Foundation
import Testing

@testable import Redaction

@Suite struct JSONTextTests {
    private func end(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        return JSONText.end(unsafe bytes.span.bytes, from: 0, limit: bytes.count)
    }

    @Test(arguments: [
        "{}", "[]", #"{"a":1}"#, #"{"a":[1,-2.5e3,true,false,null,"x"],"b":{}}"#, #"[{"a":"\"}"},[]]"#,
        #"{ "a" : "b" }"#,
        #"{"a":"\\"}"#, #"["é\u0041"]"#,
    ]) func whole(_ text: String) {
        #expect(end(text) == text.utf8.count)
        #expect(end(text + " rest]}") == text.utf8.count)
    }

    @Test(arguments: [
        "", "{", "[", "x", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "[1,]", "[,1]", "{1:2}", #"{"a" "b"}"#, #"["a"b]"#,
        "[}", "{]",
        #"{"a":"b"#, #"{"a":"b\"}"#, #"{'a':1}"#, "[tru]", #"{5" tall password="abc" 6" }"#, #""a""#, "1",
        "[\"a\u{1}\"]",
    ]) func none(_ text: String) {
        #expect(end(text) == nil)
    }

    @Test func depthIsLimited() {
        let deepest = JSONText.depthLimit
        #expect(end(String(repeating: "[", count: deepest) + String(repeating: "]", count: deepest)) == 2 * deepest)
        #expect(end(String(repeating: "[", count: deepest + 1) + String(repeating: "]", count: deepest + 1)) == nil)
    }

    /// What Foundation writes is read to its end, and not without it.
    @Test(arguments: 0..<100) func agreesWithFoundation(_ seed: Int) throws {
        var random = Random(UInt64(seed))
        let data = try JSONSerialization.data(withJSONObject: Pieces.object(&random, depth: 3))
        let text = String(decoding: data, as: UTF8.self)
        #expect(end(text) == text.utf8.count)
        #expect(end(String(text.dropLast())) == nil)
    }
}
