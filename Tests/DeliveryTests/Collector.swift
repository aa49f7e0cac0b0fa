import Batch
import Glibc
import NIOCore
import NIOPosix
import TLS
import TestSupport

/// A collector on the loopback interface that behaves, connection by connection, as it is told.
final class Collector: Sendable {
    enum Conduct: Sendable {
        /// Reads everything, and closes when the peer does.
        case read
        /// Never reads; with TLS, not even the handshake.
        case ignore
        /// Ends the TLS handshake, and reads nothing from then on.
        case stall
        /// Resets the connection when it has read so many octets.
        case reset(after: Int)
        /// Closes the connection when it has read so many octets.
        case hangUp(after: Int)
        /// Reads everything, and does not close when the peer does.
        case linger
        /// Reads everything, and resets the connection when the peer closes it.
        case resetAtEnd
    }

    struct Connection: Sendable {
        var received: [UInt8] = []
        var isClosed = false
    }

    private let state = Monitor<[Connection]>([])
    private let channel: any Channel

    /// Listens on a port of its own, or on one that was reserved. The last conduct is that of all further connections.
    init(_ conducts: Conduct..., tls: TLSContext? = nil, on reserved: LoopbackSocket? = nil) throws {
        let state = state
        let bootstrap = ServerBootstrap(group: DestinationRig.group)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let number = state.withLock { connections in
                        connections.append(Connection())
                        return connections.count - 1
                    }
                    let conduct = conducts[min(number, conducts.count - 1)]
                    let pipeline = channel.pipeline.syncOperations
                    if case .ignore = conduct {
                        channel.setOption(.socketOption(.so_rcvbuf), value: 65_536).whenFailure { _ in }
                        channel.setOption(.autoRead, value: false).whenFailure { _ in }
                    } else {
                        try tls?.addServer(to: pipeline)
                    }
                    try pipeline.addHandler(CollectorConnection(conduct, number, state))
                }
            }
        channel =
            if let reserved { try bootstrap.withBoundSocket(dup(reserved.descriptor)).wait() } else {
                try bootstrap.bind(to: SocketAddress(ipAddress: "127.0.0.1", port: 0)).wait()
            }
    }

    deinit { channel.close(promise: nil) }

    var port: Int { channel.localAddress?.port ?? 0 }

    var connections: [Connection] { state.withLock { $0 } }

    /// Waits until `condition` holds for the connections so far; false if it does not within ten seconds.
    func wait(_ condition: ([Connection]) -> Bool) -> Bool {
        state.wait(until: Clock.monotonic() + 10_000_000_000) { condition($0) ? true : nil } ?? false
    }

    /// Waits until the records of connection `number` (the newest, if nil) end with `line`.
    func waitForLine(_ line: String, connection number: Int? = nil) -> Bool {
        let end = Array(line.utf8)
        return wait { connections in
            let index = number ?? connections.count - 1
            return connections.indices.contains(index)
                && connections[index].received.suffix(end.count).elementsEqual(end)
        }
    }
}

private final class CollectorConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let conduct: Collector.Conduct
    private let number: Int
    private let state: Monitor<[Collector.Connection]>

    init(_ conduct: Collector.Conduct, _ number: Int, _ state: Monitor<[Collector.Connection]>) {
        self.conduct = conduct
        self.number = number
        self.state = state
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(buffer: unwrapInboundIn(data))
        let count = state.withLock { connections in
            connections[number].received += bytes
            return connections[number].received.count
        }
        state.signal()
        switch conduct {
        case .reset(let limit) where count >= limit: reset(context.channel)
        case .hangUp(let limit) where count >= limit: context.close(promise: nil)
        default: break
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch (conduct, event as? ChannelEvent) {
        case (.linger, .inputClosed?): break
        case (.resetAtEnd, .inputClosed?): reset(context.channel)
        case (_, .inputClosed?): context.close(promise: nil)
        default:
            if case .stall = conduct { context.channel.setOption(.autoRead, value: false).whenFailure { _ in } }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelInactive(context: ChannelHandlerContext) {
        state.withLock { $0[number].isClosed = true }
        state.signal()
    }

    /// Closes without a word, so that the peer gets a reset.
    private func reset(_ channel: any Channel) {
        let atOnce = linger(l_onoff: 1, l_linger: 0)
        (channel as? any SocketOptionProvider)?.setSoLinger(atOnce).whenComplete { _ in channel.close(promise: nil) }
    }
}
