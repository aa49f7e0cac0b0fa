extension Settings {
    /// Something that receives a copy of all records.
    public struct Destination: Sendable {
        /// Its name, unique; also that of its cursor in the ledger.
        public internal(set) var name = ""
        /// What sort it is, and what only that has.
        public internal(set) var kind = Kind.file(Archive())
        /// Which records it gets; nil for all.
        public internal(set) var filter: Filter?
        /// Where it was given.
        public internal(set) var position = FilePosition.builtIn

        /// Shares that its records are divided into by their senders, each with a collector of its own; 1 if they are
        /// not divided.
        public var shares: Int {
            switch kind {
            case .tls(let collector, _), .tcp(let collector):
                collector.mode == .spread ? collector.addresses.count : 1
            case .file, .splunk, .elasticsearch, .http: 1
            }
        }

        /// How a destination is reached.
        public enum Kind: Sendable, Hashable {
            /// Syslog over TLS (RFC 5425).
            case tls(Collector, TLSClient)
            /// Syslog over TCP (RFC 6587).
            case tcp(Collector)
            /// Files in a folder.
            case file(Archive)
            /// A Splunk HTTP Event Collector.
            case splunk(Splunk)
            /// Elasticsearch or OpenSearch.
            case elasticsearch(Elasticsearch)
            /// Any server that takes records in the body of a request.
            case http(WebHook)

            /// Whether it says of single records that it will never take them.
            public var hasDeadLetters: Bool {
                switch self {
                case .tls, .tcp, .file: false
                case .splunk, .elasticsearch, .http: true
                }
            }
        }
    }

    /// How records are separated on a connection (RFC 6587, section 3.4).
    public enum Framing: String, Sendable, CaseIterable {
        /// Each record behind its length.
        case octetCounting = "octet-counting"
        /// Each record in front of a line feed.
        case lineFeed = "lf"
    }

    /// What several addresses of a destination are for.
    public enum CollectorMode: String, Sendable, CaseIterable {
        /// The first that answers gets the records.
        case failover
        /// Each gets the records of some senders.
        case spread
    }

    /// What TLS and TCP destinations have in common.
    public struct Collector: Sendable, Hashable {
        /// Host and port.
        public internal(set) var address = Address(host: "", port: 0)
        /// Those of further collectors.
        public internal(set) var moreAddresses: [Address] = []
        /// What several addresses are for.
        public internal(set) var mode = CollectorMode.failover
        /// How records are separated.
        public internal(set) var framing = Framing.octetCounting
        /// How long connecting may take.
        public internal(set) var connectTimeout = Duration.seconds(10)
        /// How long a write may make no progress.
        public internal(set) var writeTimeout = Duration.seconds(30)
        /// How long a connection may have nothing to send before it is closed; nil for ever.
        public internal(set) var idleTimeout: Duration?
        /// Bytes that are sent again after a connection was lost.
        public internal(set) var resendBytes = 8 << 20

        /// All hosts and ports, the preferred one first.
        public var addresses: [Address] { [address] + moreAddresses }
    }

    /// What only TLS destinations have. At least one of ``authorityFile`` and ``fingerprints`` is given; with both,
    /// both have to agree.
    public struct TLSClient: Sendable, Hashable {
        /// The name the collector's certificate has to carry; nil for the host of its address.
        public internal(set) var serverName: String?
        /// Certificate authorities to trust, PEM; never those of the system.
        public internal(set) var authorityFile: String?
        /// Certificates to trust.
        public internal(set) var fingerprints: [Fingerprint] = []
        /// The relay's own certificate, if the collector asks for one.
        public internal(set) var identity: Identity?
        /// How long a handshake may take.
        public internal(set) var handshakeTimeout = Duration.seconds(10)
    }

    /// A certificate chain and its private key, PEM files.
    public struct Identity: Sendable, Hashable {
        /// The certificate, and those between it and the authority.
        public let certificateFile: String
        /// The private key.
        public let keyFile: String
    }

    /// What only file destinations have.
    public struct Archive: Sendable, Hashable {
        /// The folder.
        public internal(set) var path = ""
        /// Bytes after which a file is closed, at the end of a batch.
        public internal(set) var rotateBytes = 64 << 20
        /// Stretches of time for each of which there is a file of its own; nil for none.
        public internal(set) var rotateInterval: Duration?
        /// Whether closed files are compressed.
        public internal(set) var compresses = false
        /// Closed files that are kept; nil for all.
        public internal(set) var keptFiles: Int?
    }
}
