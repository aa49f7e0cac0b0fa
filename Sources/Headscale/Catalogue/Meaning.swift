/// What a record tells, in the words of docs/headscale-events.md.
struct Meaning: BitwiseCopyable, Sendable, Equatable {
    let event: FixedText
    let service: Service
    let category: Category
    let outcome: Outcome
    /// Whether it matters to who may do what.
    let isSecurityRelevant: Bool
}

/// The part of Headscale that a record is about.
enum Service: UInt8, BitwiseCopyable, Sendable, CaseIterable, Word {
    case node, http, core, auth, health, key, policy, oidc, db, derp, audit

    var name: StaticString {
        switch self {
        case .node: "node"
        case .http: "http"
        case .core: "core"
        case .auth: "auth"
        case .health: "health"
        case .key: "key"
        case .policy: "policy"
        case .oidc: "oidc"
        case .db: "db"
        case .derp: "derp"
        case .audit: "audit"
        }
    }
}

/// What kind of thing happened.
enum Category: UInt8, BitwiseCopyable, Sendable, CaseIterable, Word {
    case authentication, authorization, administration, registration, policy, configuration, session, http, database
    case derp, network, dns, `internal`

    var name: StaticString {
        switch self {
        case .authentication: "authentication"
        case .authorization: "authorization"
        case .administration: "administration"
        case .registration: "registration"
        case .policy: "policy"
        case .configuration: "configuration"
        case .session: "session"
        case .http: "http"
        case .database: "database"
        case .derp: "derp"
        case .network: "network"
        case .dns: "dns"
        case .internal: "internal"
        }
    }
}

/// How it ended.
enum Outcome: UInt8, BitwiseCopyable, Sendable, CaseIterable, Word {
    case success, failure, unknown

    var name: StaticString {
        switch self {
        case .success: "success"
        case .failure: "failure"
        case .unknown: "unknown"
        }
    }
}

/// One word of a few, which stands in tables and records under its name.
protocol Word: CaseIterable {
    var name: StaticString { get }
}

extension Word {
    /// The word that `text` is; nil for another.
    init?(_ text: FixedText) {
        guard let word = Self.allCases.first(where: { text == $0.name }) else { return nil }
        self = word
    }
}
