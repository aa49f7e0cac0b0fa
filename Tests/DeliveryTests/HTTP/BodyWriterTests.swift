import NIOCore
import Syslog
import TestSupport
import Testing

@testable import Delivery

@Suite struct BodyWriterTests {
    private func text(_ write: (inout BodyWriter) -> Void) -> String {
        var writer = BodyWriter(capacity: 64)
        write(&writer)
        let bytes = writer.bytes
        return String(decoding: (0..<bytes.byteCount).map { bytes.byte($0) }, as: UTF8.self)
    }

    private func json(_ string: String) -> String {
        let bytes = Array(string.utf8)
        return text { unsafe $0.append(jsonString: bytes.span.bytes) }
    }

    /// The reference: one byte at a time.
    private func plainJSON(_ string: String) -> String {
        var result = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\t": result += "\\t"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    @Test func everyByteIsEscapedWhereItHasTo() {
        for value in UInt8.min...0x7F {
            for place in 0..<20 {
                var bytes = [UInt8](repeating: 0x61, count: 20)
                bytes[place] = value
                let string = String(decoding: bytes, as: UTF8.self)
                #expect(json(string) == plainJSON(string))
            }
        }
    }

    @Test func anyTextIsWhatItWas() {
        var random = SplitMix(state: 1)
        let alphabet: [Unicode.Scalar] = ["a", "\"", "\\", "\t", "\u{0}", "\u{1F}", " ", "é", "€", "😀", "\u{7F}", "]"]
        for _ in 0..<500 {
            var string = String.UnicodeScalarView()
            for _ in 0..<Int(random.next() % 100) { string.append(alphabet.randomElement(using: &random)!) }
            #expect(json(String(string)) == plainJSON(String(string)))
        }
    }

    /// Every part of a text, at every place of a longer one: what lies around it has no part in it.
    @Test func anyPartOfATextIsWhatItWas() {
        let text = Array(#"aé"b\c\\d\]"e]fgh\\\"ijk€lmn"opq\x"#.utf8) + [9, 0x1F] + Array("rstuvwxyz\\".utf8)
        for start in 0..<text.count {
            for end in start...text.count {
                let part = Array(text[start..<end])
                var writer = BodyWriter(capacity: 64)
                unsafe writer.append(json: text.span.bytes, start..<end)
                #expect(Self.bytes(writer) == Self.escaped(part))
                writer.truncate()
                unsafe writer.append(jsonOfParameter: text.span.bytes, start..<end)
                #expect(Self.bytes(writer) == Self.escaped(Self.unescaped(part)))
            }
        }
    }

    private static func bytes(_ writer: borrowing BodyWriter) -> [UInt8] {
        unsafe writer.bytes.withUnsafeBytes { unsafe Array($0) }
    }

    /// A JSON string's contents, one octet at a time.
    private static func escaped(_ text: [UInt8]) -> [UInt8] {
        text.flatMap { octet -> [UInt8] in
            switch octet {
            case 0x09: Array(#"\t"#.utf8)
            case 0..<0x20: Array("\\u00\(octet < 16 ? "0" : "")\(String(octet, radix: 16))".utf8)
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): [UInt8(ascii: "\\"), octet]
            default: [octet]
            }
        }
    }

    /// What a PARAM-VALUE stands for (RFC 5424, section 6.3.3), one octet at a time.
    private static func unescaped(_ value: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var rest = value[...]
        while let octet = rest.popFirst() {
            if octet == UInt8(ascii: "\\"), let next = rest.first, #""\]"#.utf8.contains(next) {
                rest.removeFirst()
                result.append(next)
            } else {
                result.append(octet)
            }
        }
        return result
    }

    @Test(arguments: [
        (0, "0"), (9, "9"), (10, "10"), (1_234_567_890, "1234567890"), (UInt64.max, "18446744073709551615"),
    ])
    func numbers(value: UInt64, expected: String) {
        #expect(text { $0.append(decimal: value) } == expected)
    }

    @Test func digitsKeepTheirZeros() {
        #expect(text { $0.append(digits: 7, count: 3) } == "007")
        #expect(text { $0.append(digits: 1_234, count: 3) } == "234")
    }

    @Test func whatIsTakenBackIsGone() {
        let result = text { writer in
            writer.append("begin")
            writer.append("again")
            writer.truncate(to: 5)
            writer.append(UInt8(ascii: "!"))
        }
        #expect(result == "begin!")
    }

    @Test(arguments: [0, 1, 100, 100_000, 3_000_000])
    func bodiesAreCompressedWhole(size: Int) throws {
        var random = SplitMix(state: UInt64(size))
        // Half of it cannot be compressed.
        let bytes = (0..<size).map { $0 % 2 == 0 ? UInt8(truncatingIfNeeded: random.next()) : 0x61 }
        let encoder = GzipEncoder()
        for _ in 0..<2 {
            let body = unsafe encoder.compress(bytes.span.bytes, ByteBufferAllocator())
            #expect(try gunzip(Array(body.readableBytesView)) == bytes)
        }
    }

    @Test func whatCannotBeCompressedFitsItsBound() throws {
        var random = SplitMix(state: 9)
        let bytes = (0..<500_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let body = unsafe GzipEncoder().compress(bytes.span.bytes, ByteBufferAllocator())
        #expect(try gunzip(Array(body.readableBytesView)) == bytes)
    }
}
