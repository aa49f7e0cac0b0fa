public import Headscale

/// What a Headscale knew at one time: users, nodes, keys, routes and policy, without any secret. Lists are sorted by
/// id.
public struct Snapshot: Sendable, Equatable {
    /// The server's version (`v0.29.2`), if it says so.
    public var version: String?
    public var users: [User] = []
    public var nodes: [Node] = []
    /// The keys of each kind; no entry for a kind that this server, or this way of asking it, does not tell of.
    public var keys: [Key.Kind: [Key]] = [:]
    /// Nil if it is not known.
    public var policy: Policy?

    public init() {}

    public struct User: Sendable, Equatable {
        public var id: UInt64
        public var name: String
        public var displayName = ""
        public var email = ""
        /// Where it comes from: `oidc`, or empty.
        public var provider = ""
        /// What its identity provider calls it.
        public var providerID = ""

        public init(id: UInt64, name: String) {
            self.id = id
            self.name = name
        }
    }

    public struct Node: Sendable, Equatable {
        public var id: UInt64
        /// The name that the node gives itself.
        public var hostname = ""
        /// The name that it has in DNS.
        public var givenName = ""
        /// The user it belongs to; nil for one that belongs to its tags.
        public var userID: UInt64?
        public var user = ""
        public var addresses: [IPAddress] = []
        public var tags: [String] = []
        /// `authkey`, `cli` or `oidc`.
        public var registered: String?
        public var expiry = Expiry()
        public var announcedRoutes: [String] = []
        public var approvedRoutes: [String] = []
        /// The pre-auth key that it registered with.
        public var authKeyID: UInt64?
        /// The first eight octets of its public key; 0 if that is not known.
        public var nodeKey: UInt64 = 0

        public init(id: UInt64) { self.id = id }
    }

    /// A pre-auth key, an API key or an OAuth client: never the secret, nor its hash.
    public struct Key: Sendable, Equatable {
        public enum Kind: String, Sendable, CaseIterable {
            case preAuth = "preauth"
            case api
            case oauth
        }

        public var id: UInt64
        /// The public part by which Headscale shows it; nil for old pre-auth keys, which have none.
        public var prefix: String?
        /// The user that nodes get which register with it, or whose key it is.
        public var user = ""
        public var tags: [String] = []
        public var scopes: [String] = []
        public var description = ""
        public var isReusable = false
        public var isEphemeral = false
        public var isUsed = false
        public var isRevoked = false
        public var expiry = Expiry()
        /// When it was last used, in seconds since 1970.
        public var lastUsed: Int64?

        public init(id: UInt64) { self.id = id }
    }

    public struct Policy: Sendable, Equatable {
        /// HuJSON, comments and all; empty for none.
        public var text: String
        /// When it was set, in seconds since 1970; nil where that is not known.
        public var updated: Int64?

        public init(text: String, updated: Int64? = nil) {
            self.text = text
            self.updated = updated
        }
    }

    /// When something ends.
    public struct Expiry: Sendable, Equatable {
        /// Seconds since 1970; nil for never.
        public var at: Int64?
        /// Whether that is past, as far as was said in a record.
        public var isPast = false

        public init(at: Int64? = nil) { self.at = at }
    }
}

// MARK: - What becomes of it

extension Snapshot {
    /// What records gain from it.
    public var context: ContextTable {
        ContextTable(
            nodes.map { node in
                ContextNode(
                    id: node.id, givenName: node.givenName.isEmpty ? node.hostname : node.givenName,
                    addresses: node.addresses, user: node.user, tags: node.tags, registered: node.registered,
                    expiry: node.expiry.at.map { StateTime.text($0) })
            })
    }

    /// What there is, for people.
    var summary: String {
        let keys = keys.values.reduce(0) { $0 + $1.count }
        return [(users.count, "user"), (nodes.count, "node"), (keys, "key")]
            .map { "\($0) \($1)\($0 == 1 ? "" : "s")" }.joined(separator: ", ")
    }

    /// Whether it holds nothing at all of a kind of which `old` has something: it may be so, or the server has just
    /// lost its database.
    func isSuddenlyEmpty(after old: Snapshot) -> Bool {
        (users.isEmpty && !old.users.isEmpty) || (nodes.isEmpty && !old.nodes.isEmpty)
            || keys.contains { kind, keys in keys.isEmpty && old.keys[kind]?.isEmpty == false }
    }

    /// Takes from `old` what this one does not tell of.
    mutating func complete(from old: Snapshot) {
        keys.merge(old.keys) { mine, _ in mine }
        policy = policy ?? old.policy
        version = version ?? old.version
    }

    /// Brings the lists into their order.
    mutating func sort() {
        users.sort { $0.id < $1.id }
        nodes.sort { $0.id < $1.id }
        for index in nodes.indices {
            nodes[index].tags.sort()
            nodes[index].announcedRoutes.sort()
            nodes[index].approvedRoutes.sort()
        }
        for kind in keys.keys { keys[kind]?.sort { $0.id < $1.id } }
    }
}

// MARK: - Expiry

extension Snapshot {
    /// How far the clocks of Headscale and of the relay may be apart: who lets a key expire writes the time of Headscale's
    /// clock.
    static let clockTolerance: Int64 = 120

    /// Says of everything whether it has expired by `time` (seconds since 1970). What was said to have expired stays so
    /// unless its time changes, and a time that has just been set may lie a little ahead.
    mutating func judgeExpiries(at time: Int64, after old: Snapshot?) {
        let nodesBefore = old?.nodes ?? []
        var place = 0
        for index in nodes.indices {
            while place < nodesBefore.count, nodesBefore[place].id < nodes[index].id { place += 1 }
            let before = place < nodesBefore.count && nodesBefore[place].id == nodes[index].id
            nodes[index].expiry.judge(at: time, after: before ? nodesBefore[place].expiry : nil)
        }
        for (kind, list) in keys {
            let before = Dictionary(
                (old?.keys[kind] ?? []).map { ($0.id, $0.expiry) }, uniquingKeysWith: { first, _ in first })
            keys[kind] = list.map { key in
                var key = key
                key.expiry.judge(at: time, after: before[key.id])
                return key
            }
        }
    }
}

extension Snapshot.Expiry {
    fileprivate mutating func judge(at time: Int64, after old: Snapshot.Expiry?) {
        guard let at else {
            isPast = false
            return
        }
        guard let old else {
            isPast = at <= time
            return
        }
        isPast = old.at == at ? old.isPast || at <= time : at <= time + Snapshot.clockTolerance
    }
}
