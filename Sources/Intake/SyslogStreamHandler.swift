import Batch
import Logging
import NIOCore
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
    private var isPaused = false
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
        let host = address.ipAddress ?? ""
        // A listener for both families sees an IPv4 peer as IPv6; the peer's address is still the IPv4 one.
        let isMapped = host.hasPrefix("::ffff:") && host.contains(".")
        source.address = PeerAddress(isMapped ? String(host.dropFirst("::ffff:".count)) : host)
        peer = "\(source.address.text):\(address.port ?? 0)"
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefused else { return }
        var incoming = unwrapInboundIn(data)
        source.receivedAt = Timestamp.now()
        let mistake: ProtocolMistake?
        if rest.readableBytes > 0 {
            rest.writeBuffer(&incoming)
            mistake = consume(&rest)
            rest.discardReadBytes()
        } else {
            mistake = consume(&incoming)
            rest.writeBuffer(&incoming)
        }
        if let mistake { return refuse(mistake, context) }
        if rest.readableBytes == 0 && rest.storageCapacity > 65_536 { rest = ByteBuffer() }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isPaused = lane.readCompleted(on: context.channel)
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is IdleStateHandler.IdleStateEvent, !(isPaused && lane.isPausing) else {
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
    /// the peer speaks if it is not syslog. Touches no other buffer of this handler: `buffer` may be its own.
    private func consume(_ buffer: inout ByteBuffer) -> ProtocolMistake? {
        var position = 0
        var keep = 0
        var mistake: ProtocolMistake?
        unsafe buffer.withUnsafeReadableBytes { pointer in
            let bytes = unsafe RawSpan(_unsafeBytes: pointer)
            frames: while true {
                switch framer.next(bytes, position: &position) {
                case .frame(let range, let originalLength):
                    lane.append(bytes.extracting(range), originalLength: originalLength, source: source)
                case .incomplete(let wanted):
                    keep = wanted
                    break frames
                case .refused(let found):
                    mistake = found
                    break frames
                }
            }
        }
        buffer.moveReaderIndex(forwardBy: position)
        buffer.moveWriterIndex(to: buffer.readerIndex + min(keep, buffer.readableBytes))
        return mistake
    }

    private func finish() {
        guard !isRefused else { return }
        var position = 0
        unsafe rest.withUnsafeReadableBytes { pointer in
            let bytes = unsafe RawSpan(_unsafeBytes: pointer)
            while case .frame(let range, let originalLength) = framer.finish(bytes, position: &position) {
                lane.append(bytes.extracting(range), originalLength: originalLength, source: source)
            }
        }
        rest = ByteBuffer()
        lane.flushNow()
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
