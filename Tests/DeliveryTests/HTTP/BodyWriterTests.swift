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
