extension Settings {
    /// One socket address that records come in on.
    public struct Listener: Sendable {
        /// The address and port.
        public internal(set) var address = Address(host: "", port: 0)
        /// UDP, TCP or TLS, and what only that has.
        public internal(set) var transport = Transport.udp(UDP())
        /// The longest frame in bytes; of a longer one a cut record is kept.
        public internal(set) var frameLimit = 64 << 10
        /// The zone of RFC 3164 time stamps.
        public internal(set) var timeZone = TimeZone.utc
        /// Where it was given.
        public internal(set) var position = FilePosition.builtIn

        static let udpDefault = standard(.udp(UDP()))
        static let tcpDefault = standard(.tcp(Connections()))

        private static func standard(_ transport: Transport) -> Listener {
            var listener = Listener()
            listener.address = Address(host: "127.0.0.1", port: 5514)
            listener.transport = transport
            return listener
        }
    }

    /// How a listener receives.
    public enum Transport: Sendable, Hashable {
        case udp(UDP)
        case tcp(Connections)
        case tls(Connections, TLSServer)

        /// What it does when the queue is full.
        public var whenFull: WhenQueueFull {
            switch self {
            case .udp(let udp): udp.whenFull
            case .tcp(let connections), .tls(let connections, _): connections.whenFull
            }
        }

        /// The key that selects it: `udp`, `tcp` or `tls`.
        public var name: String {
            switch self {
            case .udp: "udp"
            case .tcp: "tcp"
            case .tls: "tls"
            }
        }
    }

    /// What a listener does when the queue in front of the ledger is full.
    public enum WhenQueueFull: String, Sendable, CaseIterable {
        /// It reads no more until there is room.
        case stop
        /// It drops what comes.
        case dropNewest = "drop-newest"
        /// It drops the least severe records first, the fuller the queue the more severe ones too.
        case dropLowest = "drop-lowest"
    }

    /// What only UDP listeners have.
    public struct UDP: Sendable, Hashable {
        /// Sockets on the address (SO_REUSEPORT), each with a thread.
        public internal(set) var sockets = 1
        /// Bytes asked of the kernel for each socket (SO_RCVBUF).
        public internal(set) var receiveBufferBytes = 32 << 20
        /// What it does when the queue is full; never `stop`.
        public internal(set) var whenFull = WhenQueueFull.dropNewest
    }

    /// What TCP and TLS listeners have in common.
    public struct Connections: Sendable, Hashable {
        /// Connections at one time; further ones are closed at once.
        public internal(set) var limit = 1024
        /// How long a connection may be silent; nil for ever.
        public internal(set) var idleTimeout: Duration? = .seconds(600)
        /// Whether the senders are relays whose identity elements are believed.
        public internal(set) var isFromTrustedRelays = false
        /// What it does when the queue is full.
        public internal(set) var whenFull = WhenQueueFull.stop
    }

    /// What only TLS listeners have (RFC 5425).
    public struct TLSServer: Sendable, Hashable {
        /// The server's certificate chain, PEM.
        public internal(set) var certificateFile = ""
        /// The server's private key, PEM.
        public internal(set) var keyFile = ""
        /// Whether and how senders show who they are.
        public internal(set) var clients = ClientAuthentication.none
        /// How long a handshake may take.
        public internal(set) var handshakeTimeout = Duration.seconds(10)
    }

    /// How a TLS listener knows its senders.
    public enum ClientAuthentication: Sendable, Hashable {
        /// Whoever connects may send.
        case none
        /// A certificate of one of these authorities (PEM file), or one with one of these fingerprints. With both, both
        /// are required. At least one is there.
        case certificate(authorities: String?, fingerprints: [Fingerprint])
    }
}
