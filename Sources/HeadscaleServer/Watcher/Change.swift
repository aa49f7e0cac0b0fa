/// What the watcher tells of, by the names of the list of events.
enum StateEvent: String, CaseIterable {
    case userCreated = "user.created"
    case userRenamed = "user.renamed"
    case userChanged = "user.changed"
    case userDeleted = "user.deleted"
    case nodeRegistered = "node.registered"
    case nodeRenamed = "node.renamed"
    case nodeMoved = "node.moved"
    case nodeTagged = "node.tagged"
    case nodeExpired = "node.expired"
    case nodeExpiryChanged = "node.expiry.changed"
    case nodeKeyChanged = "node.key.changed"
    case nodeAddressChanged = "node.address.changed"
    case nodeChanged = "node.changed"
    case nodeDeleted = "node.deleted"
    case routeAnnounced = "route.announced"
    case routeApproved = "route.approved"
    case routeWithdrawn = "route.withdrawn"
    case keyCreated = "key.created"
    case keyUsed = "key.used"
    case keyExpired = "key.expired"
    case keyChanged = "key.changed"
    case keyRevoked = "key.revoked"
    case keyDeleted = "key.deleted"
    case policyChanged = "policy.changed"
    case watcherBaseline = "watcher.baseline"
    case watcherBlind = "watcher.blind"
    case watcherRecovered = "watcher.recovered"

    var category: String {
        switch self {
        case .nodeRegistered, .nodeMoved: "registration"
        case .nodeTagged, .routeAnnounced, .routeApproved, .routeWithdrawn: "authorization"
        case .nodeExpired, .nodeDeleted, .nodeKeyChanged: "session"
        case .keyUsed: "authentication"
        case .policyChanged: "policy"
        default: "administration"
        }
    }

    /// PRI's severity: what gives or takes access is a notice, the rest informational.
    var severity: Int {
        switch self {
        case .watcherBlind: 4
        case .userChanged, .nodeExpiryChanged, .nodeKeyChanged, .nodeAddressChanged, .nodeChanged, .routeAnnounced,
            .keyUsed, .keyChanged, .watcherBaseline:
            6
        default: 5
        }
    }
}

/// One thing that is not as it was before.
struct Change: Equatable {
    let event: StateEvent
    /// Whom or what it concerns, as parameters of the record.
    let subject: [Parameter]
    let old: String?
    let new: String?
    /// More that there is to say of it.
    let details: [Parameter]
    /// What a person reads.
    let text: String
    /// The request of Headscale's API that would have this effect; nil if there is none.
    let request: RequestShape?

    struct Parameter: Equatable {
        let name: String
        let value: String

        init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    init(
        _ event: StateEvent, _ subject: [Parameter], old: String? = nil, new: String? = nil,
        details: [Parameter] = [], text: String, request: RequestShape? = nil
    ) {
        self.event = event
        self.subject = subject.filter { !$0.value.isEmpty }
        self.old = old
        self.new = new
        self.details = details.filter { !$0.value.isEmpty }
        self.text = text
        self.request = request
    }
}
