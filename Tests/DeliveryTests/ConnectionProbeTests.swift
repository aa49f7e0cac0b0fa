import TLS
import TestSupport
import Testing

@testable import Delivery

@Suite struct ConnectionProbeTests {
    private func run(_ port: Int, tls: TLSContext? = nil) throws {
        let target = CollectorTarget(host: "127.0.0.1", port: port, tls: tls)
        var options = StreamDestination.Options(name: "test", targets: [target])
        options.handshakeTimeout = .milliseconds(200)
        try ConnectionProbe.run(target, options)
    }

    private func failure(_ port: Int, tls: TLSContext? = nil) -> String {
        do {
            try run(port, tls: tls)
            return ""
        } catch { return TLSFailure.describe(error) }
    }

    private func client(_ certificate: String? = nil) throws -> TLSContext {
        try .client(certificate.map(CertificateFiles.test), server: .test)
    }

    @Test func aCollectorThatIsThereIsReached() throws {
        let plain = try Collector(.read)
        try run(plain.port)
        let secure = try Collector(.read, tls: .server(.test("server"), clients: .test))
        try run(secure.port, tls: client("client"))
        for collector in [plain, secure] {
            #expect(collector.wait { $0.map(\.isClosed) == [true] })
            #expect(collector.connections.map(\.received) == [[]], "nothing is sent")
        }
    }

    @Test func aCollectorThatIsNotThereIsAnError() throws {
        #expect(failure(LoopbackSocket.reservedPort().port).contains("onnection refused"))
    }

    @Test func aCollectorThatCannotBeTrustedIsAnError() throws {
        let collector = try Collector(.read, tls: .server(.test("elsewhere"), clients: nil))
        #expect(try failure(collector.port, tls: client()).contains("correct `server_name`"))
    }

    /// With TLS 1.3 the client has ended its handshake before it can learn of that.
    @Test(arguments: [(nil, "set `certificate_file`"), ("unknown-client", "refuses the certificate of this side")])
    func aCollectorThatRefusesThisSidesCertificateIsAnError(certificate: String?, reason: String) throws {
        let collector = try Collector(.read, tls: .server(.test("server"), clients: .test))
        #expect(try failure(collector.port, tls: client(certificate)).contains(reason))
    }

    @Test func aHandshakeThatNeverEndsIsAnError() throws {
        let collector = try Collector(.ignore)
        #expect(try failure(collector.port, tls: client()) == "no TLS handshake in time")
    }
}
