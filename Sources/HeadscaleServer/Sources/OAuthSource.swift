import Batch
import Headscale
import NIOCore
import Synchronization

/// Headscale's REST API, version 2 (0.30), with an OAuth client, whose tokens can be limited to reading: the scopes
/// `devices:core:read`, `devices:routes:read`, `users:read`, `auth_keys:read` and `policy_file:read`.
///
/// This API has no list of API keys, and does not say which pre-auth key a node registered with.
final class OAuthSource: StateSource {
    /// How long before its end, in seconds, a token is not used any more.
    private static let tokenMargin: Int64 = 60

    let name: String
    private let client: APIClient
    private let clientID: String
    private let secretFile: String
    private let token = Mutex<Token?>(nil)

    private struct Token {
        var text: String
        /// In seconds of the monotonic clock.
        var end: Int64
    }

    init(
        _ address: APIAddress, clientID: String, secretFile: String, authorityFile: String?,
        on group: any EventLoopGroup
    ) throws(ServerError) {
        name = "api-v2 \(address)"
        self.clientID = clientID
        self.secretFile = secretFile
        client = try APIClient(address, authorityFile: authorityFile, on: group)
    }

    func close() { client.close() }

    func read() throws(ServerError) -> Snapshot {
        var snapshot = Snapshot()
        snapshot.users = try list("users", "users", Snapshot.User.init(v2:))
        let ids = Dictionary(snapshot.users.map { ($0.name, $0.id) }, uniquingKeysWith: { first, _ in first })
        snapshot.nodes = try list("devices?fields=all", "devices") { (reader) throws(ServerError) in
            var node = try Snapshot.Node(v2: &reader)
            node.userID = ids[node.user]
            return node
        }
        try readKeys(into: &snapshot)
        snapshot.policy = Snapshot.Policy(
            text: String(decoding: try get("acl", accept: "application/hujson").body, as: UTF8.self))
        try SourceLimits.check(snapshot)
        return snapshot
    }

    private func readKeys(into snapshot: inout Snapshot) throws(ServerError) {
        let names = Dictionary(snapshot.users.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        snapshot.keys[.preAuth] = []
        let now = Int64(Clock.wall() / 1_000_000_000)
        for read in try list("keys?all=true", "keys", KeyOfV2.init) {
            var key = read.key(at: now)
            key.user = read.userID.flatMap { names[$0] } ?? ""
            snapshot.keys[read.kind, default: []].append(key)
        }
    }

    // MARK: - Requests

    private func list<Element>(
        _ path: String, _ name: String, _ read: (inout JSONReader) throws(ServerError) -> Element
    ) throws(ServerError) -> [Element] {
        var elements: [Element] = []
        var reader = JSONReader(try get(path).body)
        try reader.object { (reader: inout JSONReader, member) throws(ServerError) in
            if member == name { elements = try reader.list(read) } else { try reader.skip() }
        }
        try reader.end()
        return elements
    }

    /// The answer to a request below the tailnet's path. A token that is refused is replaced once.
    private func get(_ path: String, accept: String = "application/json") throws(ServerError) -> APIClient.Answer {
        let path = "/api/v2/tailnet/-/\(path)"
        var answer = try client.get(path, try validToken(), accept: accept)
        if answer.status == 401 {
            token.withLock { $0 = nil }
            answer = try client.get(path, try validToken(), accept: accept)
        }
        try answer.check(path)
        return answer
    }

    private func validToken() throws(ServerError) -> String {
        let now = Int64(Clock.monotonic() / 1_000_000_000)
        if let token = token.withLock({ $0 }), now < token.end { return token.text }
        let answer = try client.post(
            "/api/v2/oauth/token",
            form: [
                ("grant_type", "client_credentials"), ("client_id", clientID),
                ("client_secret", try APIClient.secret(file: secretFile)),
            ])
        guard answer.status == 200 else {
            throw ServerError(
                "POST /api/v2/oauth/token: the server answers \(answer.status): is the client's secret right?")
        }
        var (text, lifetime) = ("", Int64(0))
        var reader = JSONReader(answer.body)
        try reader.object { (reader: inout JSONReader, member) throws(ServerError) in
            switch member {
            case "access_token": text = try reader.scalar() ?? ""
            case "expires_in": lifetime = try reader.scalar().flatMap(Int64.init) ?? 0
            default: try reader.skip()
            }
        }
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ServerError("POST /api/v2/oauth/token: there is no token in the answer")
        }
        let new = Token(text: text, end: now + max(Self.tokenMargin, min(lifetime, 86_400)) - Self.tokenMargin)
        token.withLock { $0 = new }
        return new.text
    }
}
