import Testing

@testable import Headscale

/// What a request tells, by method, path and status.
@Suite struct AccessLogTests {
    /// METHOD PATH STATUS → event category outcome
    static let requests = [
        "GET /health 200 → http.health http success",
        "GET /health 500 → http.health http failure",
        "GET /key 200 → http.request http success",
        "GET /key 400 → http.error http failure",
        "POST /ts2021 101 → http.tunnel http success",
        "POST /machine/map 200 → http.map http success",
        "POST /machine/register 200 → node.registration.request http success",
        "POST /machine/register 500 → node.registration.request http failure",
        "GET /machine/other 200 → http.request http success",
        "GET /api/v1/node 401 → api.auth.failure authentication failure",
        "GET /api/v1/apikey 401 → api.auth.failure authentication failure",
        "POST /api/v1/user 401 → api.auth.failure authentication failure",
        "POST /api/v2/oauth/token 401 → api.auth.failure authentication failure",
        "POST /api/v2/oauth/token 400 → api.auth.failure authentication failure",
        "POST /api/v2/oauth/token 200 → api.token.issued authentication success",
        "GET /api/v2/tailnet/-/devices 403 → api.denied authorization failure",
        "GET /api/v1/node 200 → api.request http success",
        "GET /api/v1/node/7 404 → api.request http failure",
        "GET /api/v1/health 200 → http.health http success",
        "POST /api/v1/user 200 → api.user.create administration success",
        "POST /api/v1/user 500 → api.user.create administration failure",
        "POST /api/v1/user/7/rename/bob 200 → api.user.rename administration success",
        "DELETE /api/v1/user/7 200 → api.user.delete administration success",
        "POST /api/v1/node/register 200 → api.node.register administration success",
        "DELETE /api/v1/node/42 200 → api.node.delete administration success",
        "POST /api/v1/node/7/expire 200 → api.node.expire administration success",
        "POST /api/v1/node/7/rename/web 200 → api.node.rename administration success",
        "POST /api/v1/node/7/tags 200 → api.node.tag administration success",
        "POST /api/v1/node/7/user 200 → api.node.move administration success",
        "POST /api/v1/node/7/approve_routes 200 → api.node.routes administration success",
        "POST /api/v1/node/backfillips 200 → api.node.change administration success",
        "POST /api/v1/preauthkey 200 → api.key.create administration success",
        "POST /api/v1/preauthkey/expire 200 → api.key.expire administration success",
        "DELETE /api/v1/preauthkey 200 → api.key.delete administration success",
        "POST /api/v1/apikey 200 → api.key.create administration success",
        "POST /api/v1/apikey/expire 200 → api.key.expire administration success",
        "DELETE /api/v1/apikey/3f9a0c1d7e2b 200 → api.key.delete administration success",
        "PUT /api/v1/policy 200 → api.policy.set policy success",
        "PUT /api/v1/policy 400 → api.policy.set policy failure",
        "GET /api/v1/policy 200 → api.request http success",
        "POST /api/v1/auth/register 200 → api.node.register administration success",
        "POST /api/v1/auth/approve 200 → api.auth.approve administration success",
        "POST /api/v1/auth/reject 200 → api.auth.reject administration success",
        "POST /api/v1/something 200 → api.write administration success",
        "POST /api/v2/tailnet/-/keys 200 → api.key.create administration success",
        "DELETE /api/v2/tailnet/-/keys/4 200 → api.key.delete administration success",
        "POST /api/v2/tailnet/-/acl 200 → api.policy.set policy success",
        "POST /api/v2/tailnet/-/acl/validate 200 → api.write administration success",
        "PATCH /api/v2/tailnet/-/settings 200 → api.write administration success",
        "DELETE /api/v2/device/12 200 → api.node.delete administration success",
        "POST /api/v2/device/12/tags 200 → api.node.tag administration success",
        "POST /api/v2/device/12/name 200 → api.node.rename administration success",
        "POST /api/v2/device/12/routes 200 → api.node.routes administration success",
        "POST /api/v2/users/3/suspend 200 → api.user.change administration success",
        "POST /api/v2/users/3/delete 200 → api.user.delete administration success",
        "GET /register/hskey-authreq-0123 200 → node.registration.page registration success",
        "POST /register/confirm/hskey-authreq-0123 403 → node.registration.page registration failure",
        "GET /auth/hskey-authreq-0123 200 → auth.page authentication success",
        "GET /oidc/callback 200 → oidc.login authentication success",
        "GET /oidc/callback 302 → oidc.login authentication success",
        "GET /oidc/callback 401 → oidc.denied authentication failure",
        "GET /oidc/callback 403 → oidc.failure authentication failure",
        "GET /oidc/callback 410 → oidc.session.expired authentication failure",
        "GET /oidc/register/abc 302 → node.registration.page registration success",
        "GET /.env 404 → http.probe http failure",
        "GET /apikeys 404 → http.probe http failure",
        "GET /debug/pprof 404 → http.probe http failure",
        "POST / 405 → http.probe http failure",
        "GET /windows 500 → http.error http failure",
        "GET / 0 → http.request http unknown",
        "GET  200 → http.request http success",
    ]

