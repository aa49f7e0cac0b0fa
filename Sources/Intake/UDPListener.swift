import Batch
import CSocket
import Glibc
public import Logging
import Syslog

/// Receives syslog datagrams (RFC 5426) on a thread of its own for each socket, in bulk with recvmmsg.
///
/// UDP cannot be held back, so when the ledger's queue is full the newest datagrams, or the least severe ones, are
/// dropped and counted by sender; what the kernel drops is counted too. Both numbers go into the next seal.
public final class UDPListener: Sendable {
    public struct Options: Sendable {
        /// Numeric address.
        public var host: String
        public var port: Int
        /// Sockets bound to the port, each with a thread.
        public var sockets: Int
        /// Bytes asked of the kernel for each socket's buffer.
        public var receiveBuffer: Int
        public var policy: SourcePolicy

        public init(host: String, port: Int, sockets: Int = 1, receiveBuffer: Int = 32 << 20, policy: SourcePolicy) {
            self.host = host
            self.port = port
            self.sockets = sockets
            self.receiveBuffer = receiveBuffer
            self.policy = policy
        }
    }

    /// The port that is bound; the one asked for unless that was 0.
    public let port: Int
    private let receivers: [UDPReceiver]
    private let workers: [Worker]

    /// Binds the sockets and begins to receive. Throws ``BindError``.
    public init(
        _ options: Options, pipeline: IntakePipeline, counters: ListenerCounters, logger: Logger
    ) throws(BindError) {
        var policy = options.policy
        if policy.whenFull == .stop { policy.whenFull = .dropNewest }
        var receivers: [UDPReceiver] = []
        var port = options.port
        for _ in 0..<options.sockets {
            let receiver = try UDPReceiver(options, port: port, logger)
            port = receiver.port
            receivers.append(receiver)
        }
        self.port = port
        self.receivers = receivers
        workers = receivers.map { [policy] receiver in
            Worker { receiver.run(IntakeLane(pipeline, policy, counters), counters, logger) }
        }
    }

    /// Takes what the sockets still hold, hands it on, and ends the threads.
    public func stop() {
        for receiver in receivers { receiver.stop() }
        for worker in workers { worker.join() }
    }
}

/// A socket that could not be bound.
public struct BindError: Error, CustomStringConvertible {
    public let address: String
    /// The value of `errno`.
    public let code: Int32

    public init(address: String, code: Int32) {
        self.address = address
        self.code = code
    }

    public var description: String {
        let reason = unsafe String(cString: strerror(code))
        let remedy =
            switch code {
            case EADDRINUSE: "; another process listens there: stop it or choose another port"
            case EACCES: "; a port below 1024 needs root or CAP_NET_BIND_SERVICE"
            case EADDRNOTAVAIL: "; this machine does not have that address"
            default: ""
            }
        return "cannot listen on \(address): \(reason)\(remedy)"
    }
}
