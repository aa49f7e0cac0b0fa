import GRDB
import Headscale

/// Headscale's SQLite database, opened read-only for each snapshot, which is one transaction. Works while Headscale
/// writes: with its write-ahead log, a reader waits for nobody.
///
/// Only columns that are named here are read, never a key or a hash, and each only if this version has it: 0.22 has
/// `machines` and `routes`, 0.23 `nodes`, 0.26 the routes in `nodes`, 0.28 `prefix` and `tags`, 0.30 OAuth clients.
struct DatabaseSource: StateSource {
    /// Seconds to wait for a lock.
    static let lockTimeout = 5.0

    let path: String
    var name: String { "sqlite \(path)" }

    func read() throws(ServerError) -> Snapshot {
        do {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(Self.lockTimeout)
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }
            let snapshot = try queue.read { database in try DatabaseReader(database).snapshot() }
            try SourceLimits.check(snapshot)
            return snapshot
        } catch let error as ServerError {
            throw error
        } catch let error as DatabaseError {
            throw ServerError("\(path) cannot be read: \(Self.explain(error))")
        } catch {
            throw ServerError("\(path) cannot be read: \(error)")
        }
    }

    private static func explain(_ error: DatabaseError) -> String {
        let message = error.message ?? "SQLite error \(error.resultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED: return "it is locked (\(message))"
        case .SQLITE_CANTOPEN, .SQLITE_READONLY:
            return "\(message); the relay has to be able to read it, and the -wal and -shm files beside it"
        case .SQLITE_NOTADB: return "it is no SQLite database"
        default: return message
        }
    }
}

/// Reads one snapshot within a transaction.
private struct DatabaseReader {
    private let database: Database

    init(_ database: Database) { self.database = database }

    func snapshot() throws -> Snapshot {
        var snapshot = Snapshot()
        guard try database.tableExists("users") else {
            throw ServerError("there is no table of users: it is no database of Headscale 0.22 or newer")
        }
        snapshot.users = try users()
        let hasNodes = try database.tableExists("nodes")
        snapshot.nodes = try nodes(hasNodes ? "nodes" : "machines")
        if try database.tableExists("routes") {
            try addRoutes(hasNodes ? "node_id" : "machine_id", to: &snapshot.nodes)
        }
        snapshot.keys[.preAuth] = try preAuthKeys(snapshot.users)
        snapshot.keys[.api] = try keys("api_keys", .api, snapshot.users)
        snapshot.keys[.oauth] = try keys("oauth_clients", .oauth, snapshot.users)
        snapshot.policy = try policy()
        snapshot.version = try select("database_versions", ["version"], order: "id DESC LIMIT 1")?.first?.text(0)
        snapshot.nameUsers()
        return snapshot
    }

    // MARK: - Tables

    private func users() throws -> [Snapshot.User] {
        let columns = ["id", "name", "display_name", "email", "provider", "provider_identifier"]
        return try (select("users", columns) ?? []).compactMap { row in
            guard let id = row.id(0) else { return nil }
            var user = Snapshot.User(id: id, name: row.text(1) ?? "")
            user.displayName = row.text(2) ?? ""
            user.email = row.text(3) ?? ""
            user.provider = row.text(4) ?? ""
            user.providerID = row.text(5) ?? ""
            // As Headscale itself shows who came through an identity provider and has no name.
            if user.name.isEmpty { user.name = user.email.isEmpty ? user.providerID : user.email }
            return user
        }
    }

    private func nodes(_ table: String) throws -> [Snapshot.Node] {
        let columns = [
            "id", "hostname", "given_name", "user_id", "ipv4", "ipv6", "ip_addresses", "tags", "forced_tags",
            "register_method", "expiry", "approved_routes", "auth_key_id", "node_key", "host_info",
        ]
        guard let rows = try select(table, columns) else {
            throw ServerError("there is no table of nodes: it is no database of Headscale 0.22 or newer")
        }
        return rows.compactMap { row in
            guard let id = row.id(0) else { return nil }
            var node = Snapshot.Node(id: id)
            node.hostname = row.text(1) ?? ""
            node.givenName = row.text(2) ?? ""
            node.userID = row.id(3)
            node.addresses =
                ([4, 5].compactMap(row.text) + (row.text(6)?.split(separator: ",").map(String.init) ?? []))
                .compactMap { IPAddress($0) }
            node.tags = row.list(7) + row.list(8)
            node.registered = row.text(9).flatMap { $0.isEmpty ? nil : $0 }
            node.expiry.at = row.time(10)
            node.approvedRoutes = row.list(11)
            node.authKeyID = row.id(12)
            node.nodeKey = Snapshot.Node.keyNumber(row.text(13) ?? "")
            node.announcedRoutes = row.list(14)
            return node
        }
    }

