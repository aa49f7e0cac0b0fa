extension Settings {
    /// The Headscale server whose log the relay gets, as far as it is asked itself.
    public struct Headscale: Sendable, Hashable {
        /// Its API, from which its state is read; nil if it is not.
        public internal(set) var api: HeadscaleAPI?
        /// Its SQLite database, from which its state is read; nil if it is not.
        public internal(set) var database: String?
        /// A YAML file from which its state is read; nil if it is not.
        public internal(set) var file: String?
        /// Between two readings of its state.
        public internal(set) var interval = Duration.seconds(30)
        /// Whether changes of its state become records.
        public internal(set) var watches = true
        /// Where the server's health is looked at; nil if it is not.
        public internal(set) var health: HeadscaleHealth?
    }

    /// How the health of a Headscale server is watched.
    public struct HeadscaleHealth: Sendable, Hashable {
        /// The server.
        public internal(set) var url = WebAddress(isSecure: true, host: "", port: 443, path: "")
        /// Certificate authorities to trust, PEM; nil for those of the system.
        public internal(set) var authorityFile: String?
        /// Where the server's metrics are.
        public internal(set) var metricsURL: WebAddress?
        /// Between two looks.
        public internal(set) var interval = Duration.seconds(30)
    }

    /// Databases that tell where an address is.
    public struct GeoIP: Sendable, Hashable {
        /// Files in the MaxMind DB format, at least one.
        public internal(set) var databases: [String] = []
    }
}