    @Test(arguments: requests) func request(_ text: String) {
        let halves = text.split(separator: " → ")
        let asked = halves[0].split(separator: " ", omittingEmptySubsequences: false)
        let meaning = Self.classify(String(asked[0]), String(asked[1]), Int(asked[2]) ?? -1)
        #expect("\(meaning.event.string) \(meaning.category.name) \(meaning.outcome.name)" == halves[1])
    }

    /// Every event that the access log gives is in the list of events, with the same service.
    @Test func eventsAreListed() throws {
        let services = Dictionary(
            uniqueKeysWithValues: try EmbeddedTable.events().rows.map { ($0[0].string, $0[1].string) })
        for text in Self.requests {
            let asked = text.split(separator: " ", omittingEmptySubsequences: false)
            let meaning = Self.classify(String(asked[0]), String(asked[1]), Int(asked[2]) ?? -1)
            #expect(services[meaning.event.string] == "\(meaning.service.name)", "\(text)")
        }
    }

    /// What the list says of the access log is what the access log gives.
    @Test func eventsOfTheListAreGiven() {
        let given = Set(Self.requests.compactMap { $0.split(separator: " → ")[1].split(separator: " ").first })
        let listed = HeadscaleEvent.all.filter { $0.sources.contains(.access) }.map(\.name)
        #expect(given.sorted() == listed.map { $0[...] }.sorted())
    }

    @Test(arguments: [
        ("/machine/map", AccessLog.Pace.session), ("/ts2021", .session), ("/derp", .session),
        ("/machine/register", .waiting), ("/machine/ssh/action/from/1/to/2", .waiting), ("/", .own),
        ("/machine/other", .own), ("/key", .own), ("/derpish", .own),
    ]) func whatDurationsSay(_ path: String, _ pace: AccessLog.Pace) {
        let bytes = Array(path.utf8)
        #expect(unsafe AccessLog.pace(bytes.span.bytes, path: 0..<bytes.count) == pace)
    }

    /// A path is only compared from the front: one of 64 KiB of slashes ends like any other.
    @Test func hostilePaths() {
        for path in [String(repeating: "/", count: 65_536), "/api/" + String(repeating: "v", count: 65_536)] {
            #expect(Self.classify("POST", path, 404).outcome == .failure)
        }
    }

    private static func classify(_ method: String, _ path: String, _ status: Int) -> Meaning {
        let bytes = Array((method + path).utf8)
        let split = method.utf8.count
        return unsafe AccessLog.classify(
            bytes.span.bytes, method: 0..<split, path: split..<bytes.count, status: status)
    }
}
