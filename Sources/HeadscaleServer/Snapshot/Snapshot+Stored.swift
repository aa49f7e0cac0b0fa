import Headscale

// The form in which snapshots are kept on the disk: names as in Headscale's database, and no member for what is empty.

extension Snapshot {
    func write(into json: inout JSONWriter) {
        json.object { json in
            json.member("version", version ?? "")
            json.member("users") { $0.array(users) { $1.write(into: &$0) } }
            json.member("nodes") { $0.array(nodes) { $1.write(into: &$0) } }
            for kind in Key.Kind.allCases {
                guard let keys = keys[kind] else { continue }
                json.member(kind.rawValue) { $0.array(keys) { $1.write(into: &$0) } }
            }
            if let policy {
                json.member("policy") { json in
                    json.object { json in
                        json.member("text", policy.text)
                        json.member("updated", policy.updated)
                    }
                }
            }
        }
    }

    init(stored reader: inout JSONReader) throws(ServerError) {
        var snapshot = Snapshot()
        try reader.object { (reader: inout JSONReader, name) throws(ServerError) in
            switch name {
            case "version": snapshot.version = try reader.scalar()
            case "users": snapshot.users = try reader.list(User.init(stored:))
            case "nodes": snapshot.nodes = try reader.list(Node.init(stored:))
            case "policy": snapshot.policy = try Policy(stored: &reader)
            default:
                if let kind = Key.Kind(rawValue: name) {
                    snapshot.keys[kind] = try reader.list(Key.init(stored:))
                } else {
                    try reader.skip()
                }
            }
        }
        self = snapshot
    }
}

extension Snapshot.Policy {
    fileprivate init(stored reader: inout JSONReader) throws(ServerError) {
        var policy = Self(text: "")
        try reader.object { (reader: inout JSONReader, name) throws(ServerError) in
            switch name {
            case "text": policy.text = try reader.scalar() ?? ""
            case "updated": policy.updated = try reader.scalar().flatMap(Int64.init)
            default: try reader.skip()
            }
        }
        self = policy
    }
}

extension Snapshot.User {
    fileprivate func write(into json: inout JSONWriter) {
        json.object { json in
            json.member("id", id)
            json.member("name", name)
            json.member("display_name", displayName)
            json.member("email", email)
            json.member("provider", provider)
            json.member("provider_identifier", providerID)
        }
    }

    fileprivate init(stored reader: inout JSONReader) throws(ServerError) {
        var user = Self(id: 0, name: "")
        try reader.object { (reader: inout JSONReader, name) throws(ServerError) in
            let value = try reader.scalar() ?? ""
            switch name {
            case "id": user.id = UInt64(value) ?? 0
            case "name": user.name = value
            case "display_name": user.displayName = value
            case "email": user.email = value
            case "provider": user.provider = value
            case "provider_identifier": user.providerID = value
            default: break
            }
        }
        self = user
    }
}

extension Snapshot.Node {
    fileprivate func write(into json: inout JSONWriter) {
        json.object { json in
            json.member("id", id)
            json.member("hostname", hostname)
            json.member("given_name", givenName)
            json.member("user_id", userID)
            json.member("user", user)
            json.member("addresses", addresses.map(\.description))
            json.member("tags", tags)
            json.member("register_method", registered ?? "")
            json.member("expiry", expiry.at)
            json.member("expired", expiry.isPast)
            json.member("announced_routes", announcedRoutes)
            json.member("approved_routes", approvedRoutes)
            json.member("auth_key_id", authKeyID)
            json.member("node_key", nodeKey == 0 ? nil : nodeKey)
        }
    }

    fileprivate init(stored reader: inout JSONReader) throws(ServerError) {
        var node = Self(id: 0)
        try reader.object { (reader: inout JSONReader, name) throws(ServerError) in
            switch name {
            case "id": node.id = try reader.number() ?? 0
            case "hostname": node.hostname = try reader.scalar() ?? ""
            case "given_name": node.givenName = try reader.scalar() ?? ""
            case "user_id": node.userID = try reader.number()
            case "user": node.user = try reader.scalar() ?? ""
            case "addresses": node.addresses = try reader.texts().compactMap { IPAddress($0) }
            case "tags": node.tags = try reader.texts()
            case "register_method": node.registered = try reader.scalar()
            case "expiry": node.expiry.at = try reader.scalar().flatMap(Int64.init)
            case "expired": node.expiry.isPast = try reader.scalar() == "true"
            case "announced_routes": node.announcedRoutes = try reader.texts()
            case "approved_routes": node.approvedRoutes = try reader.texts()
            case "auth_key_id": node.authKeyID = try reader.number()
            case "node_key": node.nodeKey = try reader.number() ?? 0
            default: try reader.skip()
            }
        }
        self = node
    }
}

extension Snapshot.Key {
    fileprivate func write(into json: inout JSONWriter) {
        json.object { json in
            json.member("id", id)
            json.member("prefix", prefix ?? "")
            json.member("user", user)
            json.member("tags", tags)
            json.member("scopes", scopes)
            json.member("description", description)
            json.member("reusable", isReusable)
            json.member("ephemeral", isEphemeral)
            json.member("used", isUsed)
            json.member("revoked", isRevoked)
            json.member("expiration", expiry.at)
            json.member("expired", expiry.isPast)
            json.member("last_seen", lastUsed)
        }
    }

    fileprivate init(stored reader: inout JSONReader) throws(ServerError) {
        var key = Self(id: 0)
        try reader.object { (reader: inout JSONReader, name) throws(ServerError) in
            switch name {
            case "id": key.id = try reader.number() ?? 0
            case "prefix": key.prefix = try reader.scalar()
            case "user": key.user = try reader.scalar() ?? ""
            case "tags": key.tags = try reader.texts()
            case "scopes": key.scopes = try reader.texts()
            case "description": key.description = try reader.scalar() ?? ""
            case "reusable": key.isReusable = try reader.scalar() == "true"
            case "ephemeral": key.isEphemeral = try reader.scalar() == "true"
            case "used": key.isUsed = try reader.scalar() == "true"
            case "revoked": key.isRevoked = try reader.scalar() == "true"
            case "expiration": key.expiry.at = try reader.scalar().flatMap(Int64.init)
            case "expired": key.expiry.isPast = try reader.scalar() == "true"
            case "last_seen": key.lastUsed = try reader.scalar().flatMap(Int64.init)
            default: try reader.skip()
            }
        }
        self = key
    }
}

extension JSONReader {
    /// The elements of the array that comes next.
    mutating func list<Element>(
        _ read: (inout JSONReader) throws(ServerError) -> Element
    ) throws(ServerError) -> [Element] {
        var elements: [Element] = []
        try array { (reader: inout JSONReader) throws(ServerError) in
            guard elements.count < SourceLimits.elements else { throw SourceLimits.tooMany }
            elements.append(try read(&reader))
        }
        return elements
    }

    /// The number that comes next, which Headscale's API writes as a string.
    mutating func number() throws(ServerError) -> UInt64? {
        try scalar().flatMap(UInt64.init)
    }
}
