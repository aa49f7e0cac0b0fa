import NIOCore
import NIOPosix
import TLS
import TestSupport
import Testing

@testable import HeadscaleServer

@Suite struct HealthProbeTests {
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private static let pass = #"{"status":"pass"}"#

    private func options(_ server: WebServer, isSecure: Bool = false) -> HealthProbe.Options {
        HealthProbe.Options(
            url: "\(isSecure ? "https" : "http")://127.0.0.1:\(server.port)", isSecure: isSecure, host: "127.0.0.1",
            port: server.port)
    }

    private func look(_ options: HealthProbe.Options, thoroughly: Bool = false) throws -> HealthObservation {
        let probe = try HealthProbe(options, on: Self.group.next())
        defer { probe.close() }
        return try probe.look(thoroughly: thoroughly).wait()
    }

    /// What a server that conducts itself so at all paths looks like.
    private func look(_ conduct: WebServer.Conduct, timeout: TimeAmount = .seconds(10)) throws -> HealthObservation {
        let server = try WebServer { _, _ in conduct }
        var options = options(server)
        options.timeout = timeout
        return try look(options)
    }

    private func server(_ answers: [String: WebServer.Conduct], tls: TLSContext? = nil) throws -> WebServer {
        try WebServer(tls: tls) { request, _ in answers[request.path] ?? .answer(404) }
    }

    private func failure(_ seen: HealthObservation) -> String? {
        if case .failure(let reason) = seen.answer { reason } else { nil }
    }

    // MARK: - Health

    @Test func aServerThatIsWellPasses() throws {
        let server = try server(["/health": .answer(200, body: Self.pass)])
        #expect(try look(options(server)) == HealthObservation(.pass))
        let request = try #require(server.requests.first)
        #expect(server.requests.count == 1 && request.method == .GET && request.path == "/health")
        #expect(request.headers["authorization"].isEmpty && request.headers["user-agent"] == ["waxwing"])
    }

    @Test func aDatabaseThatFailsIsSaidToFail() throws {
        #expect(try look(.answer(500, body: #"{"status":"fail"}"#)).answer == .databaseFailure)
    }

