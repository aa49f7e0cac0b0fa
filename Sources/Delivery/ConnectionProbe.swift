import NIOCore
import NIOPosix
import Synchronization

/// Connects to a collector once, TLS handshake included, sends nothing and closes: for `waxwing check --connect`.
public enum ConnectionProbe {
    /// Throws why the collector cannot be reached or is not trusted.
    public static func run(_ options: StreamDestination.Options) throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        let ready = group.next().makePromise(of: Void.self)
        let bootstrap = ClientBootstrap(group: group).connectTimeout(options.connectTimeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try options.tls?.addClient(to: channel.pipeline.syncOperations)
                    try channel.pipeline.syncOperations.addHandler(
                        CollectorHandler(
                            handshakeTimeout: options.tls == nil ? nil : options.handshakeTimeout,
                            onReady: { ready.succeed() }, onWritable: {}, onError: { ready.fail($0) },
                            onClose: { ready.fail(ClosedEarly()) }))
                }
            }
        do {
            let channel = try bootstrap.connect(host: options.host, port: options.port).wait()
            if options.tls == nil { ready.succeed() }
            try ready.futureResult.wait()
            try? channel.close().wait()
        } catch {
            ready.fail(error)
            throw error
        }
    }

    private struct ClosedEarly: Error, CustomStringConvertible {
        let description = "the collector closed the connection during the TLS handshake"
    }
}
