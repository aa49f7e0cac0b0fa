// Changes of pre-auth keys, API keys and OAuth clients.

extension SnapshotDifference {
    /// A use of an API key is told of when it was not used for so long before, in seconds: who uses it all the time
    /// would fill the log.
    static let silenceBeforeUse: Int64 = 3600

    mutating func compareKeys(_ old: Snapshot.Key?, _ new: Snapshot.Key?, _ kind: Snapshot.Key.Kind) {
        guard old != new else { return }
        switch (old, new) {
        case (nil, let new?):
            noteCreated(new, kind)
            var before = new
            (before.isUsed, before.isRevoked, before.expiry.isPast) = (false, false, false)
            compareUses(before, new, kind)
            compareEnds(before, new, kind)
        case (let old?, nil):
            append(
                Change(
                    .keyDeleted, Self.subject(old, kind), old: old.name(kind),
                    text: "\(kind.noun) \(old.name(kind)) was deleted", request: kind.deletion(old)))
        case (let old?, let new?):
            compareUses(old, new, kind)
            compareEnds(old, new, kind)
            compareRest(old, new, kind)
        case (nil, nil): break
        }
    }

    private mutating func noteCreated(_ key: Snapshot.Key, _ kind: Snapshot.Key.Kind) {
        let isPreAuth = kind == .preAuth
        append(
            Change(
                .keyCreated, Self.subject(key, kind), new: key.name(kind),
                details: [
                    .init("reusable", isPreAuth ? "\(key.isReusable)" : ""),
                    .init("ephemeral", isPreAuth ? "\(key.isEphemeral)" : ""),
                    .init("tags", key.tags.joined(separator: ",")), .init("scopes", key.scopes.joined(separator: ",")),
                    .init("expiry", kind == .oauth ? "" : Self.text(key.expiry)),
                    .init("description", key.description),
                ],
                text: "\(kind.noun) \(key.name(kind)) was created\(key.user.isEmpty ? "" : " for user \(key.user)")",
                request: kind.creation))
    }

    private mutating func compareUses(_ old: Snapshot.Key, _ new: Snapshot.Key, _ kind: Snapshot.Key.Kind) {
        if !old.isUsed, new.isUsed {
            append(
                Change(
                    .keyUsed, Self.subject(new, kind), old: "unused", new: "used",
                    text: "\(kind.noun) \(new.name(kind)) was used"))
        }
        if let used = new.lastUsed, old.lastUsed.map({ used - $0 >= Self.silenceBeforeUse }) ?? true {
            append(
                Change(
                    .keyUsed, Self.subject(new, kind), old: old.lastUsed.map { StateTime.text($0) } ?? "never",
                    new: StateTime.text(used), text: "\(kind.noun) \(new.name(kind)) was used"))
        }
    }

    private mutating func compareEnds(_ old: Snapshot.Key, _ new: Snapshot.Key, _ kind: Snapshot.Key.Kind) {
        if !old.isRevoked, new.isRevoked {
            append(
                Change(
                    .keyRevoked, Self.subject(new, kind), old: "valid", new: "revoked",
                    text: "\(kind.noun) \(new.name(kind)) was revoked", request: kind.revocation(new)))
        } else if !old.expiry.isPast, new.expiry.isPast {
            let isSet = old.expiry.at != new.expiry.at
            append(
                Change(
                    .keyExpired, Self.subject(new, kind), old: Self.text(old.expiry), new: Self.text(new.expiry),
                    text: "\(kind.noun) \(new.name(kind)) has expired\(isSet ? ": its time was brought forward" : "")",
                    request: isSet ? kind.revocation(new) : nil))
        } else if old.expiry.at != new.expiry.at {
            noteProperty("expiry", Self.text(old.expiry), Self.text(new.expiry), of: new, kind)
        }
    }

    private mutating func compareRest(_ old: Snapshot.Key, _ new: Snapshot.Key, _ kind: Snapshot.Key.Kind) {
        let properties: [(String, (Snapshot.Key) -> String)] = [
            ("tags", { $0.tags.joined(separator: ",") }), ("scopes", { $0.scopes.joined(separator: ",") }),
            ("description", \.description), ("user", \.user), ("reusable", { "\($0.isReusable)" }),
            ("ephemeral", { "\($0.isEphemeral)" }),
        ]
        for (name, value) in properties where value(old) != value(new) {
            noteProperty(name, value(old), value(new), of: new, kind)
        }
    }

    private mutating func noteProperty(
        _ name: String, _ old: String, _ new: String, of key: Snapshot.Key, _ kind: Snapshot.Key.Kind
    ) {
        append(
            Change(
                .keyChanged, Self.subject(key, kind), old: old, new: new, details: [.init("property", name)],
                text: "the \(name) of \(kind.noun) \(key.name(kind)) changed"))
    }

    private static func subject(_ key: Snapshot.Key, _ kind: Snapshot.Key.Kind) -> [Change.Parameter] {
        [
            .init("kind", kind.rawValue), .init("key_id", "\(key.id)"), .init("key_prefix", key.prefix ?? ""),
            .init("user", key.user),
        ]
    }
}

extension Snapshot.Key {
    /// What a person calls it: never its secret.
    func name(_ kind: Kind) -> String { prefix ?? "\(id)" }
}

extension Snapshot.Key.Kind {
    var noun: String {
        switch self {
        case .preAuth: "pre-auth key"
        case .api: "API key"
        case .oauth: "OAuth client"
        }
    }

    var creation: RequestShape {
        switch self {
        case .preAuth: RequestShape("POST /api/v1/preauthkey", "POST /api/v2/tailnet/-/keys")
        case .api: RequestShape("POST /api/v1/apikey")
        case .oauth: RequestShape("POST /api/v2/tailnet/-/keys")
        }
    }

    func revocation(_ key: Snapshot.Key) -> RequestShape {
        switch self {
        case .preAuth: RequestShape("POST /api/v1/preauthkey/expire", "DELETE /api/v2/tailnet/-/keys/\(key.id)")
        case .api: RequestShape("POST /api/v1/apikey/expire")
        case .oauth: RequestShape("DELETE /api/v2/tailnet/-/keys/*")
        }
    }

    func deletion(_ key: Snapshot.Key) -> RequestShape {
        switch self {
        case .preAuth: RequestShape("DELETE /api/v1/preauthkey", "DELETE /api/v2/tailnet/-/keys/\(key.id)")
        case .api: RequestShape("DELETE /api/v1/apikey/\(key.prefix ?? "")")
        case .oauth: RequestShape("DELETE /api/v2/tailnet/-/keys/*")
        }
    }
}
