import Glibc
import Headscale
import Yams

/// A YAML file that somebody keeps by hand, or has made: users and nodes, for those who can give neither a key of the API
/// nor the database.
///
///     users:
///       - { id: 1, name: alice, email: alice@example.com }
///     nodes:
///       - { id: 7, name: web1, hostname: web1, user: alice, addresses: [100.64.0.7], tags: ["tag:web"] }
struct FileSource: StateSource {
    /// Octets of the file.
    static let limit = 16 << 20

    let path: String
    var name: String { "file \(path)" }

    func read() throws(ServerError) -> Snapshot {
        do {
            let text = try text()
            try refuseAliases(text)
            guard let root = try Yams.compose(yaml: text) else { return Snapshot() }
            var snapshot = Snapshot()
            snapshot.users = try list(root, "users").enumerated().map { try user($1, position: $0) }
            let ids = Dictionary(snapshot.users.map { ($0.name, $0.id) }, uniquingKeysWith: { first, _ in first })
            snapshot.nodes = try list(root, "nodes").enumerated().map { try node($1, position: $0, ids) }
            try SourceLimits.check(snapshot)
            return snapshot
        } catch let error as ServerError {
            throw error
        } catch {
            throw ServerError("\(path) is no YAML: \(error)")
        }
    }

    private func text() throws(ServerError) -> String {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            throw ServerError("\(path) cannot be opened: \(unsafe String(cString: strerror(errno)))")
        }
        defer { Glibc.close(file) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        var content: [UInt8] = []
        while true {
            let count = unsafe Glibc.read(file, &bytes, bytes.count)
            guard count >= 0 else {
                throw ServerError("\(path) cannot be read: \(unsafe String(cString: strerror(errno)))")
            }
            guard count > 0 else { break }
            content += bytes[..<count]
            guard content.count <= Self.limit else {
                throw ServerError("\(path) is larger than \(Self.limit) octets")
            }
        }
        guard let text = String(validating: content, as: UTF8.self) else { throw ServerError("\(path) is not UTF-8") }
        return text
    }

    /// Aliases within aliases make a short file a tree without end, and a list of users and nodes has no use for them.
    private func refuseAliases(_ text: String) throws(ServerError) {
        var previous: UInt8 = 0x0A
        var (hasAnchor, hasAlias) = (false, false)
        for byte in text.utf8 {
            let isName =
                byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte >= 0x30 && byte <= 0x39 || byte == 0x5F
                || byte == 0x2D
            if isName, previous == 0x26 { hasAnchor = true }
            if isName, previous == 0x2A { hasAlias = true }
            previous = byte
        }
        guard !hasAnchor || !hasAlias else {
            throw ServerError("\(path) has anchors and aliases (&name, *name): write the values out")
        }
    }

    private func list(_ root: Yams.Node, _ key: String) throws(ServerError) -> [Yams.Node] {
        guard let node = root.mapping?[key] else {
            guard root.mapping != nil else { throw ServerError("\(path): expected a mapping with users and nodes") }
            return []
        }
        guard let sequence = node.sequence else { throw ServerError("\(path): \(key): expected a list") }
        return Array(sequence)
    }

    private func user(_ node: Yams.Node, position: Int) throws(ServerError) -> Snapshot.User {
        guard let name = node["name"]?.string else {
            throw ServerError("\(path): users[\(position)]: a user needs a name")
        }
        var user = Snapshot.User(id: node["id"]?.string.flatMap { UInt64($0) } ?? UInt64(position + 1), name: name)
        user.displayName = node["display_name"]?.string ?? ""
        user.email = node["email"]?.string ?? ""
        return user
    }

    private func node(
        _ node: Yams.Node, position: Int, _ users: [String: UInt64]
    ) throws(ServerError) -> Snapshot.Node {
        // Not `int`, which reads 1:30 as sexagesimal, and traps on large ones.
        guard let id = node["id"]?.string.flatMap({ UInt64($0) }) else {
            throw ServerError(
                "\(path): nodes[\(position)]: a node needs an id, the number that `headscale nodes list` shows")
        }
        var result = Snapshot.Node(id: id)
        result.givenName = node["name"]?.string ?? ""
        result.hostname = node["hostname"]?.string ?? result.givenName
        result.user = node["user"]?.string ?? ""
        result.userID = users[result.user]
        for text in texts(node["addresses"]) {
            guard let address = IPAddress(text) else {
                throw ServerError("\(path): nodes[\(position)].addresses: \(text) is no IP address")
            }
            result.addresses.append(address)
        }
        result.tags = texts(node["tags"])
        result.registered = node["register_method"]?.string
        result.expiry.at = node["expiry"]?.string.flatMap(StateTime.seconds)
        result.approvedRoutes = texts(node["approved_routes"])
        return result
    }

    private func texts(_ node: Yams.Node?) -> [String] {
        node?.sequence.map { $0.compactMap(\.string) } ?? []
    }
}
