public import OpenSSL
public import TransparencyLog

/// The key that signs a stream's checkpoints, under the stream's origin as its name.
public struct LogKey: NoteSigner, Sendable {
    public let origin: Origin
    public let privateKey: Ed25519PrivateKey
    /// What a verifier needs: hand out its text, `ORIGIN+KEYID+BASE64`.
    public let verifierKey: VerifierKey

    public init(origin: Origin, privateKey: Ed25519PrivateKey) throws(SealError) {
        self.origin = origin
        self.privateKey = privateKey
        verifierKey = try VerifierKey(origin, privateKey.publicKey)
    }

    public var name: String { origin.text }
    public var keyID: UInt32 { verifierKey.keyID }

    public func signature(of text: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        try privateKey.signature(of: text)
    }

    /// Checks what this key signed.
    public var verifier: LogVerifier { LogVerifier(origin, verifierKey, privateKey.publicKey) }
}

/// The public half of a ``LogKey``: checks a stream's seals and checkpoints.
public struct LogVerifier: NoteVerifier, Hashable, Sendable, CustomStringConvertible {
    public let origin: Origin
    public let verifierKey: VerifierKey
    private let publicKey: Ed25519PublicKey

    init(_ origin: Origin, _ verifierKey: VerifierKey, _ publicKey: Ed25519PublicKey) {
        self.origin = origin
        self.verifierKey = verifierKey
        self.publicKey = publicKey
    }

    public init(origin: Origin, publicKey: Ed25519PublicKey) throws(SealError) {
        self.init(origin, try VerifierKey(origin, publicKey), publicKey)
    }

    /// The verifier of the key that `text` spells, `ORIGIN+KEYID+BASE64`.
    public init(parsing text: String) throws(SealError) {
        let verifierKey: VerifierKey
        let publicKey: Ed25519PublicKey
        do {
            var hasher = try SHA256Hasher()
            verifierKey = try VerifierKey(parsing: text, &hasher)
            publicKey = try Ed25519PublicKey(verifierKey.publicKey)
        } catch let error as TransparencyLogError {
            throw SealError(.verifierKey, error.reason)
        } catch {
            throw SealError(.library, "\(error)")
        }
        self.init(try Origin(verifierKey.name), verifierKey, publicKey)
    }

    public var name: String { origin.text }
    public var keyID: UInt32 { verifierKey.keyID }

    public func isValid(_ signature: [UInt8], of text: [UInt8]) -> Bool {
        publicKey.isValid(signature, of: text)
    }

    /// Whether `seal` is of this stream and signed by this key.
    public func signed(_ seal: SealRecord) -> Bool {
        seal.origin == origin && seal.keyID == keyID && isValid(seal.signature, of: seal.body)
    }

    /// The verifier key's text, `ORIGIN+KEYID+BASE64`.
    public var description: String { verifierKey.description }

    public static func == (left: LogVerifier, right: LogVerifier) -> Bool { left.verifierKey == right.verifierKey }
    public func hash(into hasher: inout Hasher) { hasher.combine(verifierKey) }
}

extension VerifierKey {
    init(_ origin: Origin, _ publicKey: Ed25519PublicKey) throws(SealError) {
        do {
            var hasher = try SHA256Hasher()
            try self.init(name: origin.text, publicKey: publicKey.bytes, &hasher)
        } catch {
            throw SealError(.library, "\(error)")
        }
    }
}
