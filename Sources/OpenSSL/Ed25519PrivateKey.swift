internal import COpenSSL

/// An Ed25519 private key (RFC 8032), which signs. It may be used by any number of threads.
///
/// The key lies in OpenSSL's memory, or in a token that OpenSSL's store knows how to reach; it is erased with the
/// object.
@safe
public final class Ed25519PrivateKey: Sendable {
    /// Bytes in the seed that a key can be made from (RFC 8032 §5.1.5).
    public static let seedByteCount = Int(WAXWING_ED25519_SEED_LENGTH)
    /// Bytes in a passphrase at most.
    public static let passphraseLimit = Int(WAXWING_PASSPHRASE_LIMIT)

    // OpenSSL's keys are immutable and counted atomically.
    nonisolated(unsafe) private let key: OpaquePointer
    public let publicKey: Ed25519PublicKey

    private init(owning key: OpaquePointer) throws(OpenSSLError) {
        var bytes = [UInt8](repeating: 0, count: Ed25519PublicKey.byteCount)
        do throws(OpenSSLError) {
            guard unsafe waxwing_key_public(key, &bytes) == 1 else {
                throw OpenSSLError(library: "the public half of the private key cannot be had")
            }
            publicKey = try Ed25519PublicKey(bytes)
        } catch {
            unsafe waxwing_key_free(key)
            throw error
        }
        unsafe self.key = unsafe key
    }

    deinit { unsafe waxwing_key_free(key) }

    // MARK: - Making

    /// A new random key.
    public static func generate() throws(OpenSSLError) -> Ed25519PrivateKey {
        guard let key = unsafe waxwing_key_generate() else {
            throw OpenSSLError(
                library: "OpenSSL makes no Ed25519 key: check its configuration (openssl list -providers)")
        }
        return try unsafe Ed25519PrivateKey(owning: key)
    }

    /// The key of a seed of 32 bytes.
    public convenience init(seed: SecretBytes) throws(OpenSSLError) {
        guard seed.count == Self.seedByteCount else {
            throw OpenSSLError(
                .length, "the seed of an Ed25519 key has \(Self.seedByteCount) bytes, this one \(seed.count)")
        }
        guard let key = unsafe seed.bytes.withUnsafeBytes({ unsafe waxwing_key_from_seed($0.bytes) }) else {
            throw OpenSSLError(library: "OpenSSL does not take this seed")
        }
        try unsafe self.init(owning: key)
    }

    // MARK: - Loading

    /// The key at `location`: the path of a PEM file, or a URI that OpenSSL's store can load (`pkcs11:…`, `file:…`). A
    /// file is read under the rules of ``SecretFile``, with or without `file:` in front. A path whose first part has a
    /// colon in it is written with `./` in front.
    public static func load(_ location: String, passphrase: SecretBytes? = nil) throws(OpenSSLError)
        -> Ed25519PrivateKey
    {
        guard let scheme = scheme(of: location) else {
            return try Ed25519PrivateKey(pem: try SecretFile.read(location), passphrase: passphrase, from: location)
        }
        if scheme == "file" { try SecretFile.check(path(ofFileURI: location)) }
        let hint = scheme == "file" ? "" : ": is a provider for \(scheme): installed and in OpenSSL's configuration?"
        let key = try unsafe loadHandle(location, hint, passphrase) { passphrase, count, key in
            unsafe waxwing_key_load_store(location, passphrase, count, &key)
        }
        return try unsafe Ed25519PrivateKey(owning: key)
    }

    /// The key in a PEM text, PKCS#8 plain or encrypted. `source` is what errors call it.
    public convenience init(
        pem: SecretBytes, passphrase: SecretBytes? = nil, from source: String = "the PEM text"
    ) throws(OpenSSLError) {
        let key = try unsafe Self.loadHandle(source, "", passphrase) { passphrase, count, key in
            unsafe pem.bytes.withUnsafeBytes {
                unsafe waxwing_key_load_pem($0.bytes, $0.count, passphrase, count, &key)
            }
        }
        try unsafe self.init(owning: key)
    }

    private typealias Load = (UnsafePointer<UInt8>?, Int, inout OpaquePointer?) -> CInt

