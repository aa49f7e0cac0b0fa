extension Settings {
    /// Where and how Headscale's API is asked.
    public struct HeadscaleAPI: Sendable, Hashable {
        /// The server, over HTTP; nil for ``socket``.
        public internal(set) var url: WebAddress?
        /// Headscale's own socket (0.30).
        public internal(set) var socket: String?
        /// File with an API key.
        public internal(set) var keyFile: String?
        /// An OAuth client (0.30), in the place of a key.
        public internal(set) var oauth: OAuthClient?
        /// Certificate authorities to trust, PEM; nil for those of the system.
        public internal(set) var authorityFile: String?
    }

    /// An OAuth client of Headscale's.
    public struct OAuthClient: Sendable, Hashable {
        /// Its public id.
        public internal(set) var id = ""
        /// File with its secret.
        public internal(set) var secretFile = ""
    }
}
