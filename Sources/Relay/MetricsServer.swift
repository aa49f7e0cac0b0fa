import Glibc
import Intake
import NIOCore
import NIOHTTP1
import NIOPosix
import Telemetry

/// Serves `/metrics` (Prometheus text), `/status` (how the relay is, in JSON, or for people who ask for text/plain),
/// `/healthz` (the process answers) and `/readyz` (it takes and keeps records) over HTTP on a loopback address.
final class MetricsServer: Sendable {
    private let channel: any Channel

    /// The port that is bound; the one asked for unless that was 0.
    var port: Int { channel.localAddress?.port ?? 0 }

    /// Binds the port and begins to answer. `hindrance` says why the relay takes no records, if it does not. Throws
    /// `BindError`.
    init(
        host: String, port: Int, group: any EventLoopGroup, registry: MetricsRegistry,
        status: @escaping @Sendable () -> RelayStatus,
        hindrance: @escaping @Sendable () -> String?
    ) throws {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptBackoffHandler(shouldForwardIOErrorCaught: false))
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                    try pipeline.addHandler(IdleStateHandler(allTimeout: .seconds(30)))
                    try pipeline.addHandler(MetricsHandler(registry, status, hindrance))
                }
            }
        do {
            channel = try bootstrap.bind(host: host, port: port).wait()
        } catch {
            throw BindError(address: "http \(host):\(port)", code: (error as? IOError)?.errnoCode ?? 0)
        }
    }

    func stop() {
        try? channel.close().wait()
    }

    /// The process's own numbers, by the names Prometheus' client libraries use.
    static func registerProcessMetrics(_ registry: MetricsRegistry) {
        let started = Int64(time(nil))
        registry.observe("process_start_time_seconds", "When the process was started.") { started }
        registry.observe("process_resident_memory_bytes", "Memory in use.") { residentBytes() }
        registry.observe("process_open_fds", "Open file descriptors.") { openFiles() }
    }

    private static func residentBytes() -> Int64 {
        guard let file = unsafe fopen("/proc/self/statm", "r") else { return 0 }
        defer { unsafe fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard unsafe fgets(&line, Int32(line.count), file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int64($0) } ?? 0
        return pages * Int64(getpagesize())
    }

    private static func openFiles() -> Int64 {
        guard let directory = unsafe opendir("/proc/self/fd") else { return 0 }
        defer { unsafe closedir(directory) }
        var count: Int64 = -3  // ".", ".." and the directory itself
        while unsafe readdir(directory) != nil { count += 1 }
        return count
    }
}

private final class MetricsHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let registry: MetricsRegistry
    private let status: @Sendable () -> RelayStatus
    private let hindrance: @Sendable () -> String?
    private var head: HTTPRequestHead?

    init(
        _ registry: MetricsRegistry, _ status: @escaping @Sendable () -> RelayStatus,
        _ hindrance: @escaping @Sendable () -> String?
    ) {
        self.registry = registry
        self.status = status
        self.hindrance = hindrance
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end: if let head { answer(head, context) }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
    }

    /// What is no HTTP has been answered with 400 by now.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let path = head.uri.split(separator: "?", maxSplits: 1).first ?? ""
        switch (head.method, path) {
        case (.GET, "/metrics"):
            let registry = registry
            sendLater("text/plain; version=0.0.4; charset=utf-8", head, context) { registry.prometheusText() }
        case (.GET, "/status"):
            let status = status
            let isForPeople = head.headers["accept"].contains { $0.hasPrefix("text/plain") }
            sendLater(isForPeople ? "text/plain; charset=utf-8" : "application/json", head, context) {
                isForPeople ? status().text : status().json + "\n"
            }
        case (.GET, "/healthz"): send(.ok, "ok\n", "text/plain", head, context)
        case (.GET, "/readyz"):
            let hindrance = hindrance()
            send(
                hindrance == nil ? .ok : .serviceUnavailable,
                hindrance.map { "not ready: \($0)\n" } ?? "ready\n", "text/plain", head, context)
        case (.GET, _):
            send(.notFound, "there is /metrics, /status, /healthz and /readyz\n", "text/plain", head, context)
        default: send(.methodNotAllowed, "only GET\n", "text/plain", head, context)
        }
    }

    /// Sends what `body` says, which may read the ledger: not on the event loop, that destinations share.
    private func sendLater(
        _ type: String, _ request: HTTPRequestHead, _ context: ChannelHandlerContext,
        _ body: @escaping @Sendable () -> String
    ) {
        let handler = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        NIOThreadPool.singleton.runIfActive(eventLoop: context.eventLoop) { body() }.whenSuccess { text in
            let (handler, context) = handler.value
            handler.send(.ok, text, type, request, context)
        }
    }

    private func send(
        _ status: HTTPResponseStatus, _ body: String, _ type: String, _ request: HTTPRequestHead,
        _ context: ChannelHandlerContext
    ) {
        let buffer = context.channel.allocator.buffer(string: body)
        let headers: HTTPHeaders = ["content-type": type, "content-length": "\(buffer.readableBytes)"]
        let head = HTTPResponseHead(version: request.version, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        let end = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        guard !request.isKeepAlive else { return }
        let channel = context.channel
        end.whenComplete { _ in channel.close(promise: nil) }
    }
}
