// Changes of nodes and of their routes.

extension SnapshotDifference {
    mutating func compareNodes(_ old: Snapshot.Node?, _ new: Snapshot.Node?) {
        guard old != new else { return }
        switch (old, new) {
        case (nil, let new?): noteRegistered(new)
        case (let old?, nil):
            append(
                Change(
                    .nodeDeleted, Self.subject(old), old: old.name, text: "node \(old.name) was deleted",
                    request: RequestShape(
                        "DELETE /api/v1/node/\(old.id)", "DELETE /api/v1/machine/\(old.id)",
                        "DELETE /api/v2/device/\(old.id)")))
        case (let old?, let new?):
            compareNames(old, new)
            compareOwners(old, new)
            compareExpiry(old, new)
            compareRoutes(old, new)
            compareRest(old, new)
        case (nil, nil): break
        }
    }

    private mutating func noteRegistered(_ node: Snapshot.Node) {
        append(
            Change(
                .nodeRegistered, Self.subject(node), new: node.name,
                details: Self.details(node),
                text: "node \(node.name) was registered" + (node.user.isEmpty ? "" : " for user \(node.user)"),
                request: RequestShape("POST /api/v1/node/register", "POST /api/v1/machine/register")))
        var before = node
        before.approvedRoutes = []
        before.expiry = Snapshot.Expiry()
        compareRoutes(before, node)
        if node.expiry.isPast { compareExpiry(before, node) }
    }

    private mutating func compareNames(_ old: Snapshot.Node, _ new: Snapshot.Node) {
        if old.givenName != new.givenName {
            append(
                Change(
                    .nodeRenamed, Self.subject(new), old: old.givenName, new: new.givenName,
                    text: "node \(old.name) was renamed to \(new.name)",
                    request: RequestShape(
                        "POST /api/v1/node/\(new.id)/rename/*", "POST /api/v1/machine/\(new.id)/rename/*",
                        "POST /api/v2/device/\(new.id)/name")))
        }
        if old.hostname != new.hostname {
            noteProperty("host name", old.hostname, new.hostname, of: new)
        }
    }

    /// A node that is given tags belongs to them from then on, and to no user: that is one change, not two.
    private mutating func compareOwners(_ old: Snapshot.Node, _ new: Snapshot.Node) {
        if old.tags != new.tags {
            append(
                Change(
                    .nodeTagged, Self.subject(new), old: old.tags.joined(separator: ","),
                    new: new.tags.joined(separator: ","),
                    details: [.init("old_user", old.userID != nil && new.userID == nil ? old.user : "")],
                    text: "the tags of node \(new.name) changed",
                    request: RequestShape(
                        "POST /api/v1/node/\(new.id)/tags", "POST /api/v1/machine/\(new.id)/tags",
                        "POST /api/v2/device/\(new.id)/tags")))
        } else if old.userID != new.userID {
            append(
                Change(
                    .nodeMoved, Self.subject(new), old: old.user, new: new.user,
                    text: "node \(new.name) was moved\(old.user.isEmpty ? "" : " from user \(old.user)")"
                        + (new.user.isEmpty ? "" : " to user \(new.user)"),
                    request: RequestShape(
                        "POST /api/v1/node/\(new.id)/user", "POST /api/v1/machine/\(new.id)/user")))
        }
    }

    private mutating func compareExpiry(_ old: Snapshot.Node, _ new: Snapshot.Node) {
        guard old.expiry != new.expiry else { return }
        let isOver = new.expiry.isPast && !(old.expiry.isPast && old.expiry.at == new.expiry.at)
        let request = RequestShape(
            "POST /api/v1/node/\(new.id)/expire", "POST /api/v1/machine/\(new.id)/expire",
            "POST /api/v2/device/\(new.id)/key")
        append(
            Change(
                isOver ? .nodeExpired : .nodeExpiryChanged, Self.subject(new), old: Self.text(old.expiry),
                new: Self.text(new.expiry),
                text: isOver
                    ? "the key of node \(new.name) has expired\(old.expiry.at == new.expiry.at ? "" : ": its time was brought forward")"
                    : "the time at which the key of node \(new.name) expires changed",
                request: old.expiry.at == new.expiry.at ? nil : request))
    }

