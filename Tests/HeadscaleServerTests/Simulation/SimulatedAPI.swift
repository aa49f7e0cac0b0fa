import Headscale
import TestSupport

@testable import HeadscaleServer

extension SimulatedHeadscale {
    static let apiKey = "hskey-api-PPPPPPPPPPP1-0123456789012345678901234567890123456789012345678901234567890123"

    /// What the API answers, version 1, as 0.28, 0.29 and 0.30 do.
    func answer(_ request: WebServer.Request) -> WebServer.Conduct {
        let path = request.path.prefix { $0 != "?" }
        if path == "/version" { return .answer(200, body: #"{"version":"v\#(version.rawValue).0","commit":"x"}"#) }
        guard request.headers.first(name: "authorization") == "Bearer \(Self.apiKey)" else { return refusal }
        let snapshot = snapshot
        switch path {
        case "/api/v1/user": return list("users", snapshot.users.map(user))
        case "/api/v1/node": return list("nodes", snapshot.nodes.map(node))
        case "/api/v1/preauthkey": return list("preAuthKeys", (snapshot.keys[.preAuth] ?? []).map(preAuthKey))
        case "/api/v1/apikey": return list("apiKeys", (snapshot.keys[.api] ?? []).map(apiKey))
        case "/api/v1/policy":
            let policy = snapshot.policy ?? Snapshot.Policy(text: "")
            return .answer(
                200, body: #"{"policy":\#(quoted(policy.text)),"updatedAt":\#(time(policy.updated))}"#)
        default: return .answer(404, body: "{}")
        }
    }

    private var refusal: WebServer.Conduct {
        version == .v30
            ? .answer(
                401, headers: [("content-type", "application/problem+json")],
                body: #"{"title":"Unauthorized","status":401}"#)
            : .answer(401, body: "Unauthorized")
    }

    private func list(_ name: String, _ elements: [String]) -> WebServer.Conduct {
        .answer(200, body: "{\"\(name)\":[\(elements.joined(separator: ","))]}")
    }

    // MARK: - Objects

    private func user(_ user: Snapshot.User) -> String {
        """
        {"id":"\(user.id)","name":\(quoted(user.name)),"createdAt":"2026-01-01T00:00:00Z","displayName":\
        \(quoted(user.displayName)),"email":\(quoted(user.email)),"providerId":"","provider":"","profilePicUrl":""}
        """
    }

    private func owner(_ id: UInt64?) -> String {
        guard let id, let found = snapshot.users.first(where: { $0.id == id }) else {
            return #"{"id":"2147455555","name":"tagged-devices"}"#
        }
        return user(found)
    }

    private func node(_ node: Snapshot.Node) -> String {
        let method = ["authkey": "AUTH_KEY", "cli": "CLI", "oidc": "OIDC"][node.registered ?? ""] ?? "UNSPECIFIED"
        let key = node.authKeyID.map { #"{"id":"\#($0)","key":"hskey-auth-QQQQQQQQQQQ1-***","user":null}"# } ?? "null"
        return """
            {"id":"\(node.id)","machineKey":"mkey:00","nodeKey":"nodekey:\(hexadecimal(node.nodeKey))",\
            "discoKey":"discokey:00","ipAddresses":\(list(node.addresses.map(\.description))),\
            "name":\(quoted(node.hostname)),"user":\(owner(node.userID)),"lastSeen":"2026-11-27T00:00:00.123456789Z",\
            "expiry":\(time(node.expiry.at)),"preAuthKey":\(key),"createdAt":"2026-01-01T00:00:00Z",\
            "registerMethod":"REGISTER_METHOD_\(method)","givenName":\(quoted(node.givenName)),"online":true,\
            "approvedRoutes":\(list(node.approvedRoutes)),"availableRoutes":\(list(node.announcedRoutes)),\
            "subnetRoutes":[],"tags":\(list(node.tags))}
            """
    }

    private func preAuthKey(_ key: Snapshot.Key) -> String {
        let owner = snapshot.users.first { $0.name == key.user }.map(user) ?? "null"
        return """
            {"user":\(owner),"id":"\(key.id)","key":"hskey-auth-\(key.prefix ?? "")-***","reusable":\(key.isReusable),\
            "ephemeral":\(key.isEphemeral),"used":\(key.isUsed),"expiration":\(time(key.expiry.at)),\
            "createdAt":"2026-01-01T00:00:00Z","aclTags":\(list(key.tags))}
            """
    }

    private func apiKey(_ key: Snapshot.Key) -> String {
        """
        {"id":"\(key.id)","prefix":"hskey-api-\(key.prefix ?? "")-***","expiration":\(time(key.expiry.at)),\
        "createdAt":"2026-01-01T00:00:00Z","lastSeen":\(time(key.lastUsed))}
        """
    }

    // MARK: - Values

    private func quoted(_ text: String) -> String {
        var json = JSONWriter()
        json.append(quoted: text)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    private func list(_ texts: [String]) -> String { "[\(texts.map(quoted).joined(separator: ","))]" }

    private func time(_ seconds: Int64?) -> String { seconds.map { "\"\(StateTime.text($0))\"" } ?? "null" }

    private func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits + String(repeating: "0", count: 48)
    }
}
