extension Settings {
    /// The sealed stream and how it is written.
    public struct Stream: Sendable, Hashable {
        /// The name signatures carry; nil for `<host name>/waxwing`, which the relay finds out.
        public internal(set) var origin: String?
        /// The Ed25519 key that signs.
        public internal(set) var key = Key.generated(path: "waxwing-data/keys/log.pem")
        /// What decrypts the key.
        public internal(set) var keyPassphraseFile: String?
        /// K_1 of the HMAC ratchet as 64 hexadecimal digits.
        public internal(set) var macKeyFile: String?
        /// A checkpoint that is kept elsewhere: a ledger behind it is refused.
        public internal(set) var savedHeadFile: String?
        /// The private enterprise number in the names of Waxwing's SD-ELEMENTs (RFC 5424, section 7.2.2).
        public internal(set) var enterpriseNumber = 32_473
        /// When a batch is sealed.
        public internal(set) var batch = Batch()
        /// When records are made durable.
        public internal(set) var sync = Sync()
        /// Bytes of one file of the ledger.
        public internal(set) var segmentBytes = 64 << 20
    }

    /// Where the signing key is.
    public enum Key: Sendable, Hashable {
        /// A PEM file at the standard place, made at the first start if it is not there.
        case generated(path: String)
        /// A PEM file that has to be there.
        case file(path: String)
        /// A URI for OSSL_STORE, such as `pkcs11:token=…`.
        case store(uri: String)
    }

    /// Limits of a batch; the first one reached seals it.
    public struct Batch: Sendable, Hashable {
        /// Records.
        public internal(set) var records = 1024
        /// Bytes of the records.
        public internal(set) var bytes = 1 << 20
        /// Time since the first record.
        public internal(set) var age = Duration.seconds(5)
        /// Time after which an empty batch is sealed, so that silence is evidence.
        public internal(set) var idle = Duration.seconds(60)
    }

    /// When the ledger calls fdatasync: whichever comes first.
    public struct Sync: Sendable, Hashable {
        /// Time since the first record that is not yet durable.
        public internal(set) var interval = Duration.milliseconds(50)
        /// Bytes that are not yet durable.
        public internal(set) var bytes = 1 << 20
    }
}

extension Kind where Value == Settings.Key {
    /// A path, or a URI that begins with a scheme.
    static let signingKey = Kind.scalar(
        "a path or URI", example: "keys/log.pem", name: "signing_key", schema: ["type": "string", "minLength": 1]
    ) { text, decoding throws(ScalarProblem) in
        guard isURI(text) else { return .file(path: try Paths.resolve(text, from: decoding.baseDirectory)) }
        guard !text.lowercased().contains("pin-value") else {
            throw ScalarProblem(
                .invalidValue, "contains a secret (pin-value)", remedy: "write pin-source=file:/path instead",
                isSecret: true)
        }
        return .store(uri: text)
    } show: {
        key in
        switch key {
        case .generated: nil
        case .file(let path): .text(path)
        case .store(let uri): .text(uri)
        }
    }

    /// RFC 3986, section 3.1.
    private static func isURI(_ text: String) -> Bool {
        let scheme = text.utf8.prefix { isLetter($0) || isDigit($0) || [0x2B, 0x2D, 0x2E].contains($0) }
        guard let first = scheme.first, isLetter(first) else { return false }
        return text.utf8.dropFirst(scheme.count).first == 0x3A
    }
}
