import Headscale
import NIOPosix
import TestSupport
import Testing

@testable import HeadscaleServer

/// Version 2 of the API (0.30), with an OAuth client.
struct OAuthSourceTests {
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let directory = TemporaryDirectory()
    private static let secret =
        "hskey-client-AbCdEfGhIjKl-0123456789012345678901234567890123456789012345678901234567890123"

    private func source(_ server: WebServer) throws -> OAuthSource {
        try OAuthSource(
            .web(url: "http://127.0.0.1:\(server.port)", isSecure: false), clientID: "AbCdEfGhIjKl",
            secretFile: directory.write("secret", Self.secret), authorityFile: nil, on: Self.group)
    }

    private static func answer(_ request: WebServer.Request, token: String) -> WebServer.Conduct {
        if request.path == "/api/v2/oauth/token" {
            let form =
                "grant_type=client_credentials&client_id=AbCdEfGhIjKl&client_secret=\(secret)"
            return request.text == form
                ? .answer(200, body: #"{"access_token":"\#(token)","token_type":"Bearer","expires_in":3600}"#)
                : .answer(401, body: #"{"error":"invalid_client"}"#)
        }
        guard request.headers.first(name: "authorization") == "Bearer \(token)" else { return .answer(401) }
        switch request.path {
        case "/api/v2/tailnet/-/users":
            return .answer(
                200, body: #"{"users":[{"id":"1","loginName":"alice","displayName":"Alice","deviceCount":2}]}"#)
        case "/api/v2/tailnet/-/devices?fields=all":
            return .answer(
                200,
                body: """
                    {"devices":[{"addresses":["100.64.0.7"],"name":"web","id":"7","nodeId":"7","user":"alice","tags":[],
                    "expires":"2033-05-18T03:33:20Z","hostname":"web1","nodeKey":"nodekey:00000000000000ff00",
                    "advertisedRoutes":["10.0.0.0/8"],"enabledRoutes":["10.0.0.0/8"]},
                    {"addresses":[],"name":"ci","id":"8","user":"tagged-devices","tags":["tag:ci"],"hostname":"ci1"}]}
                    """)
        case "/api/v2/tailnet/-/keys?all=true":
            return .answer(
                200,
                body: """
                    {"keys":[{"id":"3","keyType":"auth","description":"for CI","expires":"2033-05-18T03:33:20Z","invalid":true,
                    "capabilities":{"devices":{"create":{"reusable":false,"ephemeral":true,"tags":["tag:ci"]}}},
                    "tags":["tag:ci"],"userId":"1"},
                    {"id":"4","keyType":"auth","revoked":"2026-01-01T00:00:00Z","invalid":true},
                    {"id":"AbCdEfGhIjKl","keyType":"client","scopes":["devices:core:read"]}]}
                    """)
        case "/api/v2/tailnet/-/acl": return .answer(200, body: "{ // all\n}")
        default: return .answer(404)
        }
    }

    @Test func theStateIsReadWithAToken() throws {
        let server = try WebServer { request, _ in Self.answer(request, token: "t1") }
        let source = try source(server)
        defer { source.close() }
        let snapshot = try source.read()
        #expect(snapshot.users.map(\.name) == ["alice"])
        #expect(snapshot.nodes.map(\.givenName) == ["web", "ci"])
        #expect(snapshot.nodes.map(\.userID) == [1, nil])
        #expect(snapshot.nodes[0].approvedRoutes == ["10.0.0.0/8"])
        #expect(snapshot.nodes[0].expiry.at == 2_000_000_000)
        let keys = try #require(snapshot.keys[.preAuth])
        #expect(keys.map(\.id) == [3, 4])
        #expect(keys.map(\.isUsed) == [true, false])
        #expect(keys.map(\.isRevoked) == [false, true])
        #expect(keys[0].isEphemeral && keys[0].user == "alice" && keys[0].description == "for CI")
        #expect(snapshot.keys[.oauth]?.map(\.prefix) == ["AbCdEfGhIjKl"])
        #expect(snapshot.keys[.api] == nil)
        #expect(snapshot.policy?.text == "{ // all\n}")
    }

    @Test func aTokenIsUsedAgainUntilItIsRefused() throws {
        let isRenewed = Flag()
        let server = try WebServer { request, _ in Self.answer(request, token: isRenewed.isSet ? "t2" : "t1") }
        let source = try source(server)
        defer { source.close() }
        let first = try source.read()
        #expect(try source.read() == first)
        #expect(server.requests.count { $0.path == "/api/v2/oauth/token" } == 1)
        isRenewed.set(true)
        #expect(try source.read() == first)
        #expect(server.requests.count { $0.path == "/api/v2/oauth/token" } == 2)
    }

    @Test func aWrongSecretIsSaid() throws {
        let server = try WebServer { _, _ in .answer(401, body: #"{"error":"invalid_client"}"#) }
        let source = try source(server)
        defer { source.close() }
        let error = #expect(throws: ServerError.self) { try source.read() }
        #expect(error?.description.contains("401") == true)
        #expect(error?.description.contains("0123456789") == false)
    }
}
