/// What a field of a Headscale record says, whatever it was called in its version, and the parameter of the `headscale`
/// element that it becomes.
enum Field: UInt8, CaseIterable {
    case user, userID, oidcUser, oldUser, newUser
    case nodeID, node, machineKey, sourceNodeID, destinationNodeID, localUser
    case remote, method, path, status, bytes, elapsed
    case authID, error, code, version, commit, clientVersion, caller
    case tags, oldTags, newTags, rejectedTags
    case policyChanged, routesApproved, routesOld, routesNew
    case keyID, keyUsed, keyPrefix
    case reason, component, database, signal
    // No parameters of their own name.
    case level, time, message, sql

    /// What opens the parameter, a space, its PARAM-NAME, `=` and a quote; nil for what is written in a way of its own.
    var opening: StaticString? {
        switch self {
        case .user: #" user=""#
        case .userID: #" user_id=""#
        case .oidcUser: #" oidc_user=""#
        case .oldUser: #" old_user=""#
        case .newUser: #" new_user=""#
        case .nodeID: #" node_id=""#
        case .node: #" node=""#
        case .sourceNodeID: #" src_node_id=""#
        case .destinationNodeID: #" dst_node_id=""#
        case .localUser: #" local_user=""#
        case .method: #" method=""#
        case .path: #" path=""#
        case .status: #" status=""#
        case .bytes: #" bytes=""#
        case .elapsed: #" elapsed=""#
        case .error: #" error=""#
        case .code: #" code=""#
        case .version: #" version=""#
        case .commit: #" commit=""#
        case .clientVersion: #" client_version=""#
        case .tags: #" tags=""#
        case .oldTags: #" old_tags=""#
        case .newTags: #" new_tags=""#
        case .rejectedTags: #" rejected_tags=""#
        case .policyChanged: #" policy_changed=""#
        case .routesApproved: #" routes_approved=""#
        case .routesOld: #" routes_old=""#
        case .routesNew: #" routes_new=""#
        case .keyID: #" key_id=""#
        case .keyUsed: #" key_used=""#
        case .keyPrefix: #" key_prefix=""#
        case .reason: #" reason=""#
        case .component: #" component=""#
        case .database: #" database=""#
        case .signal: #" signal=""#
        case .machineKey, .remote, .authID, .caller, .level, .time, .message, .sql: nil
        }
    }

    /// The names under which Headscale has written it, from 0.22 on. Of several in one record the one further to the
    /// front counts.
    var names: [StaticString] {
        switch self {
        case .user: ["user.name", "user", "username", "userName"]
        case .userID: ["user.id", "user_id"]
        case .oidcUser: ["oidc_user"]
        case .oldUser: ["old.user", "previous.user", "old_username"]
        case .newUser: ["new.user", "new_name"]
        case .nodeID: ["node.id", "node_id", "machineId", "existing.node.id"]
        case .node: ["node.name", "node", "machine", "node.hostname", "hostname", "existing.node.name"]
        case .machineKey: ["machine.key", "machine_key", "incoming.machine_key"]
        case .sourceNodeID: ["src_node_id"]
        case .destinationNodeID: ["dst_node_id"]
        case .localUser: ["local_user"]
        case .remote: ["remote", "client_address", "remote_addr", "ip"]
        case .method: ["method", "registrationMethod"]
        case .path: ["path"]
        case .status: ["status", "status_code"]
        case .bytes: ["bytes"]
        case .elapsed: ["elapsed", "dur"]
        case .authID: ["auth_id", "registration_id", "registration_key"]
        case .error: ["error"]
        case .code: ["code"]
        case .version: ["version"]
        case .commit: ["commit"]
        case .clientVersion: ["client_version"]
        case .caller: ["caller"]
        case .tags: ["node.tags", "tags", "aclTags"]
        case .oldTags: ["old.tags", "current.tags", "existing_tags"]
        case .newTags: ["new.tags", "request_tags"]
        case .rejectedTags: ["rejected.tags", "rejected_tags"]
        case .policyChanged: ["policy.changed"]
        case .routesApproved: ["routes.approved", "approvedRoutes", "autoApprovedRoutes"]
        case .routesOld: ["routes.approved.old", "oldApprovedRoutes"]
        case .routesNew: ["routes.approved.new", "newApprovedRoutes"]
        case .keyID: ["pak.id", "authkey.id"]
        case .keyUsed: ["pak.used", "authkey.used"]
        case .keyPrefix: ["pak.prefix", "prefix"]
        case .reason: ["reason"]
        case .component: ["component"]
        case .database: ["database"]
        case .signal: ["signal"]
        case .level: ["level"]
        case .time: ["time"]
        case .message: ["message"]
        case .sql: ["sql"]
        }
    }

    /// Which of a field's names nobody else uses, by field: bit n is set for the n-th of its names. A name with a dot is one
    /// of Headscale's structured fields; `client_address` and a few more are its own words.
    static let ownNames: [UInt8] = allCases.map { field in
        field.names.enumerated().reduce(0) { own, name in
            let text = FixedText(name.element)
            let isOwn = text.bytes.first(UInt8(ascii: "."), in: 0..<text.count) < text.count
            return isOwn || ownWords.contains { text == $0 } ? own | 1 << UInt8(name.offset) : own
        }
    }

    private static let ownWords: [StaticString] = [
        "client_address", "registration_id", "registration_key", "registrationMethod", "src_node_id", "dst_node_id",
        "approvedRoutes", "autoApprovedRoutes", "oldApprovedRoutes", "newApprovedRoutes", "aclTags",
    ]

    static let count = allCases.count

    /// The field's place in a set of fields.
    @inline(__always) var bit: UInt64 { 1 << UInt64(rawValue) }
}
