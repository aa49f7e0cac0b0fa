internal import COpenSSL

/// Why a key could not be loaded, written or used. Two errors are equal if their codes are.
public struct OpenSSLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Code: String, Hashable, Sendable {
        /// The file does not exist or cannot be opened, read or written.
        case file
        /// The file exists already and is not overwritten.
        case exists
        /// The path is not that of a regular file.
        case notRegularFile
        /// Somebody other than the owner may read or write the file.
        case permissions
        /// The file belongs neither to this process's user nor to root.
        case owner
        /// There is no private key in what was read.
        case noPrivateKey
        /// The private key is not an Ed25519 key.
        case notEd25519
        /// The private key is encrypted and no passphrase was given.
        case passphraseMissing
        /// The private key cannot be decrypted with the given passphrase.
        case passphraseWrong
        /// A key, seed, passphrase or file is too short or too long.
        case length
        /// OpenSSL could not do what it was asked to.
        case library
    }

    public let code: Code
    /// What happened to what, and what to do about it.
    public let message: String
    /// OpenSSL's own reasons, or empty.
    public let detail: String

    public init(_ code: Code, _ message: String, detail: String = "") {
        self.code = code
        self.message = message
        self.detail = detail
    }

    /// The failure of a call into OpenSSL on this thread just now, with the reasons OpenSSL left.
    init(library message: String, code: Code = .library) {
        self.init(code, message, detail: Self.takeReasons())
    }

    public var description: String { detail.isEmpty ? message : "\(message) (OpenSSL: \(detail))" }

    public static func == (left: Self, right: Self) -> Bool { left.code == right.code }
    public func hash(into hasher: inout Hasher) { hasher.combine(code) }

    /// Empties this thread's error queue into a text.
    static func takeReasons() -> String {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { buffer in
            let length = unsafe waxwing_error_text(buffer.baseAddress, buffer.count)
            return unsafe String(decoding: UnsafeRawBufferPointer(buffer)[..<length], as: UTF8.self)
        }
    }
}
