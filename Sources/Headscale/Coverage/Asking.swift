/// What of Headscale Waxwing is set up to find out by asking.
public struct Asking: Sendable, Equatable {
    /// Where the watcher reads the state.
    public enum Watch: Sendable, CaseIterable {
        /// The API's version 1, with an API key or over the socket.
        case api
        /// The API's version 2, as an OAuth client.
        case oauth
        case database
        /// A YAML file that somebody keeps.
        case file
    }

    /// Nil if nothing is watched.
    public var watch: Watch?
    /// Whether the server's health is looked at.
    public var health: Bool

    public init(watch: Watch? = nil, health: Bool = false) {
        self.watch = watch
        self.health = health
    }

    /// Whether it finds out what `row` is about.
    func findsOut(_ row: CoverageRow) -> Bool {
        switch row.asked {
        case .health: health
        case .watcher: watch?.sees(row) ?? false
        default: false
        }
    }

    /// What is not set up, and what is not seen by way of what is.
    var warnings: [String] {
        var warnings: [String] = []
        switch watch {
        case nil:
            warnings.append("The watcher is not set up: `headscale.api` or `headscale.database` says where it looks.")
        case .api: warnings.append("Version 1 of the API has no list of OAuth clients: their changes are not seen.")
        case .oauth: warnings.append("Version 2 of the API has no list of API keys: their changes are not seen.")
        case .database:
            warnings.append(
                "The database has the policy only with `policy.mode: database`: changes of a file are not seen.")
        case .file: warnings.append("The file has users and nodes: changes of keys and of the policy are not seen.")
        }
        if !health { warnings.append("The server's health is not looked at: `headscale.health` says where.") }
        return warnings
    }
}

extension Asking.Watch {
    fileprivate func sees(_ row: CoverageRow) -> Bool {
        let event = row.events.first ?? ""
        switch self {
        case .api, .oauth: return true
        // Not the policy that Headscale reads from a file.
        case .database: return event != "policy.changed" || row.events.count > 1
        case .file:
            let isMissing = event == "node.key.changed" || event == "route.announced"
            return !isMissing && !event.hasPrefix("key.") && !event.hasPrefix("policy.")
        }
    }
}
