import Testing
import TransparencyLog

@Suite("Hash")
struct HashTests {
    static let hex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    static let base64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

    @Test func allFormsAgree() throws {
        let hash = try #require(Hash(Array(0..<32)))
        #expect(hash.hex == Self.hex)
        #expect(hash.base64 == Self.base64)
        #expect(hash.bytes == Array(0..<32))
        #expect((0..<32).allSatisfy { hash[$0] == UInt8($0) })
        #expect(Hash(hex: Self.hex) == hash)
        #expect(Hash(hex: Self.hex.uppercased()) == hash)
        #expect(Hash(base64: Self.base64) == hash)
        #expect(hash.withBytes { $0.byteCount } == 32)
        #expect("\(hash)" == Self.hex)
    }

    @Test func isNothingButItsBytes() {
        #expect(MemoryLayout<Hash>.size == 32)
        #expect(MemoryLayout<Hash>.stride == 32)
        #expect(MemoryLayout<LeafExtent>.stride == 16)
    }

    @Test(arguments: [
        "", "00", String(hex.dropLast()), hex + "00", String(hex.dropLast()) + "g", String(hex.dropLast(2)) + "é",
    ])
    func refusesOtherHexadecimal(text: String) {
        #expect(Hash(hex: text) == nil)
    }

    @Test(arguments: [
        "", String(base64.dropLast()), base64 + "AAAA", "A" + base64.dropLast(), String(base64.dropLast(2)) + "9=",
        String(base64.dropLast(2)) + "==", String(repeating: "A", count: 44), " " + base64.dropFirst(),
    ])
    func refusesOtherBase64(text: String) {
        #expect(Hash(base64: text) == nil)
    }

    @Test(arguments: [0, 1, 31, 33, 64])
    func refusesOtherLengths(count: Int) {
        #expect(Hash([UInt8](repeating: 0, count: count)) == nil)
    }
}

@Suite("Base 64")
struct Base64Tests {
    /// RFC 4648 §10
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func standardVectors(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
    }

    @Test func everyByteInEveryPlace() {
        for length in 0...9 {
            for place in 0..<length {
                for value in UInt8.min...UInt8.max {
                    var bytes = [UInt8](repeating: 0xA5, count: length)
                    bytes[place] = value
                    let text = Base64.encode(bytes)
                    #expect(text.utf8.count == Base64.encodedLength(length))
                    #expect(Base64.decode(text) == bytes)
                }
            }
        }
    }

    /// One spelling for each sequence of bytes: whatever decodes is what encoding gives.
    @Test func everyLastGroup() {
        let characters = (UInt8.min...UInt8.max).map { $0 }
        for third in characters {
            for fourth in characters {
                let text: [UInt8] = [0x5A, 0x67, third, fourth]
                guard let bytes = unsafe Base64.decode(text.span.bytes) else { continue }
                #expect(Array(Base64.encode(bytes).utf8) == text)
            }
        }
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zh==", "Zm9=", "Zm9v\n", " Zm9v", "Zm9v ", "Zg==Zg==", "Zm-v",
        "Zm_v", "Zm9vZ", "Zé==",
    ])
    func refusesEverythingElse(text: String) {
        #expect(Base64.decode(text) == nil)
    }
}
