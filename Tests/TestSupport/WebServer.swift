import Batch
import Glibc
import NIOCore
public import NIOHTTP1
import NIOPosix
public import TLS

/// An HTTP server on the loopback interface that behaves, request by request, as it is told.
public final class WebServer: Sendable {
    public struct Request: Sendable {
        public var method: HTTPMethod
        public var path: String
        public var headers: HTTPHeaders
        /// Decompressed.
        public var body: [UInt8]
        /// Number of the connection it came over, from 0.
        public var connection: Int

        public var text: String { String(decoding: body, as: UTF8.self) }
    }

    public enum Conduct: Sendable {
        case answer(Int, headers: [(String, String)] = [], body: String = "")
        /// Answers, and closes the connection afterwards.
        case lastAnswer(Int, body: String = "")
        case reset
        case hangUp
        /// Takes the request and never says a word.
        case silence
        /// Sends an answer octet by octet, one in 20 ms.
        case trickle
        /// Sends something that is no HTTP.
        case garbage
        /// Sends an answer of so many octets.
        case huge(Int)
        /// Ends in the middle of its answer.
        case half
    }

    public typealias Judge = @Sendable (_ request: Request, _ number: Int) -> Conduct

    private struct State {
        var requests: [Request] = []
        var connections = 0
    }

    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let state = Monitor(State())
    private let channel: any Channel

    /// Listens on a port of its own, or on one that was reserved. `judge` is called for each request, with its number
    /// from 0, on one thread.
    public init(tls: TLSContext? = nil, on reserved: LoopbackSocket? = nil, _ judge: @escaping Judge) throws {
        let state = state
        let bootstrap = ServerBootstrap(group: Self.group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let number = state.withLock { state in
                        state.connections += 1
                        return state.connections - 1
                    }
                    let pipeline = channel.pipeline.syncOperations
                    try tls?.addServer(to: pipeline)
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: false)
                    try pipeline.addHandler(
                        WebServerConnection(number) { request in
                            let number = state.withLock { state in
                                state.requests.append(request)
                                return state.requests.count - 1
                            }
                            state.signal()
                            return judge(request, number)
                        })
                }
            }
        channel =
            if let reserved { try bootstrap.withBoundSocket(dup(reserved.descriptor)).wait() } else {
                try bootstrap.bind(to: SocketAddress(ipAddress: "127.0.0.1", port: 0)).wait()
            }
    }

    deinit { channel.close(promise: nil) }

    public var port: Int { channel.localAddress?.port ?? 0 }
    public var requests: [Request] { state.withLock { $0.requests } }
    public var connections: Int { state.withLock { $0.connections } }

    /// Waits until `condition` holds for the requests so far; false if it does not within ten seconds.
    public func wait(_ condition: ([Request]) -> Bool) -> Bool {
        state.wait(until: Clock.monotonic() + 10_000_000_000) { condition($0.requests) ? true : nil } ?? false
    }
}

private final class WebServerConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let number: Int
    private let judge: (WebServer.Request) -> WebServer.Conduct
    private var request: WebServer.Request?

    init(_ number: Int, _ judge: @escaping (WebServer.Request) -> WebServer.Conduct) {
        self.number = number
        self.judge = judge
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            request = WebServer.Request(
                method: head.method, path: head.uri, headers: head.headers, body: [], connection: number)
        case .body(let part): request?.body += part.readableBytesView
        case .end:
            guard var request else { return }
            if request.headers.first(name: "content-encoding") == "gzip" {
                request.body = (try? gunzip(request.body)) ?? []
            }
            behave(judge(request), context)
        }
    }

    private func behave(_ conduct: WebServer.Conduct, _ context: ChannelHandlerContext) {
        switch conduct {
        case .answer(let status, let headers, let body): answer(status, headers, Array(body.utf8), context)
        case .lastAnswer(let status, let body):
            answer(status, [("connection", "close")], Array(body.utf8), context)
            context.close(promise: nil)
        case .huge(let count): answer(200, [], [UInt8](repeating: 0x61, count: count), context)
        case .reset:
            let channel = context.channel
            let atOnce = linger(l_onoff: 1, l_linger: 0)
            (channel as? any SocketOptionProvider)?.setSoLinger(atOnce).whenComplete { _ in channel.close(promise: nil)
            }
        case .hangUp: context.close(promise: nil)
        case .silence: break
        case .garbage: raw("SSH-2.0-OpenSSH_9.2\r\n\r\n", context)
        case .half:
            raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", context)
            context.close(promise: nil)
        case .trickle: trickle(Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8)[...], context)
        }
    }

    private func answer(
        _ status: Int, _ headers: [(String, String)], _ body: [UInt8], _ context: ChannelHandlerContext
    ) {
        let headers = HTTPHeaders(headers + [("content-length", "\(body.count)")])
        let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    /// Writes past the encoder.
    private func raw(_ text: String, _ context: ChannelHandlerContext) {
        let first = context.pipeline.syncOperations
        guard let encoder = try? first.context(handlerType: HTTPResponseEncoder.self) else { return }
        encoder.writeAndFlush(NIOAny(ByteBuffer(string: text)), promise: nil)
    }

    private func trickle(_ bytes: ArraySlice<UInt8>, _ context: ChannelHandlerContext) {
        guard let first = bytes.first, context.channel.isActive else { return }
        raw(String(UnicodeScalar(first)), context)
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(20)) { [self] in
            trickle(bytes.dropFirst(), context)
        }
    }
}
