import Glibc
import Headscale
import NIOPosix
import OpenSSL
import TLS
import TestSupport
import Testing

@testable import HeadscaleServer

struct APISourceTests {
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let directory = TemporaryDirectory()

    private func source(_ server: WebServer, key: String = SimulatedHeadscale.apiKey) throws -> APISource {
        try APISource(
            .web(url: "http://127.0.0.1:\(server.port)", isSecure: false), .key(file: directory.write("key", key)),
            authorityFile: nil, on: Self.group)
    }

    /// Reads once from a server that behaves so.
    private func read(_ judge: @escaping WebServer.Judge) throws -> Snapshot {
        let server = try WebServer(judge)
        let source = try source(server)
        defer { source.close() }
        return try withExtendedLifetime(server) { try source.read() }
    }

    @Test(arguments: [SimulatedHeadscale.Version.v28, .v29, .v30])
    func theStateIsReadAsItIs(version: SimulatedHeadscale.Version) throws {
        let headscale = SimulatedHeadscale(version)
        headscale.change {
            $0.nodes[0].tags = ["tag:web"]
            ($0.nodes[0].userID, $0.nodes[0].user) = (nil, "")
            $0.nodes[1].addresses.append(IPAddress(high: 0xFD7A_115C_A1E0_0000, low: 2))
            $0.nodes[1].expiry.at = 4_000_000_000
            $0.nodes[1].authKeyID = 1
            $0.nodes[2].announcedRoutes = ["10.0.0.0/8"]
            $0.nodes[2].approvedRoutes = ["10.0.0.0/8"]
        }
        let read = try read { request, _ in headscale.answer(request) }
        var expected = headscale.snapshot
        expected.keys[.oauth] = nil
        expected.version = "v\(version.rawValue).0"
        #expect(read == expected)
    }

    @Test func theKeyGoesWithEveryRequestButOne() throws {
        let headscale = SimulatedHeadscale(.v29)
        let server = try WebServer { request, _ in headscale.answer(request) }
        let source = try source(server)
        defer { source.close() }
        _ = try source.read()
        for request in server.requests {
            let field = request.headers.first(name: "authorization")
            #expect(request.path == "/version" ? field == nil : field == "Bearer \(SimulatedHeadscale.apiKey)")
        }
    }

    /// What the relay does itself with its key is no news.
    @Test func theUseOfTheRelaysOwnKeyIsLeftOut() throws {
        let headscale = SimulatedHeadscale(.v29)
        headscale.change {
            var own = Snapshot.Key.simulated(50, .api)
            own.prefix = "PPPPPPPPPPP1"
            own.lastUsed = 1_790_000_000
            $0.keys[.api]?.append(own)
            $0.keys[.api]?[0].lastUsed = 1_790_000_000
        }
        let keys = try read { request, _ in headscale.answer(request) }.keys[.api]
        #expect(keys?.first?.lastUsed == 1_790_000_000)
        #expect(keys?.last?.lastUsed == nil)
    }

    // MARK: - Older versions

