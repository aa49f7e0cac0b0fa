import NIOCore
import NIOHTTP1
import NIOTLS
import TLS

/// The end of a pipeline to a server: sends one request at a time and gathers its answer. All on its event loop.
final class HTTPConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let answerLimit: Int
    private let ready: EventLoopPromise<Void>
    /// Called once when the connection has ended.
    var onClose: () -> Void = {}
    private var context: ChannelHandlerContext?
    private var exchange: Exchange?
    private var failure: HTTPFailure?
    /// Whether the last answer lets another request follow.
    private(set) var isReusable = true
    /// Whether any part of the answer to the last request has come.
    private(set) var hasAnswerBegun = false

    private struct Exchange {
        let promise: EventLoopPromise<HTTPAnswer>
        var answer: HTTPAnswer?
        var keepsAlive = true
        var isWritten = false
    }

    /// `ready` succeeds when the connection, TLS included, can be used.
    init(answerLimit: Int, ready: EventLoopPromise<Void>) {
        self.answerLimit = answerLimit
        self.ready = ready
    }

    /// Sends a request; there must be none under way.
    func send(_ head: HTTPRequestHead, _ body: ByteBuffer) -> EventLoopFuture<HTTPAnswer> {
        guard let context, failure == nil else {
            return ready.futureResult.eventLoop.makeFailedFuture(
                failure ?? HTTPFailure(.interrupted, "the connection was closed"))
        }
        precondition(exchange == nil, "one request at a time")
        let promise = context.eventLoop.makePromise(of: HTTPAnswer.self)
        exchange = Exchange(promise: promise)
        hasAnswerBegun = false
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if body.readableBytes > 0 { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenSuccess { [self] in
            exchange?.isWritten = true
        }
        return promise.futureResult
    }

    /// Ends the connection at once, with `reason` for the request under way.
    func abort(_ reason: HTTPFailure) {
        fail(reason)
        if let context { TLSContext.abort(context.channel) }
    }

    // MARK: - Events

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent { ready.succeed() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard exchange != nil else { return abort(HTTPFailure(.unusable, "the server speaks without being asked")) }
        switch unwrapInboundIn(data) {
        case .head(let head):
            hasAnswerBegun = true
            exchange?.answer = HTTPAnswer(status: Int(head.status.code), headers: head.headers)
            exchange?.keepsAlive = head.isKeepAlive
        case .body(let part):
            let length = exchange?.answer?.body.count ?? 0
            guard length + part.readableBytes <= answerLimit else {
                return abort(HTTPFailure(.unusable, "the answer is longer than \(answerLimit) octets"))
            }
            exchange?.answer?.body.append(contentsOf: part.readableBytesView)
        case .end:
            complete()
        }
    }

    private func complete() {
        guard let done = exchange, let answer = done.answer else { return }
        exchange = nil
        // An answer that came before all of the request was sent leaves the rest of it on the way.
        isReusable = done.keepsAlive && done.isWritten
        if !isReusable, let context { TLSContext.abort(context.channel) }
        done.promise.succeed(answer)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let code: HTTPFailure.Code = error is HTTPParserError ? .unusable : .interrupted
        abort(HTTPFailure(code, TLSFailure.describe(error)))
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(HTTPFailure(.interrupted, "the server closed the connection before it answered"))
        onClose()
    }

    private func fail(_ reason: HTTPFailure) {
        isReusable = false
        if failure == nil { failure = reason }
        let ended = exchange
        exchange = nil
        ready.fail(reason)
        ended?.promise.fail(reason)
    }
}
