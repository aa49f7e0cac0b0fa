/// A command that was run through sudo, as far as it may have changed something in Headscale.
struct ShellCommand {
    private let words: [Substring]

    init(_ text: String) {
        words = text.split { $0 == " " || $0 == "\"" || $0 == "'" }
    }

    /// Whether the command may have had the effect `event`: `headscale users create bob` makes a user, and
    /// `vi /etc/headscale/acl.hujson` may change the policy.
    func fits(_ event: StateEvent) -> Bool {
        let kind = event.rawValue.prefix { $0 != "." }
        var resources = Self.resources[kind, default: []]
        // Whoever deletes a user deletes what is the user's.
        if event.rawValue.hasSuffix(".deleted") { resources.formUnion(Self.users) }
        // Also in `docker exec headscale headscale …` and `sh -c 'headscale …'`.
        for index in words.indices where Self.name(words[index]) == "headscale" {
            let rest = words[(index + 1)...].filter { !$0.hasPrefix("-") }
            if rest.contains(where: { resources.contains($0) }),
                rest.contains(where: { Self.verbs.contains($0) })
            {
                return true
            }
        }
        return event == .policyChanged && mayChangeAFile
    }

    /// Whether a file or the service of Headscale's is named to a program that does more than show it.
    private var mayChangeAFile: Bool {
        guard let program = words.first.map(Self.name), program != "headscale", !Self.readers.contains(program) else {
            return false
        }
        if program == "systemctl" || program == "service" {
            return words.contains { $0.hasPrefix("headscale") }
                && words.contains { ["start", "restart", "reload", "reload-or-restart", "kill"].contains($0) }
        }
        return words.dropFirst().contains { $0.contains("headscale/") }
    }

    private static func name(_ word: Substring) -> Substring {
        word.lastIndex(of: "/").map { word[word.index(after: $0)...] } ?? word
    }

    private static let users: Set<Substring> = ["users", "user", "namespaces", "namespace", "ns"]
    private static let nodes: Set<Substring> = ["nodes", "node", "machines", "machine", "auth", "debug"]

    /// What the command line of 0.22 to 0.30 calls the things that an event is about.
    private static let resources: [Substring: Set<Substring>] = [
        "user": users, "node": nodes, "route": nodes.union(["routes", "route"]), "policy": ["policy", "policies"],
        "key": [
            "preauthkeys", "preauthkey", "authkey", "pre", "apikeys", "apikey", "api", "oauth", "oauth-clients",
        ],
    ]

    private static let verbs: Set<Substring> = [
        "create", "new", "c", "destroy", "delete", "del", "rename", "mv", "register", "expire", "logout", "exp", "e",
        "revoke", "move", "tag", "tags", "approve-routes", "backfillips", "enable", "disable", "set", "approve",
        "reject", "create-node",
    ]

    /// Programs that change nothing.
    private static let readers: Set<Substring> = [
        "cat", "less", "more", "head", "tail", "grep", "zgrep", "ls", "stat", "file", "diff", "cmp", "wc", "find",
        "journalctl", "sha256sum", "md5sum", "view", "tar", "test", "du", "getfacl", "lsof", "sqlite3",
    ]
}
