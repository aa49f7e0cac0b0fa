/// Signs notes under one key name.
public protocol NoteSigner {
    /// The key's name; see ``VerifierKey/isValidName(_:)``.
    var name: String { get }
    /// The key's ID, the first four bytes of a hash in big-endian order.
    var keyID: UInt32 { get }
    /// The signature of a note's text, without the key ID in front.
    func signature(of text: [UInt8]) throws -> [UInt8]
}

/// Checks the signatures of one key.
public protocol NoteVerifier {
    /// The key's name.
    var name: String { get }
    /// The key's ID.
    var keyID: UInt32 { get }
    /// Whether `signature`, without the key ID in front, is this key's signature of a note's text.
    func isValid(_ signature: [UInt8], of text: [UInt8]) -> Bool
}

/// A named Ed25519 public key in the form people exchange: `NAME+KEYID+BASE64`, the key ID in eight hexadecimal digits
/// and the last part the algorithm byte 0x01 and the 32 key bytes (the "vkey" of golang.org/x/mod/sumdb/note).
public struct VerifierKey: Hashable, Sendable, CustomStringConvertible {
    /// The algorithm byte of an Ed25519 key (C2SP signed-note, signature types).
    public static let ed25519: UInt8 = 0x01
    /// Bytes in a key name at most.
    public static let nameLimit = 1024

    public let name: String
    /// SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key), its first four bytes in big-endian order.
    public let keyID: UInt32
    /// The 32 bytes of the public key (RFC 8032).
    public let publicKey: [UInt8]

    /// The verifier key of `publicKey`, which has 32 bytes, under `name`.
    public init<Hasher: TreeHasher & ~Copyable>(
        name: String, publicKey: [UInt8], _ hasher: inout Hasher
    ) throws(TransparencyLogError) {
        guard Self.isValidName(name) else {
            throw TransparencyLogError(.malformedKey, "a key name is not empty and has no space and no plus sign")
        }
        guard publicKey.count == 32 else {
            throw TransparencyLogError(.malformedKey, "an Ed25519 public key has 32 bytes, this one \(publicKey.count)")
        }
        let hash = hasher.digest(Array(name.utf8) + [0x0A, Self.ed25519] + publicKey)
        self.name = name
        self.publicKey = publicKey
        keyID = (0..<4).reduce(0) { $0 << 8 | UInt32(hash[$1]) }
    }

    /// The verifier key that `text` spells. Refuses any other algorithm than Ed25519 and a key ID that is not the
    /// key's.
    public init<Hasher: TreeHasher & ~Copyable>(parsing text: String, _ hasher: inout Hasher)
        throws(TransparencyLogError)
    {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else {
            throw TransparencyLogError(.malformedKey, "a verifier key has the form NAME+KEYID+BASE64")
        }
        guard let key = Base64.decode(String(parts[2])), key.first == Self.ed25519 else {
            throw TransparencyLogError(.malformedKey, "the third part of a verifier key is base64 of 0x01 and the key")
        }
        try self.init(name: String(parts[0]), publicKey: Array(key.dropFirst()), &hasher)
        guard parts[1] == Self.text(keyID) else {
            throw TransparencyLogError(
                .malformedKey,
                "the key ID of this verifier key is \(Self.text(keyID)), not \(parts[1]): it was mistyped")
        }
    }

    public var description: String { "\(name)+\(Self.text(keyID))+\(Base64.encode([Self.ed25519] + publicKey))" }

    /// A key ID in eight lower-case hexadecimal digits.
    public static func text(_ keyID: UInt32) -> String {
        Hexadecimal.encode(stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: keyID >> UInt32($0)) })
    }

    /// Whether `name` may name a key: not empty, at most ``nameLimit`` bytes, no Unicode space, no plus sign and no
    /// control character.
    public static func isValidName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= nameLimit
            && name.unicodeScalars.allSatisfy { $0 != "+" && $0.value >= 0x20 && !$0.properties.isWhitespace }
    }
}
