import Headscale

@testable import HeadscaleServer

/// An administrative action, and what the watcher has to say of it.
struct ScriptedAction: Sendable {
    let event: String
    /// A parameter that the record has to have.
    let parameter: (String, String)
    let versions: [SimulatedHeadscale.Version]
    let run: @Sendable (inout Snapshot) -> Void

    init(
        _ event: String, _ parameter: (String, String),
        _ versions: [SimulatedHeadscale.Version] = SimulatedHeadscale.Version.allCases,
        _ run: @escaping @Sendable (inout Snapshot) -> Void
    ) {
        self.event = event
        self.parameter = parameter
        self.versions = versions
        self.run = run
    }
}

/// What somebody does on Headscale's command line in a busy hour, in this order.
enum Script {
    private static let withPolicy: [SimulatedHeadscale.Version] = [.v26, .v28, .v29, .v30]
    private static let withMove: [SimulatedHeadscale.Version] = [.v22, .v26]

    static func actions(_ version: SimulatedHeadscale.Version) -> [ScriptedAction] {
        (users + names + tags + routes + expiries + preAuthKeys + apiKeys + policies + moves + clients + deletions)
            .filter { $0.versions.contains(version) }
    }

    private static let users: [ScriptedAction] = [
        ScriptedAction("user.created", ("user", "dave")) { $0.users.append(Snapshot.User(id: 4, name: "dave")) },
        ScriptedAction("user.created", ("user", "erin")) { $0.users.append(Snapshot.User(id: 5, name: "erin")) },
        ScriptedAction("user.created", ("user", "frank")) { $0.users.append(Snapshot.User(id: 6, name: "frank")) },
        ScriptedAction("user.renamed", ("new", "david")) { $0.users[3].name = "david" },
        ScriptedAction("user.renamed", ("new", "erina")) { $0.users[4].name = "erina" },
        ScriptedAction("user.deleted", ("user", "frank")) { $0.users.removeAll { $0.name == "frank" } },
        ScriptedAction("user.created", ("user", "grace")) { $0.users.append(Snapshot.User(id: 7, name: "grace")) },
        ScriptedAction("user.deleted", ("user", "grace")) { $0.users.removeAll { $0.name == "grace" } },
    ]

    private static let names: [ScriptedAction] = [
        ScriptedAction("node.registered", ("node_id", "13")) {
            var node = Snapshot.Node.example(13, "new1", user: 4, "david")
            node.registered = "cli"
            $0.nodes.append(node)
        },
        ScriptedAction("node.registered", ("node_id", "14")) {
            $0.nodes.append(.example(14, "new2", user: 5, "erina"))
        },
        ScriptedAction("node.renamed", ("new", "router")) { $0.nodes[0].givenName = "router" },
        ScriptedAction("node.renamed", ("new", "database")) { $0.nodes[1].givenName = "database" },
        ScriptedAction("node.renamed", ("new", "backup")) { $0.nodes[2].givenName = "backup" },
        ScriptedAction("node.renamed", ("new", "router-old")) { $0.nodes[0].givenName = "router-old" },
        ScriptedAction("node.renamed", ("new", "printer")) { $0.nodes[10].givenName = "printer" },
        ScriptedAction("node.renamed", ("new", "node12")) { $0.nodes[10].givenName = "node12" },
        ScriptedAction("node.renamed", ("new", "camera")) { $0.nodes[11].givenName = "camera" },
    ]

    private static let tags: [ScriptedAction] = [
        tagging(3, ["tag:ci"]), tagging(4, ["tag:web"]), tagging(5, ["tag:prod", "tag:web"]), tagging(3, ["tag:prod"]),
        tagging(4, ["tag:web", "tag:x"]), tagging(5, ["tag:web"]),
    ]

    /// From 0.28 on a node with tags has no user.
    private static func tagging(_ place: Int, _ tags: [String]) -> ScriptedAction {
        ScriptedAction("node.tagged", ("new", tags.joined(separator: ","))) { snapshot in
            snapshot.nodes[place].tags = tags
            (snapshot.nodes[place].userID, snapshot.nodes[place].user) = (nil, "")
        }
    }

    private static let routes: [ScriptedAction] = [
        ScriptedAction("route.announced", ("new", "10.0.0.0/8,192.0.2.0/24")) {
            $0.nodes[0].announcedRoutes = ["10.0.0.0/8", "192.0.2.0/24"]
        },
        ScriptedAction("route.approved", ("routes", "10.0.0.0/8")) { $0.nodes[0].approvedRoutes = ["10.0.0.0/8"] },
        ScriptedAction("route.approved", ("routes", "192.0.2.0/24")) {
            $0.nodes[0].approvedRoutes = ["10.0.0.0/8", "192.0.2.0/24"]
        },
        ScriptedAction("route.withdrawn", ("routes", "10.0.0.0/8")) { $0.nodes[0].approvedRoutes = ["192.0.2.0/24"] },
        ScriptedAction("route.approved", ("routes", "0.0.0.0/0,::/0")) {
            $0.nodes[6].approvedRoutes = ["0.0.0.0/0", "::/0"]
        },
        ScriptedAction("route.withdrawn", ("routes", "0.0.0.0/0,::/0")) { $0.nodes[6].approvedRoutes = [] },
    ]

