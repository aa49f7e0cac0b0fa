import Logging
import NIOCore
import NIOTLS

/// Closes a connection whose TLS handshake has not ended in time, so that a silent peer holds no place.
final class HandshakeDeadline: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny
    typealias InboundOut = NIOAny

    private let timeout: TimeAmount
    private let counters: ListenerCounters
    private let logger: Logger
    private var task: Scheduled<Void>?

    init(_ timeout: TimeAmount, _ counters: ListenerCounters, _ logger: Logger) {
        self.timeout = timeout
        self.counters = counters
        self.logger = logger
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let peer = context.remoteAddress?.text ?? "?"
        task = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { [self] in
            counters.refused.add()
            logger.warning("connection closed: no TLS handshake in time", metadata: ["peer": "\(peer)"])
            context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        context.fireUserInboundEventTriggered(event)
        guard case .handshakeCompleted = event as? TLSUserEvent else { return }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        task?.cancel()
    }
}
