import NIOCore
import NIOHTTP1
import TLS
import TestSupport
import Testing

@testable import Delivery

@Suite struct HTTPTransportTests {
    private let group = DestinationRig.group

    private func limits(_ change: (inout HTTPTransport.Limits) -> Void = { _ in }) -> HTTPTransport.Limits {
        var limits = HTTPTransport.Limits()
        limits.request = .seconds(10)
        change(&limits)
        return limits
    }

    private func transport(
        _ server: WebServer, tls: TLSContext? = nil, keepsCookies: Bool = false, _ limits: HTTPTransport.Limits? = nil
    ) -> HTTPTransport {
        HTTPTransport(
            [HTTPNode(host: "127.0.0.1", port: server.port, basePath: "/base", tls: tls)],
            limits: limits ?? self.limits(), keepsCookies: keepsCookies, on: group.next())
    }

    private func ask(_ transport: HTTPTransport, body: String = "body", node: Int = 0) throws -> HTTPAnswer {
        let promise = group.next().makePromise(of: HTTPAnswer.self)
        let request = HTTPRequest(.POST, "/path?query", fields: [("x-field", "value")], body: ByteBuffer(string: body))
        transport.send(request, to: node) { result in promise.completeWith(result.mapError { $0 as any Error }) }
        return try promise.futureResult.wait()
    }

    private func failure(_ conduct: WebServer.Conduct, _ limits: HTTPTransport.Limits? = nil) throws -> HTTPFailure? {
        let server = try WebServer { _, _ in conduct }
        let transport = transport(server, limits)
        defer { transport.close() }
        do {
            _ = try ask(transport)
            return nil
        } catch {
            return error as? HTTPFailure
        }
    }

    @Test func requestsArriveAsTheyAreMeant() throws {
        let server = try WebServer { _, _ in .answer(201, headers: [("x-answer", "yes")], body: "thanks") }
        let transport = transport(server)
        defer { transport.close() }
        let answer = try ask(transport)
        #expect(answer.status == 201 && answer.headers.first(name: "X-Answer") == "yes")
        #expect(String(decoding: answer.body, as: UTF8.self) == "thanks")
        let request = try #require(server.requests.first)
        #expect(request.method == .POST && request.path == "/base/path?query" && request.text == "body")
        #expect(request.headers.first(name: "host") == "127.0.0.1:\(server.port)")
        #expect(request.headers.first(name: "x-field") == "value")
        #expect(request.headers[canonicalForm: "content-length"] == ["4"])
    }

    @Test func aConnectionIsUsedAgain() throws {
        let server = try WebServer { _, _ in .answer(200) }
        let transport = transport(server)
        defer { transport.close() }
        for _ in 0..<5 { _ = try ask(transport) }
        #expect(server.connections == 1)
    }

    @Test func aConnectionThatTheServerEndsIsReplaced() throws {
        let server = try WebServer { _, number in number == 0 ? .lastAnswer(200) : .answer(200) }
        let transport = transport(server)
        defer { transport.close() }
        for _ in 0..<3 { _ = try ask(transport) }
        #expect(server.connections == 2)
    }

    /// The server has closed it while the request was on its way.
    @Test func onlyAUsedConnectionThatEndsWithoutAWordIsTriedAgain() throws {
        let server = try WebServer { _, number in number == 1 ? .hangUp : .answer(200) }
        let transport = transport(server)
        defer { transport.close() }
        for _ in 0..<2 { #expect(try ask(transport).status == 200) }
        #expect(server.connections == 2 && server.requests.count == 3)
        #expect(try failure(.hangUp) == HTTPFailure(.interrupted, ""))
        #expect(try failure(.reset) == HTTPFailure(.interrupted, ""))
    }

    @Test func silenceAndSlownessComeToAnEnd() throws {
        let short = limits { $0.request = .milliseconds(100) }
        #expect(try failure(.silence, short) == HTTPFailure(.timeout, ""))
        #expect(try failure(.trickle, short) == HTTPFailure(.timeout, ""))
    }

    @Test func answersAreBounded() throws {
        let small = limits { $0.answerOctets = 1_000 }
        #expect(try failure(.huge(1_001), small) == HTTPFailure(.unusable, ""))
        #expect(try failure(.huge(1_000), small) == nil)
    }

    @Test func whatIsNoHTTPIsAFailure() throws {
        #expect(try failure(.garbage) == HTTPFailure(.unusable, ""))
        #expect(try failure(.half)?.code != nil)
    }

    @Test func nobodyThereIsAFailure() throws {
        let reserved = LoopbackSocket.reservedPort()
        let transport = HTTPTransport([HTTPNode(host: "127.0.0.1", port: reserved.port)], on: group.next())
        #expect(throws: HTTPFailure(.unreachable, "")) { try ask(transport) }
    }

    @Test func redirectsAreNotFollowed() throws {
        let server = try WebServer { _, _ in .answer(307, headers: [("location", "http://127.0.0.1:1/")]) }
        let transport = transport(server)
        defer { transport.close() }
        #expect(try ask(transport).status == 307)
    }

    @Test(arguments: [true, false])
    func cookiesAreKeptWhereTheyAreWanted(keeps: Bool) throws {
        let server = try WebServer { _, _ in .answer(200, headers: [("set-cookie", "lb=one; path=/")]) }
        let transport = transport(server, keepsCookies: keeps)
        defer { transport.close() }
        for _ in 0..<2 { _ = try ask(transport) }
        #expect(server.requests.map { $0.headers.first(name: "cookie") } == [nil, keeps ? "lb=one" : nil])
    }

    @Test func aTransportThatIsClosedSendsNothing() throws {
        let server = try WebServer { _, _ in .silence }
        let transport = transport(server)
        transport.close()
        #expect(throws: HTTPFailure(.interrupted, "")) { try ask(transport) }
        #expect(server.requests.isEmpty)
    }

    // MARK: - TLS

    private func secure(_ certificate: String, _ requirement: PeerRequirement, own: String? = nil) throws -> HTTPAnswer
    {
        let clients = own.map { _ in PeerRequirement(authorityFile: TestCertificates.shared.certificate("ca")) }
        let server = try WebServer(tls: TLSContext.server(.test(certificate), clients: clients)) { _, _ in .answer(200)
        }
        let transport = transport(server, tls: try TLSContext.client(own.map { .test($0) }, server: requirement))
        defer { transport.close() }
        return try ask(transport)
    }

    @Test func theServersNameIsChecked() throws {
        #expect(try secure("server", .test).status == 200)
        var other = PeerRequirement.test
        other.serverName = "other.example.net"
        #expect(throws: HTTPFailure(.unreachable, "")) { try secure("server", other) }
    }

    @Test func aStrangersCertificateIsRefused() throws {
        #expect(throws: HTTPFailure(.unreachable, "")) { try secure("unknown", .test) }
    }

    @Test func plainTextIsNotSentToWhoSpeaksTLSAndNotTheOtherWayRound() throws {
        let plain = try WebServer { _, _ in .answer(200) }
        let transport = transport(
            plain, tls: try TLSContext.client(nil, server: .test), limits { $0.handshake = .milliseconds(200) })
        defer { transport.close() }
        #expect(throws: HTTPFailure.self) { try ask(transport) }
        #expect(plain.requests.isEmpty)
    }

    @Test func theRelayShowsItsCertificate() throws {
        #expect(try secure("server", .test, own: "client").status == 200)
    }
}
