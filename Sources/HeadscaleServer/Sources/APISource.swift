import Batch
import Headscale
import NIOCore

/// Headscale's REST API, version 1, of any Headscale: with an API key, or over the socket of 0.30.
///
/// Several lists make a snapshot; if one of them cannot be had there is none. What differs between versions is told by
/// what is answered: 0.22 has machines for nodes, up to 0.25 routes are a list of their own, and up to 0.27 keys are
/// listed for one user at a time.
struct APISource: StateSource {
    let name: String
    private let client: APIClient
    private let credential: APICredential

    init(
        _ address: APIAddress, _ credential: APICredential, authorityFile: String?, on group: any EventLoopGroup
    ) throws(ServerError) {
        name = "api \(address)"
        self.credential = credential
        client = try APIClient(address, authorityFile: authorityFile, on: group)
    }

    func close() { client.close() }

    func read() throws(ServerError) -> Snapshot {
        var key: String?
        if case .key(let file) = credential { key = try APIClient.secret(file: file) }
        let session = Session(client: client, key: key)
        var snapshot = Snapshot()
        snapshot.version = try session.version()
        snapshot.users = try session.list("/api/v1/user", "users", Snapshot.User.init(api:))
        let nodes = try session.nodes()
        snapshot.nodes = nodes.nodes
        if !nodes.haveRoutes { try session.addRoutes(to: &snapshot.nodes) }
        snapshot.keys[.preAuth] = try session.preAuthKeys(snapshot, areListedByUser: nodes.areBefore28)
        snapshot.keys[.api] = try session.apiKeys()
        snapshot.policy = try session.policy()
        snapshot.nameUsers()
        try SourceLimits.check(snapshot)
        return snapshot
    }
}

/// The requests for one snapshot.
private struct Session {
    let client: APIClient
    let key: String?
    /// When the whole reading has to be over, by the monotonic clock.
    let end = Clock.monotonic() + SourceLimits.readingTime * 1_000_000_000

    /// The elements of the list `name` in the answer to `GET path`.
    func list<Element>(
        _ path: String, _ name: String, _ read: (inout JSONReader) throws(ServerError) -> Element
    ) throws(ServerError) -> [Element] {
        let answer = try client.get(path, key)
        try answer.check(path)
        return try Self.list(answer, path, name, read)
    }

    static func list<Element>(
        _ answer: APIClient.Answer, _ path: String, _ name: String,
        _ read: (inout JSONReader) throws(ServerError) -> Element
    ) throws(ServerError) -> [Element] {
        do throws(ServerError) {
            var elements: [Element]?
            var reader = JSONReader(answer.body)
            try reader.object { (reader: inout JSONReader, member) throws(ServerError) in
                if member == name { elements = try reader.list(read) } else { try reader.skip() }
            }
            try reader.end()
            guard let elements else { throw ServerError("there is no \(name) in the answer") }
            return elements
        } catch {
            throw ServerError("GET \(path): \(error)")
        }
    }

    func version() throws(ServerError) -> String? {
        let answer = try client.get("/version", nil)
        guard answer.status == 200 else { return nil }
        var version: String?
        var reader = JSONReader(answer.body)
        // Something else may answer where older versions have nothing.
        try? reader.object { (reader: inout JSONReader, member) throws(ServerError) in
            if member == "version" { version = try reader.scalar() } else { try reader.skip() }
        }
        return version
    }

    // MARK: - Nodes

    func nodes() throws(ServerError) -> NodesOfAPI {
        let answer = try client.get("/api/v1/node", key)
        var result = NodesOfAPI()
        if answer.status == 404 {
            result.nodes = try list("/api/v1/machine", "machines") { (reader) throws(ServerError) in
                try result.read(&reader)
            }
            return result
        }
        try answer.check("/api/v1/node")
        result.nodes = try Self.list(answer, "/api/v1/node", "nodes") { (reader) throws(ServerError) in
            try result.read(&reader)
        }
        return result
    }

    /// Adds the routes of a version that lists them apart. Without nodes nobody can tell, and none are missing.
    func addRoutes(to nodes: inout [Snapshot.Node]) throws(ServerError) {
        guard !nodes.isEmpty else { return }
        let answer = try client.get("/api/v1/routes", key)
        guard answer.status != 404 else { return }
        try answer.check("/api/v1/routes")
        let routes = try Self.list(answer, "/api/v1/routes", "routes", RouteOfAPI.init(api:))
        let places = Dictionary(
            nodes.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        for route in routes {
            guard let place = route.nodeID.flatMap({ places[$0] }) else { continue }
            if route.isAnnounced { nodes[place].announcedRoutes.append(route.prefix) }
            if route.isApproved { nodes[place].approvedRoutes.append(route.prefix) }
        }
    }

    // MARK: - Keys and policy

    func preAuthKeys(_ snapshot: Snapshot, areListedByUser: Bool) throws(ServerError) -> [Snapshot.Key] {
        let path = "/api/v1/preauthkey"
        if !areListedByUser {
            let answer = try client.get(path, key)
            // Without nodes nobody can tell whether the version is one that wants to know for which user.
            let mayBeOlder = snapshot.nodes.isEmpty && answer.status != 401 && answer.status != 403
            if answer.status < 400 || !mayBeOlder {
                try answer.check(path)
                return try Self.list(answer, path, "preAuthKeys", Snapshot.Key.init(preAuth:))
            }
        }
        var keys: [Snapshot.Key] = []
        for user in snapshot.users {
            guard Clock.monotonic() < end else {
                throw ServerError(
                    "GET \(path): asking for the keys of \(snapshot.users.count) users takes longer than \(SourceLimits.readingTime) s"
                )
            }
            // From 0.25 on by id, before by name.
            var answer = try client.get("\(path)?user=\(user.id)", key)
            if answer.status >= 400 { answer = try client.get("\(path)?user=\(APIClient.escaped(user.name))", key) }
            try answer.check(path)
            keys += try Self.list(answer, path, "preAuthKeys", Snapshot.Key.init(preAuth:))
            guard keys.count <= SourceLimits.elements else { throw SourceLimits.tooMany }
        }
        return keys
    }

    /// All API keys; of the one that the relay itself uses, its use is left out.
    func apiKeys() throws(ServerError) -> [Snapshot.Key] {
        let own = key.flatMap { Snapshot.Key.publicPart($0, .api) }
        return try list("/api/v1/apikey", "apiKeys") { (reader) throws(ServerError) in
            var key = try Snapshot.Key(apiKey: &reader)
            if key.prefix == own { key.lastUsed = nil }
            return key
        }
    }

    func policy() throws(ServerError) -> Snapshot.Policy? {
        let answer = try client.get("/api/v1/policy", key)
        guard answer.status != 401, answer.status != 403 else {
            try answer.check("/api/v1/policy")
            return nil
        }
        guard (200...299).contains(answer.status) else {
            // No policy was ever set; or this version does not tell of it.
            return String(decoding: answer.body, as: UTF8.self).contains("policy not found")
                ? Snapshot.Policy(text: "") : nil
        }
        var policy = Snapshot.Policy(text: "")
        var reader = JSONReader(answer.body)
        try reader.object { (reader: inout JSONReader, member) throws(ServerError) in
            switch member {
            case "policy": policy.text = try reader.scalar() ?? ""
            case "updatedAt": policy.updated = try reader.scalar().flatMap(StateTime.seconds)
            default: try reader.skip()
            }
        }
        return policy
    }
}
