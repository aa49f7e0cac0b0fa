public import OpenSSL
internal import Syslog
internal import TransparencyLog

/// A keyed hash that stands for something which must not be in a record, so that the records about it can still be
/// joined: `anon:KEY:HASH`, with HMAC-SHA256 under a key that only this relay has, the first 128 bits of it in base32
/// (RFC 4648, lower case, without padding), and eight digits that tell the key from others.
public final class Pseudonym: Sendable {
    private let key: HMACKey
    /// Eight hexadecimal digits of the key's own hash.
    private let number: [UInt8]

    public init(_ key: consuming HMACKey) throws(OpenSSLError) {
        let hash = try key.authenticationCode(of: Array("waxwing pseudonym key".utf8))
        number = Array(Hexadecimal.encode((0..<4).map { hash[$0] }).utf8)
        self.key = key
    }

    /// Appends what stands for the bytes in `range`; nothing if it cannot be computed.
    func append(_ text: RawSpan, _ range: Range<Int>, into out: inout ByteWriter) {
        guard let hash = try? key.authenticationCode(of: text.extracting(range)) else { return }
        out.append("anon:")
        out.append(number)
        out.append(UInt8(ascii: ":"))
        var bits: UInt32 = 0
        var count = 0
        for index in 0..<16 {
            bits = bits << 8 | UInt32(hash[index])
            count += 8
            while count >= 5 {
                out.append(Self.digit(bits >> UInt32(count - 5) & 31))
                count -= 5
            }
        }
        out.append(Self.digit(bits << UInt32(5 - count) & 31))
    }

    private static func digit(_ value: UInt32) -> UInt8 {
        value < 26 ? UInt8(ascii: "a") + UInt8(value) : UInt8(ascii: "2") + UInt8(value - 26)
    }
}
