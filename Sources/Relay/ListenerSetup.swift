import Intake
import Logging
import NIOCore
import NIOPosix
import Seal
public import Settings
import Syslog
import TLS
import Telemetry

/// A listener of either kind, running.
enum RunningListener: Sendable {
    case datagrams(UDPListener)
    case stream(StreamListener)

    /// The port that is bound.
    var port: Int {
        switch self {
        case .datagrams(let listener): listener.port
        case .stream(let listener): listener.port
        }
    }

    func stop() {
        switch self {
        case .datagrams(let listener): listener.stop()
        case .stream(let listener): listener.stop()
        }
    }
}

/// An error with the place in the configuration that it belongs to.
public struct PlacedError: Error, CustomStringConvertible {
    public let position: FilePosition
    public let message: String

    public var description: String { "\(position): \(message)" }

    init(_ position: FilePosition, _ error: any Error) {
        self.position = position
        message = "\(error)"
    }
}

/// Makes listeners of their settings.
struct ListenerSetup {
    let group: any EventLoopGroup
    let pipeline: IntakePipeline
    /// The tag of the relay's own stream.
    let tag: LogTag
    /// The most connections of each listener, whatever its settings say.
    let connectionShare: Int
    let registry: MetricsRegistry
    let board: StatusBoard
    let logger: Logger

    func start(_ settings: Settings.Listener) throws(PlacedError) -> RunningListener {
        do {
            let policy = SourcePolicy(
                zone: try Self.zone(settings.timeZone), frameLimit: settings.frameLimit,
                relayNumber: relayNumber(settings.transport), whenFull: FullPolicy(settings.transport.whenFull))
            let name = "\(settings.transport.name) \(settings.address)"
            let counters = ListenerCounters(registry, listener: name)
            defer { board.add((name, counters)) }
            switch settings.transport {
            case .udp(let udp):
                let host = try Self.numericHost(settings.address)
                return .datagrams(
                    try UDPListener(
                        UDPListener.Options(
                            host: host, port: settings.address.port, sockets: udp.sockets,
                            receiveBuffer: udp.receiveBufferBytes, policy: policy),
                        pipeline: pipeline, counters: counters, logger: logger))
            case .tcp(let connections):
                return .stream(try stream(settings, connections, nil, policy, counters))
            case .tls(let connections, let tls):
                return .stream(try stream(settings, connections, tls, policy, counters))
            }
        } catch {
            throw PlacedError(settings.position, error)
        }
    }

    private func stream(
        _ settings: Settings.Listener, _ connections: Settings.Connections, _ tls: Settings.TLSServer?,
        _ policy: SourcePolicy, _ counters: ListenerCounters
    ) throws -> StreamListener {
        var options = StreamListener.Options(
            host: try Self.numericHost(settings.address), port: settings.address.port,
            maxConnections: min(connections.limit, connectionShare),
            idleTimeout: connections.idleTimeout.map(TimeAmount.init),
            policy: policy)
        if let tls {
            options.tls = try Self.tlsContext(tls)
            options.handshakeTimeout = TimeAmount(tls.handshakeTimeout)
        }
        return try StreamListener(options, group: group, pipeline: pipeline, counters: counters, logger: logger)
    }

    /// How records of trusted relays are taken over; nil for all other senders.
    private func relayNumber(_ transport: Settings.Transport) -> (@Sendable (RawSpan) -> UInt32?)? {
        let isTrusted =
            switch transport {
            case .udp: false
            case .tcp(let connections), .tls(let connections, _): connections.isFromTrustedRelays
            }
        guard isTrusted else { return nil }
        return { [tag] line in TakeOver.number(of: line, in: tag) }
    }

    static func tlsContext(_ settings: Settings.TLSServer) throws(TLSError) -> TLSContext {
        let own = CertificateFiles(certificateFile: settings.certificateFile, keyFile: settings.keyFile)
        switch settings.clients {
        case .none: return try TLSContext.server(own, clients: nil)
        case .certificate(let authorities, let fingerprints):
            return try TLSContext.server(
                own,
                clients: PeerRequirement(
                    authorityFile: authorities,
                    fingerprints: fingerprints.map(CertificateFingerprint.init)))
        }
    }

    static func zone(_ zone: Settings.TimeZone) throws(TimeZoneError) -> TimeZoneRule {
        switch zone {
        case .offset(let seconds): TimeZoneRule(offsetSeconds: seconds)
        case .named(let name): try TimeZoneRule.named(name)
        }
    }

    /// The address as numbers; all addresses of the machine, IPv6 and IPv4, for a wildcard.
    static func numericHost(_ address: Settings.Address) throws -> String {
        if address.host.isEmpty { return "::" }
        let resolved = try SocketAddress.makeAddressResolvingHost(address.host, port: address.port)
        return resolved.ipAddress ?? address.host
    }
}

extension FullPolicy {
    init(_ settings: Settings.WhenQueueFull) {
        switch settings {
        case .stop: self = .stop
        case .dropNewest: self = .dropNewest
        case .dropLowest: self = .dropLowest
        }
    }
}

extension TimeAmount {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}

extension Duration {
    var nanoseconds: UInt64 { UInt64(max(0, TimeAmount(self).nanoseconds)) }
}
