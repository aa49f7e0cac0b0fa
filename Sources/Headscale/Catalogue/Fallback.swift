extension MessageCatalogue {
    /// What a message tells that the catalogue does not have: the level says how bad it is, its words what it is about.
    static func fallback(_ text: RawSpan, _ range: Range<Int>, level: Level?) -> CatalogueEntry {
        let topic = topic(text, range)
        let (event, outcome): (StaticString, Outcome) =
            switch level {
            case .panic, .fatal, .error: ("headscale.error", .failure)
            case .warn: ("headscale.warning", .failure)
            case .debug, .trace: ("headscale.detail", .unknown)
            case .info, nil: ("headscale.message", .unknown)
            }
        let meaning = Meaning(
            event: FixedText(event), service: topic.service, category: topic.category, outcome: outcome,
            isSecurityRelevant: false)
        return CatalogueEntry(meaning: meaning, level: level, isGeneric: false)
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
            if let found = Topic.byWord.value(text, start..<at) { best = min(best, found) }
        }
        return best < Topic.all.count ? Topic.all[best] : Topic.none
    }
}

/// Words that tell what a message is about.
private struct Topic {
    let service: Service
    let category: Category
    let words: [StaticString]

    static let none = Topic(service: .core, category: .internal, words: [])

    /// The numbers of topics in ``all`` by their words.
    static let byWord = WordTable(
        all.enumerated().flatMap { number, topic in topic.words.map { ($0, number) } })

    /// Those further to the front count more.
    static let all = [
        Topic(service: .oidc, category: .authentication, words: ["oidc", "oauth", "idp", "pkce", "csrf"]),
        Topic(service: .policy, category: .policy, words: ["policy", "policies", "acl", "acls", "grant", "grants"]),
        Topic(service: .derp, category: .derp, words: ["derp", "derpmap", "stun"]),
        Topic(
            service: .db, category: .database,
            words: ["database", "db", "sql", "sqlite", "postgres", "gorm", "migration", "schema", "transaction"]),
        Topic(service: .core, category: .dns, words: ["dns", "nameserver", "nameservers", "magicdns"]),
        Topic(
            service: .core, category: .configuration,
            words: ["config", "configuration", "acme", "certificate", "letsencrypt", "tls"]),
        Topic(service: .auth, category: .authorization, words: ["ssh", "permission", "forbidden", "unauthorised"]),
        Topic(
            service: .key, category: .authentication,
            words: ["authkey", "preauthkey", "apikey", "token", "credential"]),
        Topic(service: .auth, category: .authentication, words: ["authentication", "login", "unauthorized"]),
        Topic(
            service: .node, category: .registration,
            words: ["register", "registered", "registering", "registration"]),
        Topic(service: .node, category: .network, words: ["noise", "route", "routes", "prefix", "listener"]),
        Topic(
            service: .node, category: .session,
            words: ["node", "nodes", "machine", "peer", "peers", "map", "session", "mapresponse", "poll"]),
        Topic(service: .auth, category: .administration, words: ["user", "users"]),
        Topic(service: .http, category: .http, words: ["http", "request", "response", "handler", "websocket"]),
    ]
}
