import Testing
import TransparencyLog

/// Signs with a hash of the text: enough to tell a good signature from a bad one.
struct FakeKey: NoteSigner, NoteVerifier {
    let name: String
    let keyID: UInt32

    private func code(_ text: [UInt8]) -> [UInt8] {
        var hasher = MixingHasher()
        return hasher.digest(Array("\(name)\(keyID)".utf8) + text).bytes
    }

    func signature(of text: [UInt8]) -> [UInt8] { code(text) }
    func isValid(_ signature: [UInt8], of text: [UInt8]) -> Bool { signature == code(text) }
}

@Suite("Signed note")
struct NoteTests {
    static let text = "First line\n\nsecond: é\n"
    static let key = FakeKey(name: "log.example/a", keyID: 0x0102_0304)

    @Test func roundTrip() throws {
        let note = try SignedNote(text: Self.text, signedBy: Self.key)
        let bytes = Array(note.description.utf8)
        #expect(note.description.hasPrefix(Self.text + "\n\u{2014} log.example/a AQIDB"))
        #expect(try SignedNote(parsing: bytes) == note)
        try note.verify(by: Self.key)
    }

    /// The example of C2SP signed-note.
    @Test func parsesThePublishedExample() throws {
        let text = """
            Ognuno sta solo sul cuor della terra
            trafitto da un raggio di sole:

            ed è subito sera.

            \u{2014} quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=

            """
        let note = try SignedNote(parsing: Array(text.utf8))
        #expect(note.text.hasSuffix("\n\ned è subito sera.\n"))
        #expect(note.signatures.map(\.name) == ["quasimodo.example/salvatore"])
        #expect(note.signatures[0].keyID == 0x367B_A04B)
        #expect(note.signatures[0].signature.count == 64)
        #expect(note.description == text)
    }

    @Test func onlyTheKeysOwnSignaturesCount() throws {
        let good = NoteSignature(
            name: Self.key.name, keyID: Self.key.keyID, signature: Self.key.signature(of: Array(Self.text.utf8)))
        let bad = NoteSignature(name: Self.key.name, keyID: Self.key.keyID, signature: [UInt8](repeating: 7, count: 32))
        let otherName = NoteSignature(name: "other.example", keyID: Self.key.keyID, signature: good.signature)
        let otherID = NoteSignature(name: Self.key.name, keyID: 9, signature: good.signature)
        func verify(_ signatures: [NoteSignature]) throws {
            try SignedNote(text: Self.text, signatures: signatures).verify(by: Self.key)
        }
        try verify([good])
        try verify([otherName, otherID, good])
        #expect(throws: TransparencyLogError(.unsignedByKey, "")) { try verify([otherName, otherID]) }
        #expect(throws: TransparencyLogError(.invalidSignature, "")) { try verify([bad]) }
        #expect(throws: TransparencyLogError(.invalidSignature, "")) { try verify([good, bad]) }
    }

    @Test func oneChangedByteIsNoticed() throws {
        let bytes = Array(try SignedNote(text: Self.text, signedBy: Self.key).description.utf8)
        for position in bytes.indices {
            var tampered = bytes
            tampered[position] ^= 0x01
            #expect(throws: TransparencyLogError.self, "at \(position)") {
                try SignedNote(parsing: tampered).verify(by: Self.key)
            }
        }
    }

    static let signature = "\u{2014} a.example AQIDBAU="

    @Test(arguments: [
        "", "\n", "\n\n", "text\n", "text\n\n", "text\n" + signature + "\n", "text\n\n" + signature, "text\n\n\n",
        "text\n\n" + signature + "\n\n", "text\n\n" + signature + "\nx\n", "text\n\n" + signature + " \n",
        "text\n\n- a.example AQIDBAU=\n", "text\n\n\u{2014}a.example AQIDBAU=\n", "text\n\n\u{2014}  AQIDBAU=\n",
        "text\n\n\u{2014} a.example AQIDBA==\n", "text\n\n\u{2014} a.example AQIDBAU\n",
        "text\n\n\u{2014} a+b AQIDBAU=\n",
        "text\n\n\u{2014} a\u{A0}b AQIDBAU=\n", "te\u{1}xt\n\n" + signature + "\n", "te\txt\n\n" + signature + "\n",
        "text\r\n\r\n" + signature + "\r\n", "\n" + signature + "\n",
    ])
    func refusesWhatIsNotANote(text: String) {
        #expect(throws: TransparencyLogError(.malformedNote, "")) { try SignedNote(parsing: Array(text.utf8)) }
    }

    @Test func refusesBytesThatAreNotUTF8() {
        let bytes = Array("te".utf8) + [0xFF] + Array("xt\n\n\(Self.signature)\n".utf8)
        #expect(throws: TransparencyLogError(.malformedNote, "")) { try SignedNote(parsing: bytes) }
    }

    @Test(arguments: [(1, true), (16, true), (64, true), (65, false)])
    func limitsSignatures(count: Int, isTaken: Bool) {
        let text = "text\n\n" + String(repeating: Self.signature + "\n", count: count)
        let note = try? SignedNote(parsing: Array(text.utf8))
        #expect((note != nil) == isTaken)
    }

    @Test func limitsLength() {
        let text = String(repeating: "x", count: SignedNote.byteLimit) + "\n\n" + Self.signature + "\n"
        #expect(throws: TransparencyLogError(.malformedNote, "")) { try SignedNote(parsing: Array(text.utf8)) }
    }
}

@Suite("Verifier key")
struct VerifierKeyTests {
    @Test func roundTrip() throws {
        var hasher = MixingHasher()
        let key = try VerifierKey(name: "log.example/a", publicKey: Array(100..<132), &hasher)
        #expect(try VerifierKey(parsing: key.description, &hasher) == key)
        let digest = hasher.digest(Array("log.example/a\n\u{1}".utf8) + Array(100..<132))
        #expect(VerifierKey.text(key.keyID) == digest.hex.prefix(8))
    }

    @Test func refusesOneChangedCharacter() throws {
        var hasher = MixingHasher()
        let text = try VerifierKey(name: "log.example/a", publicKey: Array(100..<132), &hasher).description
        for position in text.utf8.indices {
            var characters = Array(text.utf8)
            characters[text.utf8.distance(from: text.utf8.startIndex, to: position)] ^= 0x02
            #expect(throws: TransparencyLogError(.malformedKey, "")) {
                try VerifierKey(parsing: String(decoding: characters, as: UTF8.self), &hasher)
            }
        }
    }

    @Test(arguments: [
        "", "a", "a+b", "a+01020304", "a+01020304+", "+01020304+AQ==", "a+01020304+AQ==", "a+01020304+Ag==",
        "a b+01020304+AQ==",
    ])
    func refusesWhatIsNotAKey(text: String) {
        var hasher = MixingHasher()
        #expect(throws: TransparencyLogError(.malformedKey, "")) { try VerifierKey(parsing: text, &hasher) }
    }

    @Test(arguments: [
        ("a", true), ("relay1.example.net/all", true), ("é", true), (String(repeating: "n", count: 1024), true),
        ("", false),
        ("a b", false), ("a+b", false), ("a\u{2003}b", false), ("a\n", false), ("a\u{1}", false),
        (String(repeating: "n", count: 1025), false),
    ])
    func names(name: String, isValid: Bool) {
        #expect(VerifierKey.isValidName(name) == isValid)
    }
}
