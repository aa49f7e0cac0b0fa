import OpenSSL
import Testing
import TransparencyLog

@testable import Seal

@Suite("The note that replaces a key")
struct RekeyNoteTests {
    private let old: LogKey
    private let new: LogKey
    private let note: RekeyNote

    init() throws {
        let origin = try Origin("relay1.example.net/all")
        func key(_ seed: UInt8) throws -> LogKey {
            let bytes = [UInt8](repeating: seed, count: 32)
            return try LogKey(origin: origin, privateKey: Ed25519PrivateKey(seed: unsafe SecretBytes(bytes.span.bytes)))
        }
        (old, new) = (try key(1), try key(2))
        note = try RekeyNote(from: old, to: new, size: 512, time: 1_795_414_500)
    }

    @Test func itsTextIsTheFormats() {
        #expect(
            note.note.text == """
                waxwing-rekey/v1
                relay1.example.net/all
                old \(old.verifierKey)
                new \(new.verifierKey)
                size 512
                time 1795414500

                """)
        #expect(note.note.signatures.map(\.keyID) == [old.keyID, new.keyID])
        #expect(note.isSigned && note.index == 510)
    }

    @Test func whatIsWrittenIsRead() throws {
        #expect(try RekeyNote(parsing: note.encoded()) == note)
        let line = RekeyRecord.line(
            note, at: SealTime(clamping: 0), host: "relay1", processID: 7, enterpriseNumber: 99)
        let bytes = line.bytes[..<line.split] + Array("[waxwing@99 l=\"41342dd0\" i=\"510\"]".utf8)
        let record = Array(bytes + line.bytes[line.split...])
        let shape = unsafe CanonicalLine(record.span.bytes)
        #expect(shape.isRekey && shape.kind == .record && shape.violation == nil && shape.index == 510)
        #expect(try unsafe RekeyRecord.note(in: record.span.bytes) == note)
        #expect(record.count < 4096)
    }

    @Test(
        arguments: [
            ("size 512", "size 1"), ("size 512", "size 0512"), ("size 512", "size -1"), ("size 512", "size"),
            ("old ", "OLD "), ("waxwing-rekey/v1", "waxwing-rekey/v2"), ("time 1795414500\n", ""),
            ("\nrelay1.example.net/all\n", "\nrelay2.example.net/all\n"), ("time 1795414500", "time x"),
        ])
    func anotherTextIsNone(_ part: String, _ other: String) throws {
        let text = note.note.text.replacing(part, with: other)
        let altered = try SignedNote(text: text, signatures: note.note.signatures)
        #expect(throws: SealError(.rekey, "")) { try RekeyNote(parsing: Array(altered.description.utf8)) }
    }

    @Test func anotherSizeIsNotSigned() throws {
        let text = note.note.text.replacing("size 512", with: "size 513")
        let altered = try SignedNote(text: text, signatures: note.note.signatures)
        #expect(try !RekeyNote(parsing: Array(altered.description.utf8)).isSigned)
    }

    @Test func keysOfTwoLogsAndOneKeyTwiceAreRefused() throws {
        let other = try LogKey(origin: Origin("relay2.example.net/all"), privateKey: new.privateKey)
        #expect(throws: SealError(.rekey, "")) { try RekeyNote(from: old, to: other, size: 512, time: 1) }
        #expect(throws: SealError(.rekey, "")) { try RekeyNote(from: old, to: old, size: 512, time: 1) }
        #expect(throws: SealError(.rekey, "")) { try RekeyNote(from: old, to: new, size: 1, time: 1) }
    }
}
