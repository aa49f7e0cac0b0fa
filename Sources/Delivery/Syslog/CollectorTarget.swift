import NIOCore
import NIOPosix
public import TLS

/// A collector: where it is, and how it proves who it is.
public struct CollectorTarget: Sendable, CustomStringConvertible {
    public var host: String
    public var port: Int
    /// Nil for plain TCP.
    public var tls: TLSContext?

    public init(host: String, port: Int, tls: TLSContext? = nil) {
        self.host = host
        self.port = port
        self.tls = tls
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension CollectorTarget {
    /// Opens a connection, whose end calls `handler`'s closures. With TLS it is ready when the handshake is over, without
    /// as soon as the channel is there.
    func connect(
        on group: any EventLoopGroup, timeout: TimeAmount,
        _ handler: @escaping @Sendable (any Channel) -> CollectorHandler
    ) -> EventLoopFuture<any Channel> {
        ClientBootstrap(group: group)
            .connectTimeout(timeout)
            .channelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try tls?.addClient(to: channel.pipeline.syncOperations)
                    try channel.pipeline.syncOperations.addHandler(handler(channel))
                }
            }
            .connect(host: host, port: port)
    }
}
