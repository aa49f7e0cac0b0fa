public import OpenSSL
public import TransparencyLog

/// The forward-secure layer of a stream: a key for each seal, made from the one before, which is then erased.
///
/// K_{s+1} = HMAC-SHA256(K_s, "waxwing-ratchet/v1"). Who breaks into the relay after seal s finds K_{s+1} and cannot
/// make another MAC for seal s or earlier. It is no proof to a third party: whoever kept K_1 can make them all.
public struct Ratchet: ~Copyable, Sendable {
    /// Bytes of a stored ratchet.
    public static let encodedByteCount = 8 + 8 + HMACKey.byteCount
    /// Seals that ``advance(to:)`` passes at most in one call, about half a minute's work.
    public static let stepLimit: UInt64 = 1 << 26

    private static let magic = Array("WAXRATC1".utf8)
    private static let label = Array("waxwing-ratchet/v1".utf8)

    /// The number of the seal whose key this is, from 1.
    public private(set) var number: UInt64
    private var key: HMACKey

    /// The ratchet at seal `number` with its key.
    public init(number: UInt64 = 1, key: consuming HMACKey) {
        precondition(number >= 1 && number < CompactRange.sizeLimit)
        self.number = number
        self.key = key
    }

    /// The MAC of seal ``number`` over its checkpoint body.
    public borrowing func authenticationCode(of body: [UInt8]) throws(OpenSSLError) -> Hash {
        try key.authenticationCode(of: Array("waxwing-mac/v1\n\(number)\n".utf8) + body)
    }

    /// Goes to the next seal's key and erases this one.
    public mutating func advance() throws(OpenSSLError) {
        key = try key.derived(Self.label)
        number += 1
    }

    /// Goes to the key of seal `number`. Refuses to go back, and to go further than ``stepLimit`` seals in one call.
    public mutating func advance(to number: UInt64) throws(SealError) {
        guard number >= self.number else {
            throw SealError(.ratchet, "the MAC key of seal \(number) was erased: the ratchet is at seal \(self.number)")
        }
        guard number - self.number <= Self.stepLimit else {
            throw SealError(.ratchet, "seal \(number) is too far ahead of the ratchet, which is at seal \(self.number)")
        }
        do throws(OpenSSLError) {
            while self.number < number { try advance() }
        } catch {
            throw SealError(error)
        }
    }

    // MARK: - Storing

    /// The number and the key, to be kept in a file that nobody else can read.
    public borrowing func encoded() -> SecretBytes {
        let number = self.number
        return key.secret(prefix: Self.magic + (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64($0 * 8)) })
    }

    /// The ratchet that ``encoded()`` stored.
    public init(restoring bytes: SecretBytes) throws(SealError) {
        let span = bytes.bytes
        guard span.byteCount == Self.encodedByteCount, (0..<8).allSatisfy({ span.byte($0) == Self.magic[$0] }),
            let key = HMACKey(span.extracting(16...))
        else {
            throw SealError(.state, "these are not the \(Self.encodedByteCount) bytes of a stored ratchet")
        }
        let number = (8..<16).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(span.byte($1)) }
        guard number >= 1, number < CompactRange.sizeLimit else {
            throw SealError(.state, "the stored ratchet is at seal \(number), which there cannot be")
        }
        self.init(number: number, key: key)
    }
}