    /// Calls `load` and makes an error of what it says. `hint` is added where there was nothing to load.
    private static func loadHandle(
        _ source: String, _ hint: String, _ passphrase: SecretBytes?, _ load: Load
    ) throws(OpenSSLError) -> OpaquePointer {
        var key: OpaquePointer?
        try checkLength(of: passphrase)
        let status = unsafe withPointer(to: passphrase) { unsafe load($0, $1, &key) }
        switch Int(status) {
        case WAXWING_LOADED:
            if let key = unsafe key { return unsafe key }
            throw OpenSSLError(library: "\(source) could not be loaded")
        case WAXWING_NOT_ED25519:
            throw OpenSSLError(
                library: "\(source) is not an Ed25519 key: make one with openssl genpkey -algorithm ed25519",
                code: .notEd25519)
        case WAXWING_PASSPHRASE_MISSING:
            // OpenSSL's reasons only say that nobody gave one.
            _ = OpenSSLError.takeReasons()
            throw OpenSSLError(.passphraseMissing, "\(source) is encrypted: give its passphrase too")
        case WAXWING_PASSPHRASE_WRONG:
            throw OpenSSLError(
                library: "\(source) cannot be decrypted with the given passphrase", code: .passphraseWrong)
        default:
            throw OpenSSLError(
                library: "\(source) holds no private key that OpenSSL can read\(hint)", code: .noPrivateKey)
        }
    }

    // MARK: - Storing

    /// The key as PKCS#8 PEM, encrypted with AES-256-CBC if there is a passphrase. A key in a token cannot be had.
    public func pem(passphrase: SecretBytes? = nil) throws(OpenSSLError) -> SecretBytes {
        try Self.checkLength(of: passphrase)
        var text: UnsafeMutablePointer<CChar>?
        var length = 0
        let status = unsafe Self.withPointer(to: passphrase) { unsafe waxwing_key_pem(key, $0, $1, &text, &length) }
        guard status == 1, let text = unsafe text else {
            throw OpenSSLError(library: "the private key cannot be exported")
        }
        defer { unsafe waxwing_pem_free(text, length) }
        return unsafe SecretBytes(RawSpan(_unsafeStart: UnsafeRawPointer(text), byteCount: length))
    }

    /// Creates a PEM file of the key under the rules of ``SecretFile/create(_:_:)``.
    public func create(at path: String, passphrase: SecretBytes? = nil) throws(OpenSSLError) {
        try SecretFile.create(path, try pem(passphrase: passphrase))
    }

    // MARK: - Signing

    /// The signature of `message`, 64 bytes. Fails only if the key is in a token that does.
    public func signature(of message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: Ed25519PublicKey.signatureByteCount)
        guard unsafe waxwing_key_sign(key, message, message.count, &signature) == 1 else {
            throw OpenSSLError(library: "the private key does not sign")
        }
        return signature
    }

    // MARK: - Helpers

    private static func checkLength(of passphrase: SecretBytes?) throws(OpenSSLError) {
        if let passphrase, !(1...passphraseLimit).contains(passphrase.count) {
            throw OpenSSLError(.length, "a passphrase has 1 to \(passphraseLimit) bytes, this one \(passphrase.count)")
        }
    }

    private static func withPointer(
        to passphrase: SecretBytes?, _ body: (UnsafePointer<UInt8>?, Int) -> CInt
    ) -> CInt {
        guard let passphrase else { return body(nil, 0) }
        return unsafe passphrase.bytes.withUnsafeBytes { unsafe body($0.bytes, $0.count) }
    }

    /// The scheme of a URI in lower case (RFC 3986 §3.1), or nil for a path.
    static func scheme(of location: String) -> String? {
        guard let colon = location.firstIndex(of: ":") else { return nil }
        let scheme = location[..<colon].lowercased()
        let isScheme =
            scheme.utf8.first.map { (0x61...0x7A).contains($0) } == true
            && scheme.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || "+-.".utf8.contains($0)
            }
        return isScheme ? scheme : nil
    }

    /// The path that OpenSSL's store opens for a `file:` URI: it decodes nothing, and takes no host but this one.
    static func path(ofFileURI uri: String) -> String {
        let rest = uri.dropFirst("file:".count)
        for authority in ["//localhost/", "///"] where rest.lowercased().hasPrefix(authority) {
            return "/" + rest.dropFirst(authority.count)
        }
        return String(rest)
    }
}
