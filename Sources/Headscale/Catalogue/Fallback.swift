extension MessageCatalogue {
    /// What a message tells that the catalogue does not have: the level says how bad it is, its words what it is about.
    static func fallback(_ text: RawSpan, _ range: Range<Int>, level: Level?) -> CatalogueEntry {
        let topic = topic(text, range)
        let (event, outcome): (StaticString, StaticString) =
            switch level {
            case .panic, .fatal, .error: ("headscale.error", "failure")
            case .warn: ("headscale.warning", "failure")
            case .debug, .trace: ("headscale.detail", "unknown")
            case .info, nil: ("headscale.message", "unknown")
            }
        let meaning = Meaning(
            event: FixedText(event), service: FixedText(topic.service), category: FixedText(topic.category),
            outcome: FixedText(outcome), isSecurityRelevant: false)
        return CatalogueEntry(
            meaning: meaning, level: level, isGeneric: false, firstVersion: HeadscaleVersion.known.lowerBound,
            secondSince: nil)
    }

    /// The first topic that a word of the message belongs to. Only the first 256 bytes are looked at: there it says what
    /// it is about, and behind are values.
    private static func topic(_ text: RawSpan, _ range: Range<Int>) -> Topic {
        let limit = min(range.upperBound, range.lowerBound + 256)
        var best = Topic.all.count
        var at = range.lowerBound
        while at < limit {
            while at < limit, !text.byte(at).isLetter { at += 1 }
            let start = at
            while at < limit, text.byte(at).isLetter { at += 1 }
            if at > start, let found = TopicWords.all.topic(text, start..<at) { best = min(best, found) }
        }
        return best < Topic.all.count ? Topic.all[best] : Topic.none
    }
}

/// Words that tell what a message is about.
private struct Topic {
    let service: StaticString
    let category: StaticString
    let words: [StaticString]

    static let none = Topic(service: "core", category: "internal", words: [])

    /// Those further to the front count more.
    static let all = [
        Topic(service: "oidc", category: "authentication", words: ["oidc", "oauth", "idp", "pkce", "csrf"]),
        Topic(service: "policy", category: "policy", words: ["policy", "policies", "acl", "acls", "grant", "grants"]),
        Topic(service: "derp", category: "derp", words: ["derp", "derpmap", "stun"]),
        Topic(
            service: "db", category: "database",
            words: ["database", "db", "sql", "sqlite", "postgres", "gorm", "migration", "schema", "transaction"]),
        Topic(service: "core", category: "dns", words: ["dns", "nameserver", "nameservers", "magicdns"]),
        Topic(
            service: "core", category: "configuration",
            words: ["config", "configuration", "acme", "certificate", "letsencrypt", "tls"]),
        Topic(service: "auth", category: "authorization", words: ["ssh", "permission", "forbidden", "unauthorised"]),
        Topic(
            service: "key", category: "authentication",
            words: ["authkey", "preauthkey", "apikey", "token", "credential"]),
        Topic(service: "auth", category: "authentication", words: ["authentication", "login", "unauthorized"]),
        Topic(
            service: "node", category: "registration",
            words: ["register", "registered", "registering", "registration"]),
        Topic(service: "node", category: "network", words: ["noise", "route", "routes", "prefix", "listener"]),
        Topic(
            service: "node", category: "session",
            words: ["node", "nodes", "machine", "peer", "peers", "map", "session", "mapresponse", "poll"]),
        Topic(service: "auth", category: "administration", words: ["user", "users"]),
        Topic(service: "http", category: "http", words: ["http", "request", "response", "handler", "websocket"]),
    ]
}

/// Finds the topic of a word.
private struct TopicWords: Sendable {
    private let tree: LiteralTree
    private let topics: [Int]

    static let all = TopicWords()

    private init() {
        let words = Topic.all.indices.flatMap { topic in
            Topic.all[topic].words.map { (MessageTemplate(parts: [Array(FixedText($0).string.utf8)]), topic) }
        }
        tree = LiteralTree(words.map(\.0))
        topics = words.map(\.1)
    }

    /// The number of the topic of the word in `range`; nil if it has none.
    func topic(_ text: RawSpan, _ range: Range<Int>) -> Int? {
        var node = 0
        var at = range.lowerBound
        while let (next, nextAt) = tree.step(tree.nodes[node], text, at, range.upperBound) {
            (node, at) = (next, nextAt)
        }
        let word = tree.nodes[node].exact
        return at == range.upperBound && word != LiteralTree.none ? topics[Int(word)] : nil
    }
}
