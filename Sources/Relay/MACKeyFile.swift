public import OpenSSL
import TransparencyLog

/// The file of the ratchet's first key, K_1: 64 hexadecimal digits and a line end, mode 0600.
public enum MACKeyFile {
    /// The key in the file at `path`.
    public static func read(_ path: String) throws(OpenSSLError) -> HMACKey {
        let text = try SecretFile.read(path).withoutLineEnd()
        let digits = text.bytes
        let bytes = (0..<digits.byteCount).map { unsafe digits.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
        guard let decoded = Hexadecimal.decode(String(decoding: bytes, as: UTF8.self)),
            let key = unsafe HMACKey(decoded.span.bytes)
        else {
            throw OpenSSLError(
                .length, "\(path): a MAC key is 64 hexadecimal digits; make one with `waxwing keys mac FILE`")
        }
        return key
    }

    /// Makes a file with a new key. It must not exist.
    public static func create(_ path: String) throws(OpenSSLError) {
        let key = try SecretBytes.random(count: HMACKey.byteCount)
        let span = key.bytes
        let bytes = (0..<span.byteCount).map { unsafe span.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
        try SecretFile.create(path, SecretBytes(Hexadecimal.encode(bytes) + "\n"))
    }
}
