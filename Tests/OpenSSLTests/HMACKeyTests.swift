import OpenSSL
import Testing
import TransparencyLog

@Suite("HMAC-SHA256")
struct HMACKeyTests {
    struct NotAKey: Error {}

    static func key(_ bytes: [UInt8] = [UInt8](repeating: 0x4B, count: 32)) throws -> HMACKey {
        guard let key = HMACKey(SecretBytes(bytes)) else { throw NotAKey() }
        return key
    }

    /// Expected values by Python's hmac.
    @Test(arguments: [
        ("abc", "79e942978552ae5001e0446b8bf83945ec82ac0fdb399ce43e48e7ca953525f7"),
        ("", "eb9ac815d8fc8639315e603e2c026ced6a4a0c4936e4641d1c8a88e8e84a0302"),
    ])
    func codes(message: String, hex: String) throws {
        #expect(try Self.key().authenticationCode(of: Array(message.utf8)).hex == hex)
    }

    @Test func derivedKeyIsTheCodeOfItsLabel() throws {
        let key = try Self.key()
        let code = try key.authenticationCode(of: Array("label".utf8))
        let derived = try key.derived(Array("label".utf8))
        let expected = try Self.key(code.bytes)
        #expect(derived.secret(prefix: [1, 2]).array == [1, 2] + code.bytes)
        #expect(expected.secret(prefix: []).equals(derived.secret(prefix: [])))
    }

    @Test(arguments: [0, 31, 33])
    func refusesOtherLengths(count: Int) {
        #expect(throws: NotAKey.self) { _ = try Self.key([UInt8](repeating: 0, count: count)) }
    }

    @Test func comparesCodes() throws {
        let code = try Self.key().authenticationCode(of: [])
        #expect(HMACKey.equal(code, code))
        #expect(!HMACKey.equal(code, .emptyRoot))
    }

    @Test func newKeysDiffer() throws {
        let keys = try (0..<2).map { _ in try HMACKey().secret(prefix: []) }
        #expect(!keys[0].equals(keys[1]))
    }
}

@Suite("Secret bytes")
struct SecretBytesTests {
    @Test(arguments: [("a\n", 1), ("a\r\n", 1), ("a", 1), ("\n", 0), ("a\n\n", 2), ("", 0), ("a\r", 1), ("a\n\r", 2)])
    func withoutLineEnd(text: String, count: Int) {
        let secret = SecretBytes(text).withoutLineEnd()
        #expect(secret.count == count)
        #expect(secret.bytes.byteCount == count)
    }

    @Test func equality() {
        #expect(SecretBytes("abc").equals(SecretBytes("abc")))
        #expect(!SecretBytes("abc").equals(SecretBytes("abd")))
        #expect(!SecretBytes("abc").equals(SecretBytes("ab")))
        #expect(SecretBytes("").equals(SecretBytes("")))
    }
}
