import NIOCore
import NIOPosix
import Synchronization
import TLS

/// Connects to a collector once, TLS handshake included, sends nothing and closes: for `waxwing check --connect`.
public enum ConnectionProbe {
    /// Throws why the collector cannot be reached or is not trusted.
    public static func run(_ target: CollectorTarget, _ options: StreamDestination.Options) throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        let ready = group.next().makePromise(of: Void.self)
        let failure = Mutex<(any Error)?>(nil)
        let connecting = target.connect(on: group, timeout: options.connectTimeout) { _ in
            CollectorHandler(
                handshakeTimeout: target.tls == nil ? nil : options.handshakeTimeout,
                onReady: { ready.succeed() }, onWritable: {},
                onError: { error in
                    failure.withLock { $0 = $0 ?? error }
                    ready.fail(error)
                },
                onClose: { ready.fail(ClosedEarly()) })
        }
        do {
            let channel = try connecting.wait()
            if target.tls == nil { ready.succeed() }
            try ready.futureResult.wait()
            // With TLS 1.3 a collector refuses this side's certificate when the handshake is already over here.
            try? channel.close().wait()
            if let error = failure.withLock({ $0 }), !TLSFailure.isMereEnd(error) { throw error }
        } catch {
            ready.fail(error)
            throw error
        }
    }

    private struct ClosedEarly: Error, CustomStringConvertible {
        let description = "the collector closed the connection during the TLS handshake"
    }
}
