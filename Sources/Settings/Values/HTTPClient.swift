extension Settings {
    /// What all destinations over HTTP have in common.
    public struct HTTPClient: Sendable, Hashable {
        /// The servers, at least one.
        public internal(set) var urls: [WebAddress] = []
        /// The name the servers' certificates have to carry; nil for the host of each URL.
        public internal(set) var serverName: String?
        /// Certificate authorities to trust, PEM; never those of the system.
        public internal(set) var authorityFile: String?
        /// Certificates to trust.
        public internal(set) var fingerprints: [Fingerprint] = []
        /// The relay's own certificate, if the servers ask for one.
        public internal(set) var identity: Identity?
        /// How long connecting may take, and the TLS handshake.
        public internal(set) var connectTimeout = Duration.seconds(10)
        /// How long a request may take, from the connection to the end of the answer.
        public internal(set) var requestTimeout = Duration.seconds(60)
        /// Whether bodies are compressed with gzip.
        public internal(set) var isCompressed = true
    }

    /// A Splunk HTTP Event Collector.
    public struct Splunk: Sendable, Hashable {
        public internal(set) var client = HTTPClient()
        /// File with the token.
        public internal(set) var tokenFile = ""
        /// Whether records count as delivered only when the indexer has acknowledged them.
        public internal(set) var acknowledgements = true
        /// What `host`, `source`, `sourcetype` and `index` of each event are; an empty one is left out.
        public internal(set) var host = Template(parts: [.field(.hostname)])
        public internal(set) var source = Template(parts: [.field(.appName)])
        public internal(set) var sourcetype = Template(parts: [.text("waxwing")])
        public internal(set) var index = Template(parts: [])
    }

    /// A server that takes records in the body of a request.
    public struct WebHook: Sendable, Hashable {
        public internal(set) var client = HTTPClient()
        /// How records stand in a body.
        public internal(set) var format = BodyFormat.ndjson
        /// Fields of each request's header.
        public internal(set) var headers: [HeaderField] = []
        /// File with the key that bodies are authenticated with (HMAC-SHA-256).
        public internal(set) var hmacKeyFile: String?
    }

    /// How records stand in the body of a request.
    public enum BodyFormat: String, Sendable, CaseIterable {
        /// A JSON object in each line.
        case ndjson
        /// One JSON array of objects.
        case jsonArray = "json-array"
        /// The canonical lines.
        case lines
    }

    /// A field of a request's header.
    public struct HeaderField: Sendable, Hashable {
        public internal(set) var name = ""
        /// Its value.
        public internal(set) var value: String?
        /// File with its value, for those that are secret.
        public internal(set) var valueFile: String?
    }
}