    /// 0.22: machines, routes of their own, keys listed by user, in clear text.
    @Test func version22() throws {
        let secret = "0123456789abcdef0123456789abcdef0123456789abcdef"
        let snapshot = try read { request, _ in
            switch request.path {
            case "/api/v1/user": .answer(200, body: #"{"users":[{"id":"1","name":"alice"}]}"#)
            case "/api/v1/machine":
                .answer(
                    200,
                    body: """
                        {"machines":[{"id":"7","name":"web1","givenName":"web","ipAddresses":["100.64.0.7"],
                        "user":{"id":"1","name":"alice"},"expiry":"0001-01-01T00:00:00Z","forcedTags":["tag:web"],
                        "validTags":["tag:other"],"registerMethod":"REGISTER_METHOD_AUTH_KEY",
                        "preAuthKey":{"id":"3","key":"\(secret)"}}]}
                        """)
            case "/api/v1/routes":
                .answer(
                    200,
                    body: """
                        {"routes":[{"id":"1","machine":{"id":"7"},"prefix":"10.0.0.0/8","advertised":true,"enabled":false},
                        {"id":"2","machine":{"id":"7"},"prefix":"192.0.2.0/24","advertised":true,"enabled":true}]}
                        """)
            case "/api/v1/preauthkey?user=1": .answer(500, body: #"{"code":2,"message":"User not found"}"#)
            case "/api/v1/preauthkey?user=alice":
                .answer(
                    200,
                    body: """
                        {"preAuthKeys":[{"user":"alice","id":"3","key":"\(secret)","reusable":true,"used":true,
                        "expiration":"2026-12-01T00:00:00Z","aclTags":[]}]}
                        """)
            case "/api/v1/apikey": .answer(200, body: #"{"apiKeys":[{"id":"1","prefix":"AbCdEfG"}]}"#)
            default: .answer(404, body: #"{"code":5,"message":"Not Found"}"#)
            }
        }
        var node = Snapshot.Node(id: 7)
        (node.hostname, node.givenName, node.userID, node.user) = ("web1", "web", 1, "alice")
        (node.addresses, node.tags, node.registered) = ([IPAddress(v4: 0x6440_0007)], ["tag:web"], "authkey")
        (node.announcedRoutes, node.approvedRoutes) = (["10.0.0.0/8", "192.0.2.0/24"], ["192.0.2.0/24"])
        node.authKeyID = 3
        #expect(snapshot.nodes == [node])
        #expect(snapshot.keys[.preAuth]?.map(\.id) == [3])
        #expect(snapshot.keys[.preAuth]?.first?.user == "alice")
        #expect(snapshot.keys[.api]?.first?.prefix == "AbCdEfG")
        #expect(snapshot.policy == nil)
        #expect(!"\(snapshot)".contains(secret))
    }

    /// Up to 0.27 keys are listed by user, which is not to be seen where there are no nodes yet.
    @Test func anOlderServerWithoutNodes() throws {
        let snapshot = try read { request, _ in
            switch request.path {
            case "/api/v1/user": .answer(200, body: #"{"users":[{"id":"1","name":"alice"}]}"#)
            case "/api/v1/node": .answer(200, body: #"{"nodes":[]}"#)
            case "/api/v1/preauthkey": .answer(500, body: #"{"code":2,"message":"user not found"}"#)
            case "/api/v1/preauthkey?user=1": .answer(200, body: #"{"preAuthKeys":[{"id":"3"}]}"#)
            case "/api/v1/apikey": .answer(200, body: #"{"apiKeys":[]}"#)
            case "/api/v1/policy": .answer(500, body: #"{"code":2,"message":"acl policy not found"}"#)
            default: .answer(404)
            }
        }
        #expect(snapshot.keys[.preAuth]?.map(\.id) == [3])
        #expect(snapshot.policy == Snapshot.Policy(text: ""))
    }

    // MARK: - Failures

    @Test(arguments: ["/api/v1/user", "/api/v1/node", "/api/v1/preauthkey", "/api/v1/apikey"])
    func halfASnapshotIsNone(path: String) throws {
        let headscale = SimulatedHeadscale(.v29)
        #expect(throws: ServerError("GET \(path): the server answers 500")) {
            try read { request, _ in
                request.path == path ? .answer(500, body: "secret") : headscale.answer(request)
            }
        }
        #expect(throws: ServerError.self) {
            try read { request, _ in request.path == path ? .answer(200, body: "{}") : headscale.answer(request) }
        }
        #expect(throws: ServerError.self) {
            try read { request, _ in request.path == path ? .half : headscale.answer(request) }
        }
        #expect(throws: ServerError.self) {
            try read { request, _ in
                request.path == path ? .answer(200, body: "<html>502</html>") : headscale.answer(request)
            }
        }
    }

    @Test func aRefusedKeyIsNamedButNotShown() throws {
        let headscale = SimulatedHeadscale(.v30)
        let server = try WebServer { request, _ in headscale.answer(request) }
        let source = try source(server, key: "hskey-api-wrong")
        defer { source.close() }
        let error = withExtendedLifetime(server) { #expect(throws: ServerError.self) { try source.read() } }
        #expect(error?.description.contains("401") == true)
        #expect(error?.description.contains("wrong") == false)
    }

    @Test func nothingIsFollowedElsewhere() throws {
        #expect(throws: ServerError("GET /api/v1/user: the server answers 302")) {
            try read { _, _ in .answer(302, headers: [("location", "http://127.0.0.1:1/")]) }
        }
    }

    @Test func anAnswerIsBounded() throws {
        let headscale = SimulatedHeadscale(.v29)
        let error = #expect(throws: ServerError.self) {
            try read { request, _ in
                request.path == "/api/v1/node" ? .huge(SourceLimits.octets + 1) : headscale.answer(request)
            }
        }
        #expect(error?.description == "GET /api/v1/node: the answer is larger than \(SourceLimits.octets) octets")
    }

    @Test func aFileThatOthersMayReadIsNoKey() throws {
        let source = try source(try WebServer { _, _ in .answer(404) })
        defer { source.close() }
        #expect(unsafe chmod(directory.path("key"), 0o644) == 0)
        #expect(throws: ServerError.self) { try source.read() }
    }

    @Test func whoClosesASourceWaitsForNobody() throws {
        let server = try WebServer { _, _ in .silence }
        let source = try source(server)
        let reading = ReadingThread(source)
        #expect(server.wait { !$0.isEmpty })
        source.close()
        #expect(throws: ServerError.self) { try reading.result() }
    }

    // MARK: - TLS

    @Test func onlyTheGivenAuthoritiesAreTrusted() throws {
        let headscale = SimulatedHeadscale(.v29)
        let files = TestCertificates.shared
        let own = CertificateFiles(certificateFile: files.certificate("server"), keyFile: files.key("server"))
        let server = try WebServer(tls: TLSContext.server(own, clients: nil)) { request, _ in
            headscale.answer(request)
        }
        func read(_ authorities: String?) throws -> Snapshot {
            let source = try APISource(
                .web(url: "https://localhost:\(server.port)", isSecure: true),
                .key(file: directory.write("key", SimulatedHeadscale.apiKey)), authorityFile: authorities,
                on: Self.group)
            defer { source.close() }
            return try source.read()
        }
        #expect(try read(files.certificate("ca")).nodes.count == 12)
        #expect(throws: ServerError.self) { try read(files.certificate("unknown-ca")) }
        #expect(throws: ServerError.self) { try read(nil) }
        // Who is not trusted is told nothing.
        #expect(server.requests.count == 6)
    }
}