    private mutating func compareRoutes(_ old: Snapshot.Node, _ new: Snapshot.Node) {
        if old.announcedRoutes != new.announcedRoutes {
            noteRoutes(.routeAnnounced, new, old.announcedRoutes, new.announcedRoutes, [], "announces other routes")
        }
        guard old.approvedRoutes != new.approvedRoutes else { return }
        let (before, after) = (Set(old.approvedRoutes), Set(new.approvedRoutes))
        let approved = new.approvedRoutes.filter { !before.contains($0) }
        let withdrawn = old.approvedRoutes.filter { !after.contains($0) }
        if !approved.isEmpty {
            noteRoutes(
                .routeApproved, new, old.approvedRoutes, new.approvedRoutes, approved,
                "may route \(approved.joined(separator: ", "))")
        }
        if !withdrawn.isEmpty {
            noteRoutes(
                .routeWithdrawn, new, old.approvedRoutes, new.approvedRoutes, withdrawn,
                "may no longer route \(withdrawn.joined(separator: ", "))")
        }
    }

    private mutating func noteRoutes(
        _ event: StateEvent, _ node: Snapshot.Node, _ old: [String], _ new: [String], _ routes: [String],
        _ text: String
    ) {
        append(
            Change(
                event, Self.subject(node), old: old.joined(separator: ","), new: new.joined(separator: ","),
                details: [.init("routes", routes.joined(separator: ","))], text: "node \(node.name) \(text)",
                request: event == .routeAnnounced
                    ? nil
                    : RequestShape(
                        "POST /api/v1/node/\(node.id)/approve_routes", "POST /api/v2/device/\(node.id)/routes",
                        event == .routeApproved ? "POST /api/v1/routes/*/enable" : "POST /api/v1/routes/*/disable")))
    }

    private mutating func compareRest(_ old: Snapshot.Node, _ new: Snapshot.Node) {
        if old.addresses != new.addresses {
            append(
                Change(
                    .nodeAddressChanged, Self.subject(new),
                    old: old.addresses.map(\.description).joined(separator: ","),
                    new: new.addresses.map(\.description).joined(separator: ","),
                    text: "the addresses of node \(new.name) changed",
                    request: RequestShape("POST /api/v1/node/backfillips")))
        }
        if old.nodeKey != new.nodeKey, old.nodeKey != 0, new.nodeKey != 0 {
            append(
                Change(
                    .nodeKeyChanged, Self.subject(new), old: old.shortKey, new: new.shortKey,
                    text: "node \(new.name) has a new key"))
        }
        if old.registered != new.registered, let before = old.registered, let after = new.registered {
            noteProperty("register method", before, after, of: new)
        }
    }

    private mutating func noteProperty(_ name: String, _ old: String, _ new: String, of node: Snapshot.Node) {
        append(
            Change(
                .nodeChanged, Self.subject(node), old: old, new: new, details: [.init("property", name)],
                text: "the \(name) of node \(node.name) changed"))
    }

    private static func subject(_ node: Snapshot.Node) -> [Change.Parameter] {
        [
            .init("node_id", "\(node.id)"), .init("node", node.hostname), .init("node_name", node.givenName),
            .init("node_user", node.user),
        ]
    }

    private static func details(_ node: Snapshot.Node) -> [Change.Parameter] {
        [
            .init("node_ip", node.addresses.map(\.description).joined(separator: ",")),
            .init("node_tags", node.tags.joined(separator: ",")),
            .init("node_registered", node.registered ?? ""),
            .init("node_expiry", node.expiry.at.map { StateTime.text($0) } ?? ""),
            .init("key_id", node.authKeyID.map { "\($0)" } ?? ""),
        ]
    }

    static func text(_ expiry: Snapshot.Expiry) -> String { expiry.at.map { StateTime.text($0) } ?? "never" }
}

extension Snapshot.Node {
    /// What a person calls it.
    var name: String { givenName.isEmpty ? hostname.isEmpty ? "\(id)" : hostname : givenName }

    /// The beginning of its public key.
    fileprivate var shortKey: String {
        let digits = String(nodeKey, radix: 16)
        return "nodekey:\(String(repeating: "0", count: 16 - digits.utf8.count))\(digits)…"
    }
}
