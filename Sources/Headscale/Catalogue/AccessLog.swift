/// What a line of Headscale's access log tells (`http request`, 0.29 on): its meaning is in method, path and status.
///
/// The path is whatever a client asked for. It is only compared, from the front, so that a path of any length costs
/// no more than a short one.
enum AccessLog {
    /// The meaning of a request that was answered with `status`; 0 stands for a status that cannot be read.
    static func classify(
        _ text: RawSpan, method: Range<Int>, path: Range<Int>, status: Int
    ) -> Meaning {
        let request = AccessRequest(text, method: method, path: path, status: status)
        var segments = PathSegments(text, path)
        switch segments.next() {
        case "api": return api(request, &segments)
        case "oidc": return oidc(request, &segments)
        case "register": return request.tells("node.registration.page", .node, .registration, security: true)
        case "auth": return request.tells("auth.page", .auth, .authentication, security: true)
        case "machine": return machine(request, &segments)
        case "ts2021": return request.tells("http.tunnel", .http, .http)
        case "health": return request.tells("http.health", .http, .http)
        default: return other(request)
        }
    }

    /// Whether the request, if it was granted, changed something through the API.
    static func isChange(_ text: RawSpan, method: Range<Int>, path: Range<Int>) -> Bool {
        !text.isWord("get", method) && !text.isWord("head", method) && text.has("/api/", at: path.lowerBound)
    }

    /// A request of which nothing more particular is known: a path that does not exist is a scanner's, as a rule.
    private static func other(_ request: AccessRequest) -> Meaning {
        switch request.status {
        case 404, 405: request.tells("http.probe", .http, .http)
        case 400...: request.tells("http.error", .http, .http)
        default: request.tells("http.request", .http, .http)
        }
    }

    // MARK: - Nodes and users

    private static func machine(_ request: AccessRequest, _ segments: inout PathSegments) -> Meaning {
        switch segments.next() {
        case "register": request.tells("node.registration.request", .node, .http, security: true)
        case "map": request.tells("http.map", .http, .http)
        default: other(request)
        }
    }

    private static func oidc(_ request: AccessRequest, _ segments: inout PathSegments) -> Meaning {
        guard segments.next() == "callback" else {
            return request.tells("node.registration.page", .node, .registration, security: true)
        }
        let event: StaticString =
            switch request.status {
            case 401: "oidc.denied"
            case 410: "oidc.session.expired"
            case 400...: "oidc.failure"
            default: "oidc.login"
            }
        return request.tells(event, .oidc, .authentication, security: true)
    }

    // MARK: - The API

    private static func api(_ request: AccessRequest, _ segments: inout PathSegments) -> Meaning {
        let isVersion2 = segments.next() == "v2"
        let resource = segments.next()
        if isVersion2, resource == "oauth" {
            let event: StaticString =
                switch request.status {
                case ..<400: "api.token.issued"
                case ..<500: "api.auth.failure"
                default: "http.error"
                }
            return request.tells(event, .auth, .authentication, security: true)
        }
        switch request.status {
        case 401: return request.tells("api.auth.failure", .auth, .authentication, security: true)
        case 403: return request.tells("api.denied", .auth, .authorization, security: true)
        default: break
        }
        guard request.isWrite else {
            return resource == "health"
                ? request.tells("http.health", .http, .http) : request.tells("api.request", .http, .http)
        }
        let change =
            isVersion2 ? changeOfVersion2(request, resource, &segments) : changeOfVersion1(request, resource, &segments)
        return change == .policySet
            ? request.tells(change.name, .policy, .policy, security: true)
            : request.tells(change.name, .http, .administration, security: true)
    }

    /// A change through version 1 of the API.
    private static func changeOfVersion1(
        _ request: AccessRequest, _ resource: PathSegments.Segment, _ segments: inout PathSegments
    ) -> Change {
        let first = segments.next()
        let second = segments.next()
        switch resource {
        case "user": return user(request, first, second)
        case "node", "machine": return node(request, first, second)
        case "apikey", "preauthkey": return key(request, action: first)
        case "policy": return .policySet
        case "auth":
            switch first {
            case "register": return .nodeRegister
            case "approve": return .authApprove
            case "reject": return .authReject
            default: return .other
            }
        default: return .other
        }
    }

