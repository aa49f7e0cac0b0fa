import Glibc
import OpenSSL
import Testing
import TransparencyLog

@Suite("Ed25519 keys")
struct Ed25519Tests {
    let directory = TemporaryDirectory()

    /// RFC 8032 §7.1, tests 1 to 3: seed, public key, message, signature.
    @Test(arguments: [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ])
    func standardVectors(seed: String, publicKey: String, message: String, signature: String) throws {
        let bytes = try #require(Hexadecimal.decode(message))
        let expected = try #require(Hexadecimal.decode(signature))
        let key = try Ed25519PrivateKey(seed: SecretBytes(try #require(Hexadecimal.decode(seed))))
        #expect(Hexadecimal.encode(key.publicKey.bytes) == publicKey)
        #expect(try key.signature(of: bytes) == expected)
        #expect(key.publicKey.isValid(expected, of: bytes))
        #expect(try Ed25519PublicKey(key.publicKey.bytes) == key.publicKey)
    }

    @Test func refusesATamperedSignatureOrMessage() throws {
        let key = try Ed25519PrivateKey.generate()
        let message = Array("message".utf8)
        let signature = try key.signature(of: message)
        for position in signature.indices {
            var tampered = signature
            tampered[position] ^= 0x40
            #expect(!key.publicKey.isValid(tampered, of: message))
        }
        #expect(!key.publicKey.isValid(signature, of: message + [0]))
        #expect(!key.publicKey.isValid(Array(signature.dropLast()), of: message))
        #expect(!key.publicKey.isValid(signature + [0], of: message))
        #expect(!(try Ed25519PrivateKey.generate().publicKey.isValid(signature, of: message)))
    }

    @Test func refusesOtherLengths() {
        for count in [0, 31, 33, 64] {
            let bytes = [UInt8](repeating: 1, count: count)
            #expect(throws: OpenSSLError(.length, "")) { try Ed25519PublicKey(bytes) }
            #expect(throws: OpenSSLError(.length, "")) { try Ed25519PrivateKey(seed: SecretBytes(bytes)) }
        }
    }

    // MARK: - PEM

    @Test func plainFile() throws {
        let key = try Ed25519PrivateKey.generate()
        let path = directory.file("key.pem")
        try key.create(at: path)
        #expect(mode(of: path) == 0o600)
        #expect(try SecretFile.read(path).text.hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
        #expect(try Ed25519PrivateKey.load(path).publicKey == key.publicKey)
        // A passphrase that is not needed does no harm.
        #expect(try Ed25519PrivateKey.load(path, passphrase: SecretBytes("x")).publicKey == key.publicKey)
        #expect(throws: OpenSSLError(.exists, "")) { try key.create(at: path) }
    }

    @Test func encryptedFile() throws {
        let key = try Ed25519PrivateKey.generate()
        let path = directory.file("key.pem")
        try key.create(at: path, passphrase: SecretBytes("correct horse é"))
        #expect(try SecretFile.read(path).text.hasPrefix("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"))
        for location in [path, "file:\(path)"] {
            #expect(
                try Ed25519PrivateKey.load(location, passphrase: SecretBytes("correct horse é")).publicKey
                    == key.publicKey)
            #expect(throws: OpenSSLError(.passphraseMissing, "")) { try Ed25519PrivateKey.load(location) }
            #expect(throws: OpenSSLError(.passphraseWrong, "")) {
                try Ed25519PrivateKey.load(location, passphrase: SecretBytes("wrong"))
            }
        }
    }

    @Test(arguments: [(0, false), (1, true), (1024, true), (1025, false)])
    func limitsPassphrases(count: Int, isTaken: Bool) throws {
        let key = try Ed25519PrivateKey.generate()
        let passphrase = SecretBytes([UInt8](repeating: 0x41, count: count))
        if isTaken {
            let pem = try key.pem(passphrase: passphrase)
            #expect(try Ed25519PrivateKey(pem: pem, passphrase: passphrase).publicKey == key.publicKey)
        } else {
            #expect(throws: OpenSSLError(.length, "")) { try key.pem(passphrase: passphrase) }
        }
    }

    /// Made by `openssl genpkey`'s rules, but for a key of another kind: the X25519 key of 32 bytes 0x42.
    @Test func refusesAnotherKindOfKey() throws {
        let der = try #require(
            Hexadecimal.decode("302e020100300506032b656e04220420" + String(repeating: "42", count: 32)))
        let pem = "-----BEGIN PRIVATE KEY-----\n\(Base64.encode(der))\n-----END PRIVATE KEY-----\n"
        let path = directory.write("x25519.pem", Array(pem.utf8))
        for location in [path, "file:\(path)"] {
            let error = #expect(throws: OpenSSLError(.notEd25519, "")) { try Ed25519PrivateKey.load(location) }
            #expect(error?.message.contains(path) == true)
        }
    }

    @Test(arguments: [
        "", "not a key\n", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=\n-----END PUBLIC KEY-----\n",
    ])
    func refusesWhatIsNoPrivateKey(text: String) throws {
        let path = directory.write("key.pem", Array(text.utf8))
        for location in [path, "file:\(path)"] {
            let error = #expect(throws: OpenSSLError(.noPrivateKey, "")) { try Ed25519PrivateKey.load(location) }
            #expect(error?.message.contains(path) == true)
        }
    }

    // MARK: - Store

    @Test(arguments: ["file:", "file://", "file://localhost", "FILE:"])
    func loadsByURI(prefix: String) throws {
        let key = try Ed25519PrivateKey.generate()
        let path = directory.file("key with space.pem")
        try key.create(at: path)
        #expect(try Ed25519PrivateKey.load(prefix + path).publicKey == key.publicKey)
    }

    @Test func aURIDoesNotGoRoundTheChecks() throws {
        let key = try Ed25519PrivateKey.generate()
        let path = directory.write("key.pem", try key.pem().array, mode: 0o644)
        for location in [path, "file:\(path)", "file://\(path)", "file://localhost\(path)", "FiLe:\(path)"] {
            #expect(throws: OpenSSLError(.permissions, "")) { try Ed25519PrivateKey.load(location) }
        }
    }

    @Test(arguments: ["pkcs11:token=none;object=none", "nosuchscheme:x"])
    func saysWhatAStoreCannotLoad(location: String) {
        let error = #expect(throws: OpenSSLError(.noPrivateKey, "")) { try Ed25519PrivateKey.load(location) }
        #expect(error?.message.contains(location) == true)
        #expect(error?.detail.isEmpty == false)
    }

    @Test func aPathWithAColon() throws {
        let key = try Ed25519PrivateKey.generate()
        try key.create(at: directory.file("a:b"))
        #expect(try Ed25519PrivateKey.load(directory.file("a:b")).publicKey == key.publicKey)
    }
}
