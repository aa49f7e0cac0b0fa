import Headscale

// The objects of Headscale's API, version 2, which follows Tailscale's.

extension Snapshot.User {
    init(v2 reader: inout JSONReader) throws(ServerError) {
        var user = Self(id: 0, name: "")
        try reader.object { (reader: inout JSONReader, member) throws(ServerError) in
            switch member {
            case "id": user.id = try reader.number() ?? 0
            case "loginName": user.name = try reader.scalar() ?? ""
            case "displayName": user.displayName = try reader.scalar() ?? ""
            default: try reader.skip()
            }
        }
        self = user
    }
}

extension Snapshot.Node {
    init(v2 reader: inout JSONReader) throws(ServerError) {
        var node = Self(id: 0)
        try reader.object { (reader: inout JSONReader, member) throws(ServerError) in
            switch member {
            case "id": node.id = try reader.number() ?? 0
            case "name": node.givenName = try reader.scalar() ?? ""
            case "hostname": node.hostname = try reader.scalar() ?? ""
            case "addresses": node.addresses = try reader.texts().compactMap { IPAddress($0) }
            case "user":
                let name = try reader.scalar() ?? ""
                node.user = name == NodesOfAPI.taggedDevices ? "" : name
            case "tags": node.tags = try reader.texts()
            case "expires": node.expiry.at = try reader.scalar().flatMap(StateTime.seconds)
            case "nodeKey": node.nodeKey = Snapshot.Node.keyNumber(try reader.scalar() ?? "")
            case "advertisedRoutes": node.announcedRoutes = try reader.texts()
            case "enabledRoutes": node.approvedRoutes = try reader.texts()
            default: try reader.skip()
            }
        }
        self = node
    }
}

/// A key of version 2, of whatever kind.
struct KeyOfV2 {
    private(set) var kind = Snapshot.Key.Kind.preAuth
    private(set) var userID: UInt64?
    private var key = Snapshot.Key(id: 0)
    private var isInvalid = false

    init(_ reader: inout JSONReader) throws(ServerError) {
        var (kind, userID, key, isInvalid) = (kind, UInt64?.none, key, false)
        try reader.object { (reader: inout JSONReader, member) throws(ServerError) in
            switch member {
            case "id":
                let id = try reader.scalar() ?? ""
                key.id = UInt64(id) ?? Self.number(id)
                if UInt64(id) == nil { key.prefix = Snapshot.Key.publicPart(id, .oauth) }
            case "keyType": kind = Self.kind(try reader.scalar() ?? "")
            case "description": key.description = try reader.scalar() ?? ""
            case "expires": key.expiry.at = try reader.scalar().flatMap(StateTime.seconds)
            case "revoked": key.isRevoked = try reader.scalar() != nil
            case "invalid": isInvalid = try reader.scalar() == "true"
            case "tags": key.tags = try reader.texts()
            case "scopes": key.scopes = try reader.texts()
            case "userId": userID = try reader.number()
            case "capabilities": (key.isReusable, key.isEphemeral) = try Self.capabilities(&reader)
            default: try reader.skip()
            }
        }
        (self.kind, self.userID, self.key, self.isInvalid) = (kind, userID, key, isInvalid)
    }

    /// The key, of which this API says only that it is not valid any more: used, if it has not expired by `now` (seconds
    /// since 1970) and nobody revoked it.
    func key(at now: Int64) -> Snapshot.Key {
        var key = key
        key.isUsed = isInvalid && !key.isRevoked && !key.isReusable && (key.expiry.at ?? .max) > now
        return key
    }

    private static func kind(_ name: String) -> Snapshot.Key.Kind {
        switch name {
        case "client": .oauth
        case "api": .api
        default: .preAuth
        }
    }

    /// `{"devices":{"create":{"reusable":true,"ephemeral":false}}}`.
    private static func capabilities(_ reader: inout JSONReader) throws(ServerError) -> (Bool, Bool) {
        var (isReusable, isEphemeral) = (false, false)
        func read(_ reader: inout JSONReader, _ member: String) throws(ServerError) {
            switch member {
            case "devices", "create": try reader.object(read)
            case "reusable": isReusable = try reader.scalar() == "true"
            case "ephemeral": isEphemeral = try reader.scalar() == "true"
            default: try reader.skip()
            }
        }
        try reader.object(read)
        return (isReusable, isEphemeral)
    }

    /// A number for an id that is none (FNV-1a), in the upper half, where Headscale has none.
    private static func number(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0100_0000_01B3 } | 1 << 63
    }
}