    /// A change through version 2, which has the shape of Tailscale's.
    private static func changeOfVersion2(
        _ request: AccessRequest, _ resource: PathSegments.Segment, _ segments: inout PathSegments
    ) -> Change {
        let first = segments.next()
        let second = segments.next()
        switch resource {
        case "tailnet":
            switch second {
            case "keys": return key(request, action: segments.next())
            case "acl": return segments.next() == "" ? .policySet : .other
            case "users": return user(request, segments.next(), segments.next())
            case "devices": return node(request, segments.next(), segments.next())
            default: return .other
            }
        case "device": return node(request, first, second)
        case "users": return user(request, first, second)
        default: return .other
        }
    }

    private static func user(
        _ request: AccessRequest, _ first: PathSegments.Segment, _ second: PathSegments.Segment
    ) -> Change {
        if second == "rename" { return .userRename }
        if request.isDelete || second == "delete" { return .userDelete }
        return first == "" ? .userCreate : .userChange
    }

    private static func node(
        _ request: AccessRequest, _ first: PathSegments.Segment, _ second: PathSegments.Segment
    ) -> Change {
        if first == "register" { return .nodeRegister }
        switch second {
        case "expire": return .nodeExpire
        case "rename", "name": return .nodeRename
        case "tags": return .nodeTag
        case "user": return .nodeMove
        case "approve_routes", "routes": return .nodeRoutes
        default: return request.isDelete ? .nodeDelete : .nodeChange
        }
    }

    private static func key(_ request: AccessRequest, action: PathSegments.Segment) -> Change {
        if request.isDelete { return .keyDelete }
        switch action {
        case "": return .keyCreate
        case "expire": return .keyExpire
        default: return .other
        }
    }
}

/// What an administrative request asks for.
private enum Change {
    case userCreate, userRename, userDelete, userChange
    case nodeRegister, nodeRename, nodeDelete, nodeExpire, nodeTag, nodeMove, nodeRoutes, nodeChange
    case keyCreate, keyExpire, keyDelete
    case authApprove, authReject
    case policySet
    case other

    var name: StaticString {
        switch self {
        case .userCreate: "api.user.create"
        case .userRename: "api.user.rename"
        case .userDelete: "api.user.delete"
        case .userChange: "api.user.change"
        case .nodeRegister: "api.node.register"
        case .nodeRename: "api.node.rename"
        case .nodeDelete: "api.node.delete"
        case .nodeExpire: "api.node.expire"
        case .nodeTag: "api.node.tag"
        case .nodeMove: "api.node.move"
        case .nodeRoutes: "api.node.routes"
        case .nodeChange: "api.node.change"
        case .keyCreate: "api.key.create"
        case .keyExpire: "api.key.expire"
        case .keyDelete: "api.key.delete"
        case .authApprove: "api.auth.approve"
        case .authReject: "api.auth.reject"
        case .policySet: "api.policy.set"
        case .other: "api.write"
        }
    }
}

/// Method and status of a request, as far as they matter.
private struct AccessRequest {
    let status: Int
    let isWrite: Bool
    let isDelete: Bool

    init(_ text: RawSpan, method: Range<Int>, path: Range<Int>, status: Int) {
        self.status = status
        isDelete = text.isWord("delete", method)
        isWrite =
            isDelete || text.isWord("post", method) || text.isWord("put", method) || text.isWord("patch", method)
    }

    private var outcome: Outcome {
        switch status {
        case 100..<400: .success
        case 400...: .failure
        default: .unknown
        }
    }

    func tells(
        _ event: StaticString, _ service: Service, _ category: Category, security: Bool = false
    ) -> Meaning {
        Meaning(
            event: FixedText(event), service: service, category: category, outcome: outcome,
            isSecurityRelevant: security)
    }
}
