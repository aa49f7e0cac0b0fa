import NIOCore
import NIOSSL
import NIOTLS

/// Lets a handshake that succeeded count only if the peer's certificate is one of the pinned ones.
final class PinCheck: ChannelInboundHandler {
    typealias InboundIn = NIOAny
    typealias InboundOut = NIOAny

    private let fingerprints: [CertificateFingerprint]
    private var isPassed = false

    init(_ fingerprints: [CertificateFingerprint]) { self.fingerprints = fingerprints }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted = event as? TLSUserEvent else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        guard let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate(),
            let fingerprint = try? CertificateFingerprint(of: certificate), fingerprints.contains(fingerprint)
        else {
            context.fireErrorCaught(TLSError("the peer's certificate is not one of the pinned ones"))
            context.close(promise: nil)
            return
        }
        isPassed = true
        context.fireUserInboundEventTriggered(event)
    }

    /// What a peer sent along with the end of its handshake is not let through before the peer is, nor while the
    /// connection to a stranger is being closed.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isPassed { context.fireChannelRead(data) }
    }
}
