public import NIOCore
import NIOHTTP1
import NIOPosix
import TLS

/// Carries requests to servers over HTTP/1.1: a connection for each request that is under way, used again afterwards.
///
/// No redirects are followed, no proxy of the environment is used, and no failure is hidden, with one exception: a
/// connection that was used before, and that the server closes without a word, is replaced by a new one once.
@safe
public final class HTTPTransport: @unchecked Sendable {
    public struct Limits: Sendable {
        public var connect = TimeAmount.seconds(10)
        public var handshake = TimeAmount.seconds(10)
        /// For a whole request, from the connection to the end of the answer.
        public var request = TimeAmount.seconds(60)
        /// How long a connection that is not used stays open; less than what servers usually allow.
        public var idle = TimeAmount.seconds(15)
        public var answerOctets = 1 << 20

        public init() {}
    }

    private struct Idle {
        let connection: HTTPConnection
        let channel: any Channel
        let since: NIODeadline
    }

    private let nodes: [HTTPNode]
    private let limits: Limits
    private let keepsCookies: Bool
    private let eventLoop: any EventLoop
    private let onConnect: @Sendable () -> Void
    // Used on the event loop only.
    private var idle: [[Idle]]
    private var cookies: [CookieJar]
    private var channels: [ObjectIdentifier: any Channel] = [:]
    private var isClosed = false

    /// `onConnect` is called, on the event loop, when a connection has been made.
    public init(
        _ nodes: [HTTPNode], limits: Limits = Limits(), keepsCookies: Bool = false, on eventLoop: any EventLoop,
        onConnect: @escaping @Sendable () -> Void = {}
    ) {
        self.nodes = nodes
        self.limits = limits
        self.keepsCookies = keepsCookies
        self.eventLoop = eventLoop
        self.onConnect = onConnect
        idle = Array(repeating: [], count: nodes.count)
        cookies = Array(repeating: CookieJar(), count: nodes.count)
    }

    /// Sends a request to a node and calls `then`, on the event loop, with what came of it. May be called from any
    /// thread.
    public func send(
        _ request: HTTPRequest, to node: Int, then: @escaping @Sendable (Result<HTTPAnswer, HTTPFailure>) -> Void
    ) {
        eventLoop.execute { [self] in
            let call = Call(request: request, node: node, until: .now() + limits.request, then: then)
            guard !isClosed else { return then(.failure(HTTPFailure(.interrupted, "the destination has ended"))) }
            if let reused = takeIdle(node) {
                run(call, reused.connection, reused.channel, isReused: true)
            } else {
                connect(call)
            }
        }
    }

    /// Ends all connections at once.
    public func close() {
        eventLoop.execute { [self] in
            isClosed = true
            for channel in channels.values { TLSContext.abort(channel) }
        }
    }

    private struct Call {
        let request: HTTPRequest
        let node: Int
        let until: NIODeadline
        let then: @Sendable (Result<HTTPAnswer, HTTPFailure>) -> Void
    }

    // MARK: - Connections

    /// The connection that was used last and is still open.
    private func takeIdle(_ node: Int) -> Idle? {
        let now = NIODeadline.now()
        for old in idle[node] where old.since + limits.idle <= now { old.channel.close(promise: nil) }
        idle[node].removeAll { $0.since + limits.idle <= now || !$0.channel.isActive }
        return idle[node].popLast()
    }

    private func connect(_ call: Call) {
        let node = nodes[call.node]
        let ready = eventLoop.makePromise(of: Void.self)
        let connection = HTTPConnection(answerLimit: limits.answerOctets, ready: ready)
        let bound = NIOLoopBound(connection, eventLoop: eventLoop)
        ClientBootstrap(group: eventLoop)
            .connectTimeout(min(limits.connect, call.until - .now()))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try node.tls?.addClient(to: channel.pipeline.syncOperations)
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(bound.value)
                }
            }
            .connect(host: node.host, port: node.port)
            .assumeIsolated()
            .whenComplete { [self] result in
                switch result {
                case .failure(let error):
                    let failure = HTTPFailure(
                        .unreachable, "no connection to \(node.host):\(node.port): \(ConnectionFailure.describe(error))"
                    )
                    ready.fail(failure)
                    call.then(.failure(failure))
                case .success(let channel):
                    opened(call, connection, channel, ready)
                }
            }
    }

    private func opened(
        _ call: Call, _ connection: HTTPConnection, _ channel: any Channel, _ ready: EventLoopPromise<Void>
    ) {
        let id = ObjectIdentifier(channel)
        channels[id] = channel
        connection.onClose = { [self] in channels[id] = nil }
        guard !isClosed else {
            connection.abort(HTTPFailure(.interrupted, "the destination has ended"))
            return call.then(.failure(HTTPFailure(.interrupted, "the destination has ended")))
        }
        if nodes[call.node].tls == nil { ready.succeed() }
        let deadline = eventLoop.assumeIsolated().scheduleTask(in: limits.handshake) {
            connection.abort(HTTPFailure(.unreachable, "no TLS handshake in time"))
        }
        ready.futureResult.assumeIsolated().whenComplete { [self] result in
            deadline.cancel()
            switch result {
            case .success:
                onConnect()
                run(call, connection, channel, isReused: false)
            case .failure(let error):
                let reason = (error as? HTTPFailure)?.description ?? "\(error)"
                call.then(.failure(HTTPFailure(.unreachable, reason)))
            }
        }
    }

    // MARK: - Exchanges

    private func run(_ call: Call, _ connection: HTTPConnection, _ channel: any Channel, isReused: Bool) {
        let seconds = limits.request.nanoseconds / 1_000_000_000
        let deadline = eventLoop.assumeIsolated().scheduleTask(deadline: call.until) {
            connection.abort(HTTPFailure(.timeout, "no answer within \(seconds) s"))
        }
        connection.send(head(call), call.request.body).assumeIsolated().whenComplete { [self] result in
            deadline.cancel()
            switch result {
            case .success(let answer):
                if keepsCookies { cookies[call.node].take(answer.headers) }
                if connection.isReusable {
                    putIdle(Idle(connection: connection, channel: channel, since: .now()), call.node)
                }
                call.then(.success(answer))
            case .failure(let error):
                let failure = error as? HTTPFailure ?? HTTPFailure(.interrupted, "\(error)")
                if isReused, !connection.hasAnswerBegun, failure.code == .interrupted, !isClosed {
                    return connect(call)
                }
                call.then(.failure(failure))
            }
        }
    }

    private func putIdle(_ connection: Idle, _ node: Int) {
        idle[node].append(connection)
        eventLoop.assumeIsolated().scheduleTask(in: limits.idle) { [weak self] in
            guard let self else { return }
            let now = NIODeadline.now()
            for old in idle[node] where old.since + limits.idle <= now { old.channel.close(promise: nil) }
            idle[node].removeAll { $0.since + limits.idle <= now }
        }
    }

    private func head(_ call: Call) -> HTTPRequestHead {
        let node = nodes[call.node]
        var headers = HTTPHeaders([("host", node.hostField), ("user-agent", "waxwing")])
        headers.add(contentsOf: call.request.fields.map { ($0.name, $0.value) })
        if call.request.body.readableBytes > 0 || call.request.method != .GET {
            headers.add(name: "content-length", value: "\(call.request.body.readableBytes)")
        }
        if keepsCookies, let field = cookies[call.node].field { headers.add(name: "cookie", value: field) }
        return HTTPRequestHead(
            version: .http1_1, method: call.request.method, uri: node.basePath + call.request.path, headers: headers)
    }
}
