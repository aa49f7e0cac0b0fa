internal import OpenSSL
internal import TransparencyLog

/// The first 32 bits of SHA-256(origin): the short name of a stream that each of its records carries as `l`, in eight
/// lower-case hexadecimal digits.
public struct LogTag: RawRepresentable, BitwiseCopyable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt32

    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public var description: String { VerifierKey.text(rawValue) }
}

/// The identity of a stream, a URL without its scheme, e.g. `relay1.example.net/all`. It is the checkpoint's origin
/// line and the name of the key that signs it (C2SP tlog-checkpoint).
public struct Origin: Hashable, Sendable, CustomStringConvertible {
    /// Characters in an origin at most.
    public static let lengthLimit = 200

    public let text: String
    public let tag: LogTag

    /// The origin `text`: 1 to 200 characters of `A-Z a-z 0-9 . _ / -`.
    public init(_ text: String) throws(SealError) {
        guard (1...Self.lengthLimit).contains(text.utf8.count), text.utf8.allSatisfy(Self.allows) else {
            throw SealError(
                .origin,
                "an origin has 1 to \(Self.lengthLimit) characters A-Z a-z 0-9 . _ / -, like relay1.example.net/all")
        }
        do throws(OpenSSLError) {
            let hash = try SHA256Hasher.digest(Array(text.utf8))
            tag = LogTag(rawValue: (0..<4).reduce(0) { $0 << 8 | UInt32(hash[$1]) })
        } catch {
            throw SealError(error)
        }
        self.text = text
    }

    public var description: String { text }

    static func allows(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2E, 0x5F, 0x2F, 0x2D: true
        default: false
        }
    }
}
