import Batch
import Logging
import NIOCore
import NIOTLS
import Syslog
import TLS

/// Frames and parses one connection's octets in one step: nothing but bytes comes in, nothing goes further down the
/// pipeline.
final class SyslogStreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = Never

    private let lane: StreamLane
    private let counters: ListenerCounters
    private let logger: Logger
    private var framer: Framer
    private var source: Source
    private var peer = "?"
    /// The beginning of a frame whose end has not come yet; at most the frame limit and one read.
    private var rest = ByteBuffer()
    private var isRefused = false

    init(_ lane: StreamLane, _ policy: SourcePolicy, _ counters: ListenerCounters, _ logger: Logger) {
        self.lane = lane
        self.counters = counters
        self.logger = logger
        framer = Framer(limit: policy.frameLimit)
        source = Source(receivedAt: Timestamp.now())
    }

    func channelActive(context: ChannelHandlerContext) {
        learnPeer(context)
        context.fireChannelActive()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { learnPeer(context) }
    }

    private func learnPeer(_ context: ChannelHandlerContext) {
        guard let address = context.remoteAddress else { return }
        source.address = PeerAddress(address.hostText)
        peer = address.text
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefused else { return }
        var incoming = unwrapInboundIn(data)
        lane.renew(&source)
        let mistake: ProtocolMistake?
        if rest.readableBytes > 0 {
            rest.writeBuffer(&incoming)
            mistake = consume(&rest, isEnd: false)
            rest.discardReadBytes()
        } else {
            mistake = consume(&incoming, isEnd: false)
            rest.writeBuffer(&incoming)
        }
        if let mistake { return refuse(mistake, context) }
        if rest.readableBytes == 0 && rest.storageCapacity > 65_536 { rest = ByteBuffer() }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        lane.readCompleted()
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !isRefused, let mistake = consume(&rest, isEnd: true) { refuse(mistake, context) }
        rest = ByteBuffer()
        lane.flushNow()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent { lane.add(context.channel) }
        guard event is IdleStateHandler.IdleStateEvent, !lane.isPaused else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        logger.info("connection closed: silent for too long", metadata: ["peer": "\(peer)"])
        counters.refused.add()
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        logger.warning("connection failed", metadata: ["peer": "\(peer)", "error": "\(TLSFailure.describe(error))"])
        context.close(promise: nil)
    }

    /// Takes every whole frame out of `buffer`, and leaves no more of the rest than the framer wants kept. Returns what
    /// the peer speaks if it is not syslog. `isEnd`: nothing comes behind these bytes. Touches no other buffer of this
    /// handler: `buffer` may be its own.
    private func consume(_ buffer: inout ByteBuffer, isEnd: Bool) -> ProtocolMistake? {
        var position = 0
        var keep = 0
        var mistake: ProtocolMistake?
        var dropped: UInt64 = 0
        // Not from the handler for each frame, which would copy it.
        let source = source
        unsafe buffer.withUnsafeReadableBytes { pointer in
            let bytes = unsafe RawSpan(_unsafeBytes: pointer)
            frames: while true {
                switch isEnd
                    ? framer.finish(bytes, position: &position) : framer.next(bytes, position: &position)
                {
                case .frame(let range, let originalLength):
                    let isTaken = lane.append(
                        bytes.extracting(range), originalLength: originalLength, source: source)
                    if !isTaken { dropped += 1 }
                case .incomplete(let wanted):
                    keep = wanted
                    break frames
                case .refused(let found):
                    mistake = found
                    break frames
                }
            }
        }
        if dropped > 0 { lane.noteDropped(dropped, source: source) }
        buffer.moveReaderIndex(forwardBy: position)
        buffer.moveWriterIndex(to: buffer.readerIndex + min(keep, buffer.readableBytes))
        return mistake
    }

    private func refuse(_ mistake: ProtocolMistake, _ context: ChannelHandlerContext) {
        isRefused = true
        rest = ByteBuffer()
        counters.refused.add()
        logger.warning(
            "connection closed: this is not syslog",
            metadata: ["peer": "\(peer)", "found": "\(mistake.code)", "remedy": "\(mistake.remedy)"])
        context.close(promise: nil)
    }
}
