internal import COpenSSL
public import TransparencyLog

/// A key of 32 bytes for HMAC-SHA256 (RFC 2104), overwritten with zeros when it goes.
@safe
public struct HMACKey: ~Copyable, Sendable {
    /// Bytes in a key.
    public static let byteCount = 32

    private let secret: SecretBytes

    /// The key whose bytes are `bytes`, or nil unless there are exactly 32. The original is not erased.
    public init?(_ bytes: RawSpan) {
        guard bytes.byteCount == Self.byteCount else { return nil }
        secret = SecretBytes(bytes)
    }

    /// The key whose bytes are `secret`'s, or nil unless there are exactly 32.
    public init?(_ secret: SecretBytes) {
        guard secret.count == Self.byteCount else { return nil }
        self.secret = secret
    }

    /// A new random key.
    public init() throws(OpenSSLError) {
        secret = try SecretBytes.random(count: Self.byteCount)
    }

    /// HMAC-SHA256 of `message` under this key.
    public borrowing func authenticationCode(of message: RawSpan) throws(OpenSSLError) -> Hash {
        var code = Hash()
        let status = unsafe secret.bytes.withUnsafeBytes { key in
            unsafe message.withUnsafeBytes { message in
                unsafe withUnsafeMutableBytes(of: &code) { code in
                    unsafe waxwing_hmac_sha256(key.bytes, key.count, message.bytes, message.count, code.bytes)
                }
            }
        }
        guard status == 1 else { throw OpenSSLError(library: "OpenSSL could not compute an HMAC-SHA256") }
        return code
    }

    /// HMAC-SHA256 of `message` under this key.
    public borrowing func authenticationCode(of message: [UInt8]) throws(OpenSSLError) -> Hash {
        try unsafe authenticationCode(of: message.span.bytes)
    }

    /// The key HMAC-SHA256(this key, `label`), which is never anywhere but in memory that is erased.
    public borrowing func derived(_ label: [UInt8]) throws(OpenSSLError) -> HMACKey {
        let key = secret
        return HMACKey(
            owning: try unsafe SecretBytes(count: Self.byteCount) { (target) throws(OpenSSLError) in
                let status = unsafe key.bytes.withUnsafeBytes { key in
                    unsafe waxwing_hmac_sha256(key.bytes, key.count, label, label.count, target.bytes)
                }
                guard status == 1 else { throw OpenSSLError(library: "OpenSSL could not compute an HMAC-SHA256") }
                return target.count
            })
    }

    private init(owning secret: SecretBytes) { self.secret = secret }

    /// `prefix` and the key's bytes, to store them.
    public borrowing func secret(prefix: [UInt8]) -> SecretBytes {
        let key = secret
        return unsafe SecretBytes(count: prefix.count + Self.byteCount) { target in
            unsafe target.copyBytes(from: prefix)
            unsafe key.bytes.withUnsafeBytes {
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[prefix.count...]).copyMemory(from: $0)
            }
            return target.count
        }
    }

    /// Whether two codes are equal, found out in a time that does not depend on where they differ.
    public static func equal(_ left: Hash, _ right: Hash) -> Bool {
        unsafe withUnsafeBytes(of: left) { left in
            unsafe withUnsafeBytes(of: right) { right in
                unsafe waxwing_equal(left.bytes, right.bytes, left.count) == 1
            }
        }
    }
}
