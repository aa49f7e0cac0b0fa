import NIOCore
import NIOSSL
import NIOTLS

/// Lets a handshake that succeeded count only if nothing else is to be said against the peer.
final class PeerCheck: ChannelInboundHandler {
    typealias InboundIn = NIOAny
    typealias InboundOut = NIOAny

    typealias Objection = (_ certificate: NIOSSLCertificate?, _ peer: SocketAddress?) -> TLSError?

    private let objection: Objection
    private var isPassed = false

    /// `objection` gives what is to be said against a peer.
    init(_ objection: @escaping Objection) { self.objection = objection }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent {
            let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
            if let error = objection(certificate, context.remoteAddress) {
                context.fireErrorCaught(error)
                context.close(promise: nil)
                return
            }
            isPassed = true
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// What a peer sent along with the end of its handshake is not let through before the peer is, nor while the
    /// connection to a stranger is being closed.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isPassed { context.fireChannelRead(data) }
    }
}
