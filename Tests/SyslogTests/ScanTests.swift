import Testing

@testable import Syslog

/// The vectorised searches against their definitions, byte by byte.
@Suite struct ScanTests {
    private struct Class: Sendable {
        var name: String
        var contains: @Sendable (UInt8) -> Bool
        var find: @Sendable (RawSpan, Int, Int) -> Int
    }

    private static let classes = [
        Class(name: "line end", contains: { $0 == 0x0A || $0 == 0 }, find: { $0.lineEnd(from: $1, to: $2) }),
        Class(name: "special", contains: isSpecial, find: { $0.special(from: $1, to: $2) }),
        Class(name: "field end", contains: { !(0x21...0x7E).contains($0) }, find: { $0.fieldEnd(from: $1, to: $2) }),
        Class(
            name: "name end", contains: { !(0x21...0x7E).contains($0) || $0 == 0x3D || $0 == 0x5D || $0 == 0x22 },
            find: { $0.nameEnd(from: $1, to: $2) }),
        Class(
            name: "value special", contains: { isSpecial($0) || $0 == 0x22 || $0 == 0x5C || $0 == 0x5D },
            find: { $0.valueSpecial(from: $1, to: $2) }),
    ]

    @Sendable private static func isSpecial(_ byte: UInt8) -> Bool { (byte < 0x20 && byte != 0x09) || byte >= 0x7F }

    @Test func everyByteAtEveryPlace() {
        for kind in Self.classes {
            for byte in UInt8.min...UInt8.max {
                for length in [1, 15, 16, 17, 33, 64, 65, 100, 131] {
                    for place in 0..<length {
                        var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: length)
                        bytes[place] = byte
                        let found = kind.find(unsafe bytes.span.bytes, 0, length)
                        guard found != (kind.contains(byte) ? place : length) else { continue }
                        Issue.record("\(kind.name): \(byte) at \(place) of \(length) gives \(found)")
                    }
                }
            }
        }
    }

    @Test func onlyTheGivenRange() {
        for kind in Self.classes {
            // Nothing but hits outside of the range.
            for from in 0..<40 {
                for length in 0..<80 {
                    var bytes = [UInt8](repeating: 0, count: 130)
                    for index in from..<from + length { bytes[index] = UInt8(ascii: "a") }
                    #expect(kind.find(unsafe bytes.span.bytes, from, from + length) == from + length)
                }
            }
        }
    }

    @Test func nothingInNothing() {
        let bytes: [UInt8] = []
        for kind in Self.classes { #expect(kind.find(unsafe bytes.span.bytes, 0, 0) == 0) }
    }

    @Test func charactersAreThoseOfUnicode() {
        for scalar in (0...0x10FFFF).compactMap(Unicode.Scalar.init(_:)) {
            let bytes = Array(String(scalar).utf8)
            let length = unsafe bytes.span.bytes.characterLength(at: 0, to: bytes.count)
            if length != bytes.count { Issue.record("U+\(String(scalar.value, radix: 16)) gives \(length)") }
            if bytes.count > 1 { #expect(unsafe bytes.span.bytes.characterLength(at: 0, to: bytes.count - 1) == 0) }
        }
        for bytes: [UInt8] in [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
            [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xC3, 0x28],
            [0xE2, 0x82, 0x28], [0xF0, 0x9F, 0x98, 0x28],
        ] {
            #expect(unsafe bytes.span.bytes.characterLength(at: 0, to: bytes.count) == 0, "\(bytes)")
        }
    }
}
