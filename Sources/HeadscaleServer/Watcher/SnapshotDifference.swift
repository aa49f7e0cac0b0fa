/// What changed between two snapshots of one server. A pure function of the two; linear in their sizes, but for the
/// policy's text.
struct SnapshotDifference {
    private(set) var changes: [Change] = []

    /// `new` has to be complete (``Snapshot/complete(from:)``) and judged (``Snapshot/judgeExpiries(at:after:)``).
    init(from old: Snapshot, to new: Snapshot) {
        Self.pair(old.users, new.users, by: \.id) { compareUsers($0, $1) }
        Self.pair(old.nodes, new.nodes, by: \.id) { compareNodes($0, $1) }
        for kind in Snapshot.Key.Kind.allCases {
            guard let before = old.keys[kind], let after = new.keys[kind] else { continue }
            Self.pair(before, after, by: \.id) { compareKeys($0, $1, kind) }
        }
        comparePolicies(old.policy, new.policy)
    }

    /// Calls `body` with what has the same id in both lists, which are sorted by it, and with nil for what only one has.
    private static func pair<Element>(
        _ old: [Element], _ new: [Element], by id: KeyPath<Element, UInt64>, _ body: (Element?, Element?) -> Void
    ) {
        var (left, right) = (old[...], new[...])
        while let first = left.first, let second = right.first {
            if first[keyPath: id] <= second[keyPath: id] { left.removeFirst() }
            if second[keyPath: id] <= first[keyPath: id] { right.removeFirst() }
            body(
                first[keyPath: id] <= second[keyPath: id] ? first : nil,
                second[keyPath: id] <= first[keyPath: id] ? second : nil)
        }
        for element in left { body(element, nil) }
        for element in right { body(nil, element) }
    }

    mutating func append(_ change: Change) { changes.append(change) }

    // MARK: - Users

    private mutating func compareUsers(_ old: Snapshot.User?, _ new: Snapshot.User?) {
        guard old != new else { return }
        switch (old, new) {
        case (nil, let new?):
            append(
                Change(
                    .userCreated, Self.subject(new), new: new.name,
                    details: [.init("email", new.email), .init("provider", new.provider)],
                    text: "user \(new.name) was created", request: RequestShape("POST /api/v1/user")))
        case (let old?, nil):
            append(
                Change(
                    .userDeleted, Self.subject(old), old: old.name, text: "user \(old.name) was deleted",
                    request: RequestShape("DELETE /api/v1/user/\(old.id)", "DELETE /api/v1/user/\(old.name)")))
        case (let old?, let new?): compareUsers(old, new)
        case (nil, nil): break
        }
    }

    private mutating func compareUsers(_ old: Snapshot.User, _ new: Snapshot.User) {
        if old.name != new.name {
            append(
                Change(
                    .userRenamed, Self.subject(new), old: old.name, new: new.name,
                    text: "user \(old.name) was renamed to \(new.name)",
                    request: RequestShape(
                        "POST /api/v1/user/\(new.id)/rename/*", "POST /api/v1/user/\(old.name)/rename/*")))
        }
        let properties: [(String, KeyPath<Snapshot.User, String>)] = [
            ("display name", \.displayName), ("e-mail", \.email), ("provider", \.provider),
            ("identity at the provider", \.providerID),
        ]
        for (name, path) in properties where old[keyPath: path] != new[keyPath: path] {
            append(
                Change(
                    .userChanged, Self.subject(new), old: old[keyPath: path], new: new[keyPath: path],
                    details: [.init("property", name)], text: "the \(name) of user \(new.name) changed"))
        }
    }

    private static func subject(_ user: Snapshot.User) -> [Change.Parameter] {
        [.init("user", user.name), .init("user_id", "\(user.id)")]
    }

    // MARK: - Policy

    private mutating func comparePolicies(_ old: Snapshot.Policy?, _ new: Snapshot.Policy?) {
        guard let old, let new, old != new else { return }
        let isSetAgain = old.updated != new.updated && old.updated != nil && new.updated != nil
        guard old.text != new.text || isSetAgain else { return }
        let diff = UnifiedDiff(from: old.text, to: new.text)
        append(
            Change(
                .policyChanged, [],
                details: [
                    .init("lines_added", "\(diff.added)"), .init("lines_removed", "\(diff.removed)"),
                    .init("diff", diff.text), .init("diff_cut", diff.isCut ? "true" : ""),
                ],
                text: old.text == new.text
                    ? "the policy was set again, to the same text"
                    : "the policy changed: \(diff.added) lines added, \(diff.removed) removed",
                request: RequestShape("PUT /api/v1/policy", "POST /api/v2/tailnet/-/acl")))
    }
}
