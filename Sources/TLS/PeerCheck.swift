import NIOCore
import NIOTLS

/// Lets a handshake that succeeded count only if nothing else is to be said against the peer.
final class PeerCheck: ChannelInboundHandler {
    typealias InboundIn = NIOAny
    typealias InboundOut = NIOAny

    private let objection: (ChannelHandlerContext) -> TLSError?
    private var isPassed = false

    /// `objection` gives what is to be said against the peer.
    init(_ objection: @escaping (ChannelHandlerContext) -> TLSError?) { self.objection = objection }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent {
            if let error = objection(context) {
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
