import Batch
import Glibc
public import Logging
public import NIOCore
import NIOPosix
import Synchronization
import Syslog
public import TLS

/// Receives syslog over TCP (RFC 6587) or TLS (RFC 5425).
///
/// A connection that sends something else is told apart at its first bytes, named in the log with the remedy, and
/// closed. While the ledger's queue is full no connection is read from.
public final class StreamListener: Sendable {
    public struct Options: Sendable {
        /// Numeric address.
        public var host: String
        public var port: Int
        /// Connections open at one time; one more is closed as soon as it is accepted.
        public var maxConnections: Int
        /// How long a connection may be silent; nil: for ever.
        public var idleTimeout: TimeAmount?
        public var handshakeTimeout: TimeAmount
        /// TLS, or nil for plain TCP.
        public var tls: TLSContext?
        public var policy: SourcePolicy

        public init(
            host: String, port: Int, maxConnections: Int = 1024, idleTimeout: TimeAmount? = .minutes(10),
            handshakeTimeout: TimeAmount = .seconds(10), tls: TLSContext? = nil, policy: SourcePolicy
        ) {
            self.host = host
            self.port = port
            self.maxConnections = maxConnections
            self.idleTimeout = idleTimeout
            self.handshakeTimeout = handshakeTimeout
            self.tls = tls
            self.policy = policy
        }

        var name: String { "\(tls == nil ? "tcp" : "tls") \(host):\(port)" }
    }

    /// The port that is bound; the one asked for unless that was 0.
    public var port: Int { channel.localAddress?.port ?? 0 }
    /// How long a stop goes on reading what keeps coming in.
    private static let settleLimit = TimeAmount.seconds(1)
    /// A pause in which a socket that holds something would have been read.
    private static let settleInterval = TimeAmount.milliseconds(5)

    private let channel: any Channel
    private let lanes: [StreamLane]
    private let open: OpenConnections

    /// Binds the port and begins to accept. Throws ``BindError``.
    public init(
        _ options: Options, group: any EventLoopGroup, pipeline: IntakePipeline, counters: ListenerCounters,
        logger: Logger
    ) throws(BindError) {
        let lanes = group.makeIterator().map { StreamLane($0, pipeline, options.policy, counters) }
        let open = OpenConnections(limit: options.maxConnections, counters)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 512)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Self.acceptBackoff(options, logger))
                }
            }
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 2048, initial: 16384, maximum: 262_144)
            )
            .childChannelInitializer { channel in
                guard open.admit(channel, logger) else { return channel.close() }
                return channel.eventLoop.makeCompletedFuture {
                    guard let lane = lanes.first(where: { $0.eventLoop === channel.eventLoop }) else {
                        preconditionFailure("the channel runs on a loop of the group")
                    }
                    try Self.setUp(channel, options, lane, counters, logger)
                }
            }
        do {
            channel = try bootstrap.bind(to: SocketAddress(ipAddress: options.host, port: options.port)).wait()
        } catch {
            throw BindError(address: options.name, code: (error as? IOError)?.errnoCode ?? EINVAL)
        }
        self.lanes = lanes
        self.open = open
        // Without room for their records, connections wait to be accepted: each would be read from at least once.
        channel.eventLoop.execute { [channel] in
            lanes.first { $0.eventLoop === channel.eventLoop }?.add(channel)
        }
    }

    /// Waits a second before it accepts again when the process has too many files open: the system would only refuse
    /// again.
    private static func acceptBackoff(_ options: Options, _ logger: Logger) -> AcceptBackoffHandler {
        AcceptBackoffHandler(shouldForwardIOErrorCaught: false) { error in
            logger.error(
                "no connection can be accepted",
                metadata: [
                    "listener": "\(options.name)", "error": "\(error)",
                    "remedy": "raise the limit of open files (LimitNOFILE=, ulimit -n), or lower max_connections",
                ])
            return .seconds(1)
        }
    }

    static func setUp(
        _ channel: any Channel, _ options: Options, _ lane: StreamLane, _ counters: ListenerCounters, _ logger: Logger
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        if let tls = options.tls {
            try tls.addServer(to: pipeline)
            try pipeline.addHandler(HandshakeDeadline(options.handshakeTimeout, counters, logger))
        } else {
            lane.add(channel)
        }
        if let idle = options.idleTimeout { try pipeline.addHandler(IdleStateHandler(readTimeout: idle)) }
        try pipeline.addHandler(SyslogStreamHandler(lane, options.policy, counters, logger))
    }

    /// Takes what senders have sent so far, for ``settleLimit`` at most, closes the port and the connections, and hands
    /// on what was read. A sender that has written all and closed has no way to learn that it was not.
    public func stop() {
        settle()
        try? channel.close().wait()
        open.closeAll()
        for lane in lanes { try? lane.eventLoop.submit { lane.flushNow() }.wait() }
    }

    /// Waits until nothing has come in for two rounds through all event loops, and no connection waits for the queue.
    private func settle() {
        let end = NIODeadline.now() + Self.settleLimit
        var (seen, quietRounds) = (-1, 0)
        while quietRounds < 2, NIODeadline.now() < end {
            let states = lanes.map { lane in
                lane.eventLoop.scheduleTask(in: Self.settleInterval) { (lane.activity, lane.isPaused) }.futureResult
            }.compactMap { try? $0.wait() }
            let activity = states.reduce(0) { $0 + $1.0 }
            quietRounds = activity == seen && !states.contains { $0.1 } ? quietRounds + 1 : 0
            seen = activity
        }
    }
}

/// The connections that are open, up to a limit.
private final class OpenConnections: Sendable {
    private let limit: Int
    private let counters: ListenerCounters
    /// Nil once the listener has stopped, when no more are let in.
    private let channels = Mutex<[ObjectIdentifier: any Channel]?>([:])

    init(limit: Int, _ counters: ListenerCounters) {
        self.limit = limit
        self.counters = counters
    }

    func admit(_ channel: any Channel, _ logger: Logger) -> Bool {
        let count = channels.withLock { channels -> Int? in
            guard let count = channels?.count else { return nil }
            if count < limit { channels?[ObjectIdentifier(channel)] = channel }
            return count
        }
        guard let count else { return false }
        guard count < limit else {
            counters.refused.add()
            logger.warning(
                "connection refused: too many are open",
                metadata: ["peer": "\(channel.remoteAddress?.text ?? "?")", "max_connections": "\(limit)"])
            return false
        }
        counters.accepted.add()
        counters.connections.add(1)
        channel.closeFuture.whenComplete { [self] _ in
            channels.withLock { channels in _ = channels?.removeValue(forKey: ObjectIdentifier(channel)) }
            counters.connections.add(-1)
        }
        return true
    }

    func closeAll() {
        let left = channels.withLock { channels -> [any Channel] in
            defer { channels = nil }
            return channels.map { Array($0.values) } ?? []
        }
        // All at once: with TLS, a close waits for the peer's, and a silent peer takes seconds.
        for closed in left.map({ $0.close() }) { try? closed.wait() }
    }
}
