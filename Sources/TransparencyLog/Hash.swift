/// A SHA-256 digest: a leaf, a node or a root of an RFC 6962 tree, or a key's fingerprint.
///
/// The value is the 32 digest bytes and nothing else: in memory it has the size and the order of the digest, so that a
/// hasher written in C may fill an array of them in one call.
public struct Hash: BitwiseCopyable, Hashable, Sendable {
    /// Bytes in a digest.
    public static let byteCount = 32
    /// Characters of a digest in padded base64.
    public static let base64Length = 44

    // The digest's bytes 0-7, 8-15, 16-23 and 24-31, each as a little-endian integer.
    @usableFromInline var word0: UInt64
    @usableFromInline var word1: UInt64
    @usableFromInline var word2: UInt64
    @usableFromInline var word3: UInt64

    /// Thirty-two zero bytes: a place to write a digest to, never a digest.
    @inlinable
    public init() {
        word0 = 0
        word1 = 0
        word2 = 0
        word3 = 0
    }

    /// The digest whose bytes are `bytes`, or nil unless there are exactly 32.
    @inlinable
    public init?(_ bytes: RawSpan) {
        guard bytes.byteCount == Self.byteCount else { return nil }
        // Any 32 bytes are four valid integers, and the length was just checked.
        unsafe word0 = bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: 0, as: UInt64.self)
        unsafe word1 = bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: 8, as: UInt64.self)
        unsafe word2 = bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: 16, as: UInt64.self)
        unsafe word3 = bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: 24, as: UInt64.self)
    }

    /// The digest whose bytes are `bytes`, or nil unless there are exactly 32.
    @inlinable
    public init?(_ bytes: [UInt8]) {
        unsafe self.init(bytes.span.bytes)
    }

    /// The root of a tree without leaves, SHA-256 of no bytes (RFC 6962 §2.1).
    public static let emptyRoot = Hash(hex: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")!

    /// Byte `index` of the digest, 0 to 31.
    @inlinable
    public subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < Self.byteCount)
        let word =
            switch index >> 3 {
            case 0: word0
            case 1: word1
            case 2: word2
            default: word3
            }
        return UInt8(truncatingIfNeeded: word.littleEndian >> UInt64((index & 7) &* 8))
    }

    /// The digest's 32 bytes.
    public var bytes: [UInt8] { (0..<Self.byteCount).map { self[$0] } }

    /// Lends the digest's 32 bytes to `body`.
    @inlinable @inline(__always)
    public func withBytes<Result>(_ body: (RawSpan) -> Result) -> Result {
        unsafe withUnsafeBytes(of: self) { unsafe body(RawSpan(_unsafeBytes: $0)) }
    }
}

// MARK: - Text

extension Hash: CustomStringConvertible {
    /// The digest that `text` spells in 64 hexadecimal digits of either case, or nil.
    public init?(hex text: String) {
        guard let bytes = Hexadecimal.decode(text) else { return nil }
        self.init(bytes)
    }

    /// The digest that `text` spells in padded base64 (44 characters), or nil.
    public init?(base64 text: String) {
        let bytes = Array(text.utf8)
        unsafe self.init(base64: bytes.span.bytes)
    }

    /// The digest that `text` spells in padded base64 (44 characters), or nil. Allocates nothing.
    public init?(base64 text: RawSpan) {
        guard text.byteCount == Self.base64Length else { return nil }
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        var count = 0
        let valid = Base64.decode(text) { byte in
            let shifted = UInt64(byte) << UInt64((count & 7) &* 8)
            switch count >> 3 {
            case 0: words.0 |= shifted
            case 1: words.1 |= shifted
            case 2: words.2 |= shifted
            default: words.3 |= shifted
            }
            count &+= 1
        }
        guard valid, count == Self.byteCount else { return nil }
        word0 = words.0.littleEndian
        word1 = words.1.littleEndian
        word2 = words.2.littleEndian
        word3 = words.3.littleEndian
    }

    /// The digest in 64 lower-case hexadecimal digits.
    public var hex: String { Hexadecimal.encode(bytes) }

    /// The digest in padded base64, 44 characters.
    public var base64: String { Base64.encode(bytes) }

    public var description: String { hex }
}