    private func addRoutes(_ nodeColumn: String, to nodes: inout [Snapshot.Node]) throws {
        var places: [UInt64: Int] = [:]
        for (place, node) in nodes.enumerated() {
            places[node.id] = place
            nodes[place].announcedRoutes = []
        }
        for row in try select("routes", [nodeColumn, "prefix", "advertised", "enabled"]) ?? [] {
            guard let id = row.id(0), let place = places[id], let prefix = row.text(1) else { continue }
            if row.truth(2) { nodes[place].announcedRoutes.append(prefix) }
            if row.truth(3) { nodes[place].approvedRoutes.append(prefix) }
        }
    }

    private func preAuthKeys(_ users: [Snapshot.User]) throws -> [Snapshot.Key]? {
        guard var keys = try keys("pre_auth_keys", .preAuth, users) else { return nil }
        guard let rows = try select("pre_auth_key_acl_tags", ["pre_auth_key_id", "tag"]) else { return keys }
        var tags: [UInt64: [String]] = [:]
        for row in rows {
            if let id = row.id(0), let tag = row.text(1) { tags[id, default: []].append(tag) }
        }
        for index in keys.indices where keys[index].tags.isEmpty { keys[index].tags = tags[keys[index].id] ?? [] }
        return keys
    }

    private func keys(
        _ table: String, _ kind: Snapshot.Key.Kind, _ users: [Snapshot.User]
    ) throws -> [Snapshot.Key]? {
        let columns = [
            "id", kind == .oauth ? "client_id" : "prefix", "user_id", "tags", "scopes", "description", "reusable",
            "ephemeral", "used", "revoked", "expiration", "last_seen",
        ]
        let names = Dictionary(users.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        return try select(table, columns)?.compactMap { row in
            guard let id = row.id(0) else { return nil }
            var key = Snapshot.Key(id: id)
            key.prefix = row.text(1).flatMap { $0.isEmpty ? nil : $0 }
            key.user = row.id(2).flatMap { names[$0] } ?? ""
            key.tags = row.list(3)
            key.scopes = row.list(4)
            key.description = row.text(5) ?? ""
            key.isReusable = row.truth(6)
            key.isEphemeral = row.truth(7)
            key.isUsed = row.truth(8)
            key.isRevoked = row.truth(9) || row.time(9) != nil
            key.expiry.at = row.time(10)
            key.lastUsed = row.time(11)
            return key
        }
    }

    private func policy() throws -> Snapshot.Policy? {
        guard let rows = try select("policies", ["data", "updated_at"], order: "id DESC LIMIT 1") else { return nil }
        return Snapshot.Policy(text: rows.first?.text(0) ?? "", updated: rows.first?.time(1))
    }

    // MARK: - Queries

    /// The rows of a table that are not marked as deleted, with the columns in their order, NULL in place of one that
    /// this version does not have. Nil if there is no such table.
    private func select(_ table: String, _ columns: [String], order: String = "id") throws -> [[DatabaseValue]]? {
        guard try database.tableExists(table) else { return nil }
        let present = Set(try database.columns(in: table).map(\.name))
        let expressions = columns.map { column in
            guard present.contains(column) else { return "NULL" }
            switch column {
            // Of what a node tells of itself, its routes alone.
            case "host_info": return "CASE WHEN json_valid(host_info) THEN json_extract(host_info, '$.RoutableIPs') END"
            case "data": return "substr(data, 1, \(SourceLimits.policyOctets + 1))"
            default: return column
            }
        }
        let condition = present.contains("deleted_at") ? "WHERE deleted_at IS NULL" : ""
        let limit = order.contains("LIMIT") ? "" : "LIMIT \(SourceLimits.elements + 1)"
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT \(expressions.joined(separator: ", ")) FROM \(table) \(condition) ORDER BY \(order) \(limit)")
        var values: [[DatabaseValue]] = []
        while let row = try rows.next() { values.append(columns.indices.map { row[$0] }) }
        return values
    }
}

/// What the columns of a row mean, whatever they hold: another program's database is no reason to end.
extension [DatabaseValue] {
    fileprivate func text(_ column: Int) -> String? { String.fromDatabaseValue(self[column]) }

    fileprivate func id(_ column: Int) -> UInt64? {
        Int64.fromDatabaseValue(self[column]).flatMap { $0 > 0 ? UInt64($0) : nil }
    }

    fileprivate func truth(_ column: Int) -> Bool {
        switch self[column].storage {
        case .int64(let number): number != 0
        case .string(let text): text == "true"
        default: false
        }
    }

    fileprivate func time(_ column: Int) -> Int64? { text(column).flatMap(StateTime.seconds) }

    /// A list that is written as JSON.
    fileprivate func list(_ column: Int) -> [String] {
        guard let text = text(column), !text.isEmpty else { return [] }
        var reader = JSONReader([UInt8](text.utf8))
        return (try? reader.texts()) ?? []
    }
}
