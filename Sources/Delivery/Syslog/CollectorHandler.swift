import NIOCore
import NIOTLS

/// The end of a pipeline to a collector: says when it is ready, takes bytes again, fails and ends.
final class CollectorHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = Never

    private let handshakeTimeout: TimeAmount?
    private let onReady: () -> Void
    private let onWritable: () -> Void
    private let onError: (any Error) -> Void
    private let onClose: () -> Void
    private var deadline: Scheduled<Void>?

    /// `handshakeTimeout` is nil for plain TCP, where there is nothing to wait for.
    init(
        handshakeTimeout: TimeAmount?, onReady: @escaping () -> Void, onWritable: @escaping () -> Void,
        onError: @escaping (any Error) -> Void, onClose: @escaping () -> Void
    ) {
        self.handshakeTimeout = handshakeTimeout
        self.onReady = onReady
        self.onWritable = onWritable
        self.onError = onError
        self.onClose = onClose
    }

    func channelActive(context: ChannelHandlerContext) {
        guard let handshakeTimeout else { return }
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: handshakeTimeout) { [self] in
            onError(HandshakeTimeout())
            context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted = event as? TLSUserEvent else { return }
        deadline?.cancel()
        onReady()
    }

    /// A collector has nothing to say; what it says is not kept.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { onWritable() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        onError(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        onClose()
    }
}

struct HandshakeTimeout: Error, CustomStringConvertible {
    let description = "no TLS handshake in time"
}