    private static let expiries: [ScriptedAction] = [
        ScriptedAction("node.expired", ("node_id", "8")) { $0.nodes[7].expiry.at = 1_700_000_000 },
        ScriptedAction("node.expired", ("node_id", "9")) { $0.nodes[8].expiry.at = 1_700_000_001 },
        ScriptedAction("node.expiry.changed", ("node_id", "10")) { $0.nodes[9].expiry.at = 4_000_000_000 },
        ScriptedAction("node.expiry.changed", ("new", "never")) { $0.nodes[9].expiry.at = nil },
        ScriptedAction("node.expiry.changed", ("node_id", "8")) { $0.nodes[7].expiry.at = 4_000_000_000 },
        ScriptedAction("node.expired", ("node_id", "8")) { $0.nodes[7].expiry.at = 1_700_000_002 },
    ]

    private static func newKey(_ id: UInt64, _ kind: Snapshot.Key.Kind) -> ScriptedAction {
        ScriptedAction("key.created", ("key_id", "\(id)")) { $0.keys[kind]?.append(.simulated(id, kind)) }
    }

    private static func changeKey(
        _ event: String, _ id: UInt64, _ kind: Snapshot.Key.Kind,
        _ versions: [SimulatedHeadscale.Version] = SimulatedHeadscale.Version.allCases,
        _ change: @escaping @Sendable (inout Snapshot.Key) -> Void
    ) -> ScriptedAction {
        ScriptedAction(event, ("key_id", "\(id)"), versions) { snapshot in
            guard let place = snapshot.keys[kind]?.firstIndex(where: { $0.id == id }) else { return }
            change(&snapshot.keys[kind, default: []][place])
        }
    }

    private static func deleteKey(
        _ id: UInt64, _ kind: Snapshot.Key.Kind,
        _ versions: [SimulatedHeadscale.Version] = SimulatedHeadscale.Version.allCases
    ) -> ScriptedAction {
        ScriptedAction("key.deleted", ("key_id", "\(id)"), versions) { $0.keys[kind]?.removeAll { $0.id == id } }
    }

    private static let preAuthKeys: [ScriptedAction] = [
        newKey(20, .preAuth), newKey(21, .preAuth), newKey(22, .preAuth),
        changeKey("key.used", 20, .preAuth) { $0.isUsed = true },
        changeKey("key.used", 3, .preAuth) { $0.isUsed = true },
        changeKey("key.expired", 21, .preAuth) { $0.expiry.at = 1_700_000_000 },
        changeKey("key.expired", 4, .preAuth) { $0.expiry.at = 1_700_000_000 },
        changeKey("key.changed", 5, .preAuth) { $0.expiry.at = 4_000_000_500 },
        deleteKey(22, .preAuth), deleteKey(3, .preAuth), deleteKey(6, .preAuth),
    ]

    private static let apiKeys: [ScriptedAction] = [
        newKey(30, .api), newKey(31, .api), newKey(32, .api),
        changeKey("key.used", 30, .api) { $0.lastUsed = 1_790_000_000 },
        changeKey("key.used", 31, .api) { $0.lastUsed = 1_790_000_100 },
        changeKey("key.used", 30, .api) { $0.lastUsed = 1_790_090_000 },
        changeKey("key.expired", 31, .api) { $0.expiry.at = 1_700_000_000 },
        changeKey("key.expired", 4, .api) { $0.expiry.at = 1_700_000_000 },
        deleteKey(32, .api), deleteKey(5, .api),
    ]

    private static let policies: [ScriptedAction] = (1...4).map { number in
        ScriptedAction("policy.changed", ("lines_added", "1"), withPolicy) {
            $0.policy?.text += "// change \(number)\n"
            $0.policy?.updated = 1_790_000_000 + Int64(number)
        }
    }

    private static let moves: [ScriptedAction] = [
        ScriptedAction("node.moved", ("new", "carol"), withMove) {
            ($0.nodes[1].userID, $0.nodes[1].user) = (3, "carol")
        }
    ]

    private static let clients: [ScriptedAction] = [
        ScriptedAction("key.created", ("key_id", "40"), [.v30]) { $0.keys[.oauth]?.append(.simulated(40, .oauth)) },
        changeKey("key.changed", 1, .oauth, [.v30]) { $0.scopes = ["devices:core:read"] },
        changeKey("key.revoked", 40, .oauth, [.v30]) { $0.isRevoked = true },
        changeKey("key.revoked", 7, .preAuth, [.v30]) { $0.isRevoked = true },
        deleteKey(2, .oauth, [.v30]),
    ]

    private static let deletions: [ScriptedAction] = [
        ScriptedAction("node.deleted", ("node_id", "14")) { $0.nodes.removeAll { $0.id == 14 } },
        ScriptedAction("node.deleted", ("node_id", "13")) { $0.nodes.removeAll { $0.id == 13 } },
        ScriptedAction("node.deleted", ("node_id", "8")) { $0.nodes.removeAll { $0.id == 8 } },
        ScriptedAction("user.deleted", ("user", "erina")) { $0.users.removeAll { $0.name == "erina" } },
    ]
}
