public import OpenSSL

/// A secret that stands in the header of requests. What it is shows only where a request is made.
public struct HTTPSecret: Sendable, CustomStringConvertible {
    private let secret: SecretBytes

    /// The content of the file at `path`, without its line end. Throws why it cannot be used: also when it has
    /// characters that a header field cannot have.
    public init(file path: String) throws(OpenSSLError) {
        let secret = try SecretFile.read(path).withoutLineEnd()
        let bytes = secret.bytes
        let isPrintable = (0..<bytes.byteCount).allSatisfy { (0x20...0x7E).contains(bytes.byte($0)) }
        guard bytes.byteCount > 0, isPrintable else {
            throw OpenSSLError(.length, "\(path): a token is one line of printable ASCII")
        }
        self.secret = secret
    }

    /// `prefix` and the secret.
    func field(_ prefix: String = "") -> String {
        let bytes = secret.bytes
        return prefix + String(decoding: (0..<bytes.byteCount).map { bytes.byte($0) }, as: UTF8.self)
    }

    public var description: String { "<secret>" }
}