    @Test(arguments: [
        (WebServer.Conduct.answer(500, body: "oops"), "answers 500"), (.answer(404), "answers 404"),
        (.answer(502, body: "<html>"), "answers 502"),
        (.answer(200, body: "<html>Welcome</html>"), "is not Headscale's"),
        (.answer(200, body: #"{"status":1}"#), "is not Headscale's"),
        (.answer(200, body: #"["pass"]"#), "is not Headscale's"),
        (.answer(302, headers: [("location", "/other")]), "redirects are not followed"),
        (.hangUp, "the connection ended"),
        (.huge(HealthProbe.answerLimit + 1), "exceeds"), (.garbage, "invalid"), (.reset, "Connection reset"),
        (.half, "stream ended"),
    ])
    func whatIsNoHealthIsAFailure(conduct: WebServer.Conduct, reason: String) throws {
        let text = try #require(failure(try look(conduct)))
        #expect(text.contains(reason) && !text.contains("\n") && text.count <= 600, "\(text)")
    }

    @Test func slowAnswersComeToAnEnd() throws {
        #expect(failure(try look(.silence, timeout: .milliseconds(100))) == "no answer in time")
        #expect(failure(try look(.trickle, timeout: .milliseconds(100))) == "no answer in time")
    }

    @Test func nobodyThereIsAFailure() throws {
        let reserved = LoopbackSocket.reservedPort()
        let options = HealthProbe.Options(
            url: "http://127.0.0.1:\(reserved.port)", isSecure: false, host: "127.0.0.1", port: reserved.port)
        let seen = try look(options)
        #expect(failure(seen) == "Connection refused", "\(seen)")
    }

    // MARK: - Version

    private func version(_ answer: WebServer.Conduct) throws -> String? {
        let server = try server(["/health": .answer(200, body: Self.pass), "/version": answer])
        let seen = try look(options(server), thoroughly: true)
        #expect(seen.answer == .pass)
        return seen.version
    }

    @Test func theVersionIsAsked() throws {
        let answer = #"{"version":"v0.29.2","commit":"abc","buildTime":"x","go":{"version":"go1.26"},"dirty":false}"#
        #expect(try version(.answer(200, body: answer)) == "v0.29.2")
    }

    @Test(arguments: [
        WebServer.Conduct.answer(404), .answer(200, body: "<html>"), .answer(200, body: #"{"version":""}"#),
        .answer(200, body: #"{"version":29}"#), .answer(200, body: #"{"version":"a b"}"#), .hangUp,
        .answer(200, body: #"{"version":"\#(String(repeating: "9", count: 65))"}"#), .huge(1 << 20),
    ])
    func aServerMaySayNoVersion(answer: WebServer.Conduct) throws {
        #expect(try version(answer) == nil)
    }

    // MARK: - Metrics

    private func metrics(_ answer: WebServer.Conduct) throws -> HealthObservation.Metrics? {
        let server = try server(["/health": .answer(200, body: Self.pass), "/metrics": answer])
        var options = options(server)
        options.metricsURL = "http://127.0.0.1:\(server.port)/metrics"
        let seen = try look(options)
        #expect(seen.answer == .pass)
        return seen.metrics
    }

    @Test func metricsAreRead() throws {
        guard case .figures(let figures) = try metrics(.answer(200, body: "headscale_nodestore_nodes 18\n")) else {
            return #expect(Bool(false), "there are no figures")
        }
        #expect(figures[.nodes] == 18 && figures[.goroutines] == nil)
    }

    @Test(arguments: [
        WebServer.Conduct.answer(404), .answer(500), .answer(200, body: "<html>"), .hangUp,
        .huge(HealthProbe.metricsLimit + 1), .answer(200, body: ""),
    ])
    func whatIsNoMetricsIsAFailure(answer: WebServer.Conduct) throws {
        guard case .failure = try metrics(answer) else { return #expect(Bool(false), "there are figures") }
    }

    /// The limit is that of the body; what is within it is read to its end.
    @Test func largeMetricsAreRead() throws {
        let line = "go_gc_duration_seconds{quantile=\"0.5\"} 1\n"
        let body = String(repeating: line, count: HealthProbe.metricsLimit / line.utf8.count - 10) + "go_goroutines 3\n"
        guard case .figures(let figures) = try metrics(.answer(200, body: body)) else {
            return #expect(Bool(false), "there are no figures")
        }
        #expect(figures[.goroutines] == 3)
    }

    // MARK: - TLS

    /// What a look at a server with the certificate `name` shows to somebody who trusts `authority`.
    private func look(certificate name: String, authority: String?) throws -> HealthObservation {
        let files = TestCertificates.shared
        let tls = try TLSContext.server(
            CertificateFiles(certificateFile: files.certificate(name), keyFile: files.key(name)), clients: nil)
        let server = try server(["/health": .answer(200, body: Self.pass)], tls: tls)
        var options = options(server, isSecure: true)
        options.authorityFile = authority.map { files.certificate($0) }
        let seen = try look(options, thoroughly: true)
        #expect(server.requests.isEmpty == (seen.answer != .pass))
        return seen
    }

    @Test func theCertificateIsReadAndChecked() throws {
        let seen = try look(certificate: "server", authority: "ca")
        let certificate = try #require(seen.certificate)
        #expect(seen.answer == .pass)
        #expect(certificate.notAfter - certificate.notBefore == 30 * 86_400)
        let fingerprint = try #require(CertificateFingerprint(digest: TestCertificates.shared.digest("server")))
        #expect(certificate.fingerprint == "\(fingerprint)")
    }

    /// Nothing is asked of such a server; its certificate is seen all the same.
    @Test(
        arguments: [
            ("unknown", "ca"), ("expired", "ca"), ("elsewhere", "ca"), ("server", "unknown-ca"), ("server", nil),
        ] as [(String, String?)])
    func aServerThatIsNotTrustedIsNotAsked(certificate: String, authority: String?) throws {
        let seen = try look(certificate: certificate, authority: authority)
        guard case .untrusted(let reason) = seen.answer else {
            return #expect(Bool(false), "\(seen.answer)")
        }
        #expect(!reason.isEmpty && seen.certificate != nil)
        if certificate == "expired" { #expect(seen.certificate?.notAfter == 1_609_459_200) }
    }

    @Test func aServerWithoutTLSHasNoCertificate() throws {
        let server = try server(["/health": .answer(200, body: Self.pass)])
        var options = options(server, isSecure: true)
        options.timeout = .milliseconds(200)
        let seen = try look(options, thoroughly: true)
        #expect(seen.certificate == nil && failure(seen) != nil)
    }

    /// The system's authorities do not stand in for a file that cannot be used.
    @Test func aCAFileThatCannotBeUsedIsAnError() throws {
        let folder = TemporaryDirectory()
        for path in [folder.path("missing.pem"), folder.write("empty.pem", ""), folder.write("text.pem", "x")] {
            var options = HealthProbe.Options(url: "https://127.0.0.1:1", isSecure: true, host: "127.0.0.1", port: 1)
            options.authorityFile = path
            let failing = options
            #expect(throws: ServerError.self) { try HealthProbe(failing, on: Self.group.next()) }
        }
    }
}
