import NIOCore
public import OpenSSL
import TransparencyLog

/// Authenticates bodies for a receiver that has the same key.
///
/// `t=UNIX,v1=HEX`: the HMAC-SHA-256 of the time t (seconds since 1970), a full stop and the body as it is sent. A
/// receiver that refuses old times cannot be sent a recorded body again.
public final class BodySignature: Sendable {
    static let field = "x-waxwing-signature"
    private let key: HMACKey

    public init(_ key: consuming HMACKey) { self.key = key }

    /// The field's value for `body`, sent at `time`.
    func value(_ body: ByteBuffer, at time: UInt64) -> String {
        do {
            let code = try key.authenticationCode(of: Array("\(time).".utf8) + body.readableBytesView)
            return "t=\(time),v1=\(Hexadecimal.encode((0..<Hash.byteCount).map { code[$0] }))"
        } catch {
            preconditionFailure("OpenSSL computes an HMAC of any bytes: \(error)")
        }
    }
}
