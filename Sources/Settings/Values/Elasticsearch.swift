extension Settings {
    /// Elasticsearch or OpenSearch.
    public struct Elasticsearch: Sendable, Hashable {
        public internal(set) var client = HTTPClient()
        /// The data stream that documents go to.
        public internal(set) var dataStream = "logs-waxwing-default"
        /// File with an API key.
        public internal(set) var apiKeyFile: String?
        /// User for basic authentication, in the place of an API key.
        public internal(set) var user: String?
        /// File with the user's password.
        public internal(set) var passwordFile: String?
    }
}
