internal import COpenSSL

/// An Ed25519 public key (RFC 8032), which checks signatures. It may be used by any number of threads.
@safe
public final class Ed25519PublicKey: Sendable, Equatable {
    /// Bytes in a public key.
    public static let byteCount = Int(WAXWING_ED25519_PUBLIC_LENGTH)
    /// Bytes in a signature.
    public static let signatureByteCount = Int(WAXWING_ED25519_SIGNATURE_LENGTH)

    // OpenSSL's keys are immutable and counted atomically.
    nonisolated(unsafe) private let key: OpaquePointer
    /// The key's 32 bytes.
    public let bytes: [UInt8]

    /// The key whose bytes are `bytes`, 32 of them.
    public init(_ bytes: [UInt8]) throws(OpenSSLError) {
        guard bytes.count == Self.byteCount else {
            throw OpenSSLError(.length, "an Ed25519 public key has \(Self.byteCount) bytes, this one \(bytes.count)")
        }
        guard let key = unsafe waxwing_key_from_public(bytes) else {
            throw OpenSSLError(library: "OpenSSL does not take this public key")
        }
        unsafe self.key = unsafe key
        self.bytes = bytes
    }

    deinit { unsafe waxwing_key_free(key) }

    /// Whether `signature` is this key's signature of `message`.
    public func isValid(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard signature.count == Self.signatureByteCount else { return false }
        return unsafe waxwing_key_verify(key, message, message.count, signature) == 1
    }

    public static func == (left: Ed25519PublicKey, right: Ed25519PublicKey) -> Bool { left.bytes == right.bytes }
}
