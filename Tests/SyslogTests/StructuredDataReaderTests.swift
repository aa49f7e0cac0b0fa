import Testing

@testable import Syslog

@Suite struct StructuredDataReaderTests {
    /// `id(name=value,...)` for each element, values unescaped.
    private func read(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var reader = StructuredDataReader(unsafe bytes.span.bytes, 0..<bytes.count)
        var result = ""
        while let item = reader.next() {
            switch item {
            case .element(let id): result += "/" + String(decoding: bytes[id], as: UTF8.self)
            case .parameter(let name, let value):
                let text = StructuredDataReader.unescaped(unsafe bytes.span.bytes, value)
                result += " \(String(decoding: bytes[name], as: UTF8.self))=\(String(decoding: text, as: UTF8.self))"
                #expect(
                    written { StructuredDataReader.unescape(unsafe bytes.span.bytes, value, into: &$0) }
                        == String(decoding: text, as: UTF8.self))
            }
        }
        return result
    }

    @Test(arguments: [
        ("", ""), ("[a]", "/a"), ("[a][b]", "/a/b"), (#"[a b="c"]"#, "/a b=c"),
        (#"[a b="c" d="e"][f g="h"]"#, "/a b=c d=e/f g=h"),
        (#"[a b=""]"#, "/a b="), (#"[a b="\"\\\]"]"#, #"/a b="\]"#), (#"[a b="\n\x"]"#, #"/a b=\n\x"#),
        (#"[a b="c\\" d="e"]"#, #"/a b=c\ d=e"#),
        (#"[a b="é ü"]"#, "/a b=é ü"), (#"[a b="c" b="d"]"#, "/a b=c b=d"),
        // What is not structured data ends the reading.
        ("x", ""), ("[", ""), ("[]", ""), ("[a", "/a"), ("[a b", "/a"), (#"[a b="c"#, "/a"), (#"[a b="c\""#, "/a"),
        (#"[a b="c"x]"#, "/a b=c"),
    ])
    func reads(text: String, expected: String) {
        #expect(read(text) == expected)
    }

    @Test func nilHasNoElements() {
        let bytes = Array("[a]".utf8)
        var reader = StructuredDataReader(unsafe bytes.span.bytes, nil)
        #expect(reader.next() == nil)
    }

    @Test func longValues() {
        for length in 0..<200 {
            let value = String(repeating: "v", count: length)
            #expect(read("[a b=\"\(value)\" c=\"\(value)\\\"\"]") == "/a b=\(value) c=\(value)\"")
        }
    }

    @Test(arguments: [
        ("waxwing@1", true), ("waxwing-2@32473", true), ("waxwing-@1", true), ("received@1", true),
        ("redacted@99", true), ("headscale@0", true),
        ("waxwing@", true), ("waxwing@1a", true), ("waxwing@@1", true),
        ("waxwing", false), ("waxwings@1", false), ("xwaxwing@1", false),
        ("Waxwing@1", false), ("received-x@1", false),
        ("headscale", false), ("@1", false), ("1", false), ("x-waxwing@1", false),
    ])
    func reservedIDs(id: String, isReserved: Bool) {
        let bytes = Array(id.utf8)
        #expect((unsafe ReservedID(bytes.span.bytes, 0..<bytes.count) != nil) == isReserved)
    }
}
