import GRDB
import Headscale

@testable import HeadscaleServer

/// The database of a simulated Headscale: the tables of its version, with the columns in which versions differ, and
/// secrets in all the places where there are some.
struct SimulatedDatabase {
    let path: String
    private let headscale: SimulatedHeadscale
    private let queue: DatabaseQueue

    init(_ headscale: SimulatedHeadscale, path: String) throws {
        self.headscale = headscale
        self.path = path
        queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
        try queue.write { database in
            for statement in Self.schema(headscale.version) { try database.execute(sql: statement) }
        }
        try write()
    }

    /// Holds a lock on the whole database while `body` runs.
    func locked(_ body: () throws -> Void) throws {
        try queue.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
            try database.execute(sql: "BEGIN EXCLUSIVE")
            defer { try? database.execute(sql: "ROLLBACK") }
            try body()
        }
    }

    // MARK: - Schema

    static func schema(_ version: SimulatedHeadscale.Version) -> [String] {
        let isOld = version == .v22
        let names =
            isOld
            ? "" : ", display_name text, email text, provider_identifier text, provider text, profile_pic_url text"
        let addresses = isOld ? "ip_addresses text" : "ipv4 text, ipv6 text"
        let tags = version.isSince28 ? "tags" : "forced_tags"
        let keyParts = version.isSince28 ? ", prefix text, hash blob" : ""
        let revoked = version == .v30 ? ", description text, revoked datetime" : ""
        var statements = [
            "CREATE TABLE users (id integer PRIMARY KEY AUTOINCREMENT, created_at datetime, deleted_at datetime, name text\(names))",
            """
            CREATE TABLE \(isOld ? "machines" : "nodes") (id integer PRIMARY KEY AUTOINCREMENT, machine_key text, node_key text,
            disco_key text, endpoints text, host_info text, \(addresses), hostname text, given_name text, user_id integer,
            register_method text, \(tags) text, auth_key_id integer, expiry datetime, last_seen datetime\(isOld ? "" : ", approved_routes text"),
            created_at datetime, updated_at datetime, deleted_at datetime)
            """,
            """
            CREATE TABLE pre_auth_keys (id integer PRIMARY KEY AUTOINCREMENT, key text\(keyParts), user_id integer,
            reusable numeric, ephemeral numeric DEFAULT false, used numeric DEFAULT false\(isOld ? "" : ", tags text")\(revoked),
            created_at datetime, expiration datetime)
            """,
            """
            CREATE TABLE api_keys (id integer PRIMARY KEY AUTOINCREMENT, prefix text, hash blob\(version == .v30 ? ", user_id integer" : ""),
            created_at datetime, expiration datetime, last_seen datetime)
            """,
        ]
        if isOld {
            statements += [
                "CREATE TABLE routes (id integer PRIMARY KEY, machine_id integer, prefix text, advertised numeric, enabled numeric, deleted_at datetime)",
                "CREATE TABLE pre_auth_key_acl_tags (id integer PRIMARY KEY, pre_auth_key_id integer, tag text)",
            ]
        } else {
            statements.append(
                "CREATE TABLE policies (id integer PRIMARY KEY AUTOINCREMENT, created_at datetime, updated_at datetime, deleted_at datetime, data text)"
            )
        }
        if version == .v29 || version == .v30 {
            statements += [
                "CREATE TABLE database_versions (id integer PRIMARY KEY, version text NOT NULL, updated_at datetime)",
                "INSERT INTO database_versions VALUES (1, 'v\(version.rawValue).0', '2026-01-01 00:00:00+00:00')",
            ]
        }
        if version == .v30 {
            statements.append(
                "CREATE TABLE oauth_clients (id integer PRIMARY KEY, client_id text, secret_hash blob, scopes text, tags text, description text, user_id integer, created_at datetime, revoked datetime)"
            )
        }
        return statements
    }

    // MARK: - Rows

    /// Writes the present state in the place of what was there.
    func write() throws {
        let snapshot = headscale.snapshot
        let ids = Dictionary(uniqueKeysWithValues: snapshot.users.map { ($0.name, $0.id) })
        try queue.write { database in
            try replace(database, "users", snapshot.users.map(userRow))
            try replace(database, isOld ? "machines" : "nodes", snapshot.nodes.map(nodeRow))
            try replace(database, "pre_auth_keys", (snapshot.keys[.preAuth] ?? []).map { keyRow($0, ids) })
            try replace(database, "api_keys", (snapshot.keys[.api] ?? []).map(apiKeyRow))
            if isOld {
                try replace(database, "routes", snapshot.nodes.flatMap(routeRows))
                try replace(database, "pre_auth_key_acl_tags", (snapshot.keys[.preAuth] ?? []).flatMap(tagRows))
            } else if let policy = snapshot.policy {
                try replace(
                    database, "policies",
                    [
                        ["id": 1, "data": "old", "updated_at": time(1)],
                        ["id": 2, "data": policy.text, "updated_at": time(policy.updated)],
                        ["id": 3, "data": "deleted", "updated_at": time(5), "deleted_at": time(6)],
                    ])
            }
            if headscale.version == .v30 {
                try replace(database, "oauth_clients", (snapshot.keys[.oauth] ?? []).map(clientRow))
            }
        }
    }

    private var isOld: Bool { headscale.version == .v22 }

    private typealias Values = [String: (any DatabaseValueConvertible)?]

    private func replace(_ database: Database, _ table: String, _ rows: [Values]) throws {
        try database.execute(sql: "DELETE FROM \(table)")
        for row in rows {
            let columns = row.keys.sorted()
            try database.execute(
                sql: """
                    INSERT INTO \(table) (\(columns.joined(separator: ","))) \
                    VALUES (\(columns.map { _ in "?" }.joined(separator: ",")))
                    """, arguments: StatementArguments(columns.map { row[$0] ?? nil }))
        }
    }

    private func userRow(_ user: Snapshot.User) -> Values {
        var row: Values = ["id": Int64(user.id), "name": user.name]
        if !isOld { row.merge(["email": user.email, "display_name": user.displayName, "provider": ""]) { $1 } }
        return row
    }

    private func nodeRow(_ node: Snapshot.Node) -> Values {
        let digits = String(node.nodeKey, radix: 16)
        let key = String(repeating: "0", count: 16 - digits.count) + digits
        var row: Values = [
            "id": Int64(node.id), "node_key": "nodekey:\(key)", "hostname": node.hostname,
            "given_name": node.givenName, "user_id": node.userID.map { Int64($0) },
            "register_method": node.registered, "auth_key_id": node.authKeyID.map { Int64($0) },
            "expiry": time(node.expiry.at), "last_seen": time(1_790_000_000),
            "host_info": #"{"OS":"linux","RoutableIPs":\#(list(node.announcedRoutes))}"#,
            headscale.version.isSince28 ? "tags" : "forced_tags": list(node.tags),
        ]
        let addresses = node.addresses.map(\.description)
        if isOld {
            row["ip_addresses"] = addresses.joined(separator: ",")
        } else {
            row["ipv4"] = addresses.first { !$0.contains(":") }
            row["ipv6"] = addresses.first { $0.contains(":") }
            row["approved_routes"] = list(node.approvedRoutes)
        }
        return row
    }

    private func routeRows(_ node: Snapshot.Node) -> [Values] {
        Set(node.announcedRoutes + node.approvedRoutes).map { prefix in
            [
                "machine_id": Int64(node.id), "prefix": prefix, "advertised": node.announcedRoutes.contains(prefix),
                "enabled": node.approvedRoutes.contains(prefix),
            ]
        }
    }

    static let plantedKey = "0123456789abcdef0123456789abcdef0123456789abcdef"
    static let plantedHash = "$2a$10$K1qC/AncGSz1hdODLOkWTh"

    private func keyRow(_ key: Snapshot.Key, _ users: [String: UInt64]) -> Values {
        var row: Values = [
            "id": Int64(key.id), "key": Self.plantedKey, "user_id": users[key.user].map { Int64($0) },
            "reusable": key.isReusable, "ephemeral": key.isEphemeral, "used": key.isUsed,
            "expiration": time(key.expiry.at),
        ]
        if headscale.version.isSince28 { row.merge(["prefix": key.prefix, "hash": Self.plantedHash]) { $1 } }
        if !isOld { row["tags"] = list(key.tags) }
        if headscale.version == .v30 {
            row["description"] = key.description
            row["revoked"] = key.isRevoked ? time(1_790_000_000) : nil
        }
        return row
    }

    private func tagRows(_ key: Snapshot.Key) -> [Values] {
        key.tags.map { ["pre_auth_key_id": Int64(key.id), "tag": $0] }
    }

    private func apiKeyRow(_ key: Snapshot.Key) -> Values {
        [
            "id": Int64(key.id), "prefix": key.prefix, "hash": Self.plantedHash, "expiration": time(key.expiry.at),
            "last_seen": time(key.lastUsed),
        ]
    }

    private func clientRow(_ key: Snapshot.Key) -> Values {
        [
            "id": Int64(key.id), "client_id": key.prefix, "secret_hash": Self.plantedHash, "scopes": list(key.scopes),
            "tags": list(key.tags), "description": key.description,
            "revoked": key.isRevoked ? time(1_790_000_000) : nil,
        ]
    }

    /// As Go's driver writes it.
    private func time(_ seconds: Int64?) -> String? {
        seconds.map { StateTime.text($0).replacing("T", with: " ").replacing("Z", with: ".293817627+00:00") }
    }

    private func list(_ texts: [String]) -> String {
        var json = JSONWriter()
        json.array(texts) { $0.append(quoted: $1) }
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
