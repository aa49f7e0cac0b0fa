import Headscale

// The objects of Headscale's API, version 1: of each, the members that are kept. All others are passed over, above all
// the keys in clear text that versions before 0.28 send.

extension Snapshot.User {
    init(api reader: inout JSONReader) throws(ServerError) {
        var user = Self(id: 0, name: "")
        try reader.object { (reader: inout JSONReader, member) throws(ServerError) in
            switch member {
            case "id": user.id = try reader.number() ?? 0
            case "name": user.name = try reader.scalar() ?? ""
            case "displayName": user.displayName = try reader.scalar() ?? ""
            case "email": user.email = try reader.scalar() ?? ""
            case "provider": user.provider = try reader.scalar() ?? ""
            case "providerId": user.providerID = try reader.scalar() ?? ""
            default: try reader.skip()
            }
        }
        self = user
    }
}

/// The nodes of an answer, and what it says about the version.
struct NodesOfAPI {
    /// How the API calls the owner of nodes that belong to their tags.
    static let taggedDevices = "tagged-devices"

    var nodes: [Snapshot.Node] = []
    /// Whether nodes tell their routes (from 0.26 on).
    private(set) var haveRoutes = false
    /// Whether they tell which of their tags are valid (up to 0.27).
    private(set) var areBefore28 = false

    mutating func read(_ reader: inout JSONReader) throws(ServerError) -> Snapshot.Node {
        var node = Snapshot.Node(id: 0)
        var (haveRoutes, areBefore28) = (haveRoutes, areBefore28)
        try reader.object { (reader: inout JSONReader, member) throws(ServerError) in
            switch member {
            case "id": node.id = try reader.number() ?? 0
            case "name": node.hostname = try reader.scalar() ?? ""
            case "givenName": node.givenName = try reader.scalar() ?? ""
            case "ipAddresses": node.addresses = try reader.texts().compactMap { IPAddress($0) }
            case "tags": node.tags = try reader.texts()
            case "forcedTags":
                areBefore28 = true
                node.tags = try reader.texts()
            case "registerMethod": node.registered = Self.method(try reader.scalar() ?? "")
            case "expiry": node.expiry.at = try reader.scalar().flatMap(StateTime.seconds)
            case "nodeKey": node.nodeKey = Snapshot.Node.keyNumber(try reader.scalar() ?? "")
            case "availableRoutes": node.announcedRoutes = try reader.texts()
            case "approvedRoutes":
                haveRoutes = true
                node.approvedRoutes = try reader.texts()
            case "user":
                let user = try Snapshot.User(api: &reader)
                if user.name != Self.taggedDevices, user.id > 0 { (node.userID, node.user) = (user.id, user.name) }
            case "preAuthKey":
                let key = try Snapshot.Key(preAuth: &reader)
                node.authKeyID = key.id > 0 ? key.id : nil
            default: try reader.skip()
            }
        }
        (self.haveRoutes, self.areBefore28) = (haveRoutes, areBefore28)
        return node
    }

    /// The register method as the database calls it.
    private static func method(_ name: String) -> String? {
        switch name {
        case "REGISTER_METHOD_AUTH_KEY": "authkey"
        case "REGISTER_METHOD_CLI": "cli"
        case "REGISTER_METHOD_OIDC": "oidc"
        default: nil
        }
    }
}

extension Snapshot.Node {
    /// The first eight octets of a public key: `nodekey:7c84167ab68f4949…`; 0 if there is none.
    static func keyNumber(_ text: String) -> UInt64 {
        // By octets: looking for characters would cost more than all the rest of a node.
        let start = text.utf8.lastIndex(of: UInt8(ascii: ":")).map { text.utf8.index(after: $0) } ?? text.startIndex
        guard let end = text.utf8.index(start, offsetBy: 16, limitedBy: text.endIndex) else { return 0 }
        return UInt64(text[start..<end], radix: 16) ?? 0
    }
}

extension Snapshot.Key {
    init(preAuth reader: inout JSONReader) throws(ServerError) {
        var key = Self(id: 0)
        try reader.object { (reader: inout JSONReader, member) throws(ServerError) in
            switch member {
            case "id": key.id = try reader.number() ?? 0
            case "key": key.prefix = try reader.scalar().flatMap { Self.publicPart($0, .preAuth) }
            case "reusable": key.isReusable = try reader.scalar() == "true"
            case "ephemeral": key.isEphemeral = try reader.scalar() == "true"
            case "used": key.isUsed = try reader.scalar() == "true"
            case "expiration": key.expiry.at = try reader.scalar().flatMap(StateTime.seconds)
            case "aclTags": key.tags = try reader.texts()
            case "user":
                // A user's name up to 0.24, then a user.
                if let name = try reader.userName() { key.user = name }
            default: try reader.skip()
            }
        }
        self = key
    }

    init(apiKey reader: inout JSONReader) throws(ServerError) {
        var key = Self(id: 0)
        try reader.object { (reader: inout JSONReader, member) throws(ServerError) in
            switch member {
            case "id": key.id = try reader.number() ?? 0
            case "prefix": key.prefix = try reader.scalar().flatMap { Self.publicPart($0, .api) }
            case "expiration": key.expiry.at = try reader.scalar().flatMap(StateTime.seconds)
            case "lastSeen": key.lastUsed = try reader.scalar().flatMap(StateTime.seconds)
            default: try reader.skip()
            }
        }
        self = key
    }
}

extension JSONReader {
    /// The name of the user that comes next, an object or the name itself.
    fileprivate mutating func userName() throws(ServerError) -> String? {
        guard isAtObject else { return try scalar() }
        let user = try Snapshot.User(api: &self)
        return user.name.isEmpty || user.name == NodesOfAPI.taggedDevices ? nil : user.name
    }
}

/// A route of a version that lists routes apart (up to 0.25).
struct RouteOfAPI {
    private(set) var nodeID: UInt64?
    private(set) var prefix = ""
    private(set) var isAnnounced = false
    private(set) var isApproved = false

    init(api reader: inout JSONReader) throws(ServerError) {
        var route = (node: UInt64?.none, prefix: "", isAnnounced: false, isApproved: false)
        try reader.object { (reader: inout JSONReader, member) throws(ServerError) in
            switch member {
            case "node", "machine":
                var nodes = NodesOfAPI()
                route.node = try nodes.read(&reader).id
            case "prefix": route.prefix = try reader.scalar() ?? ""
            case "advertised": route.isAnnounced = try reader.scalar() == "true"
            case "enabled": route.isApproved = try reader.scalar() == "true"
            default: try reader.skip()
            }
        }
        (nodeID, prefix, isAnnounced, isApproved) = route
    }
}
