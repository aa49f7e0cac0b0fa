public import NIOSSL
import OpenSSL

/// The SHA-256 digest of a certificate's DER form, by which a peer is pinned (RFC 5425 §4.2.2 and §5.1).
public struct CertificateFingerprint: Hashable, Sendable, CustomStringConvertible {
    /// 32 bytes.
    public let digest: [UInt8]

    /// Takes 32 bytes; nil for any other number.
    public init?(digest: [UInt8]) {
        guard digest.count == 32 else { return nil }
        self.digest = digest
    }

    /// The fingerprint of `certificate`.
    public init(of certificate: NIOSSLCertificate) throws {
        digest = try SHA256Hasher.digest(certificate.toDERBytes()).bytes
    }

    /// `sha256:` and 32 pairs of hexadecimal digits, separated by colons.
    public var description: String {
        let digits = Array("0123456789ABCDEF")
        return "sha256:" + digest.map { "\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }.joined(separator: ":")
    }
}
