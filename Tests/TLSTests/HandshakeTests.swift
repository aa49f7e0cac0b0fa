import NIOCore
import NIOSSL
import TestSupport
import Testing

@testable import TLS

/// Handshakes between this project's two sides, on the project's test certificates.
@Suite struct HandshakeTests {
    private static func server(_ name: String = "server", clients: PeerRequirement? = nil) throws -> TLSContext {
        try .server(.test(name), clients: clients)
    }

    private static func client(_ name: String? = nil, server: PeerRequirement = .test()) throws -> TLSContext {
        try .client(name.map(CertificateFiles.test), server: server)
    }

    /// Both sides get ready, and what the client sends arrives.
    private func expectTrust(_ pair: Pair, _ place: SourceLocation = #_sourceLocation) throws {
        #expect(pair.client.errors.isEmpty && pair.server.errors.isEmpty, sourceLocation: place)
        #expect(pair.client.isReady && pair.server.isReady, sourceLocation: place)
        try pair.send("a record")
        #expect(String(decoding: pair.server.received, as: UTF8.self) == "a record", sourceLocation: place)
    }

    /// The client is not ready, says `reason`, and hangs up.
    private func expectClientRefuses(_ pair: Pair, _ reason: String, _ place: SourceLocation = #_sourceLocation) throws
    {
        #expect(!pair.client.isReady && pair.client.isClosed, sourceLocation: place)
        #expect(pair.client.failure.contains(reason), "\(pair.client.failure)", sourceLocation: place)
    }

    /// The server takes nothing, says `reason`, and hangs up. (With TLS 1.3 the client is ready before it learns that.)
    private func expectServerRefuses(_ pair: Pair, _ reason: String, _ place: SourceLocation = #_sourceLocation) throws
    {
        try pair.send("a record")
        #expect(!pair.server.isReady && pair.server.isClosed, sourceLocation: place)
        #expect(pair.server.received.isEmpty, sourceLocation: place)
        #expect(pair.server.failure.contains(reason), "\(pair.server.failure)", sourceLocation: place)
        #expect(!pair.client.errors.isEmpty, "the client learns of it", sourceLocation: place)
    }

    // MARK: - The server's certificate

    @Test func aServerByTheAuthorityIsTrusted() throws {
        let pair = try Pair(client: Self.client(), server: Self.server())
        try expectTrust(pair)
        try pair.close()
        #expect(pair.client.isClosed && pair.server.isClosed)
        #expect(pair.client.errors.isEmpty && pair.server.errors.isEmpty)
    }

    @Test(arguments: [
        ("unknown", "not by an authority in the CA file"),
        ("expired", "it is expired"),
        ("client", "certificate was refused"),
        ("elsewhere", "is not for localhost but for [collector.example.org]: correct `server_name`"),
    ])
    func aServerThatCannotBeTrustedIsRefused(certificate: String, reason: String) throws {
        let pair = try Pair(client: Self.client(), server: Self.server(certificate))
        try expectClientRefuses(pair, reason)
    }

    @Test func onlyTheAuthoritiesInTheFileCount() throws {
        let stranger = try Self.client(server: .test("unknown-ca"))
        try expectClientRefuses(try Pair(client: stranger, server: Self.server()), "not by an authority in the CA file")
        try expectTrust(try Pair(client: stranger, server: Self.server("unknown")))
    }

    @Test func theServerNameIsTheOneThatIsAskedFor() throws {
        let named = try Self.client(server: .test(name: "collector.example.org"))
        try expectTrust(try Pair(client: named, server: Self.server("elsewhere")))
        try expectClientRefuses(try Pair(client: named, server: Self.server()), "correct `server_name`")
    }

    @Test(
        arguments: [
            (nil, "127.0.0.1", nil),
            (nil, "::1", nil),
            (nil, "127.0.0.2", "is not for 127.0.0.2 but for [localhost, 127.0.0.1, ::1]"),
            ("127.0.0.1", "127.0.0.1", nil),
            ("0:0:0:0:0:0:0:1", "::1", nil),
            // The name counts and not the address that was connected to.
            ("192.0.2.1", "127.0.0.1", "is not for 192.0.2.1"),
            ("127.0.0.1", "192.0.2.1", nil),
        ] as [(String?, String, String?)])
    func anAddressIsLookedForInTheCertificate(name: String?, connected: String, reason: String?) throws {
        let pair = try Pair(
            client: Self.client(server: .test(name: name)), server: Self.server(), address: connected)
        if let reason { try expectClientRefuses(pair, reason) } else { try expectTrust(pair) }
    }

    // MARK: - The client's certificate

    @Test func aClientByTheAuthorityIsLetIn() throws {
        try expectTrust(try Pair(client: Self.client("client"), server: Self.server(clients: .test())))
    }

    @Test func aClientWithoutCertificateIsLetInWhereNoneIsAskedFor() throws {
        try expectTrust(try Pair(client: Self.client("unknown-client"), server: Self.server()))
    }

    @Test(
        arguments: [
            (nil, "the sender shows no certificate"),
            ("unknown-client", "not by an authority in the CA file"),
            ("server", "certificate was refused"),
        ] as [(String?, String)])
    func aClientThatCannotBeTrustedIsRefused(certificate: String?, reason: String) throws {
        let pair = try Pair(client: Self.client(certificate), server: Self.server(clients: .test()))
        try expectServerRefuses(pair, reason)
        #expect(pair.client.failure.contains(certificate == nil ? "set `certificate_file`" : "refuses the certificate"))
    }

    // MARK: - Fingerprints

    @Test func aPinTakesThePlaceOfAuthoritiesNamesAndDates() throws {
        for name in ["server", "unknown", "expired", "elsewhere"] {
            let client = try Self.client(server: .test(nil, pins: ["ca", name]))
            try expectTrust(try Pair(client: client, server: Self.server(name)))
        }
    }

    @Test func aServerThatIsNotPinnedIsRefused() throws {
        let client = try Self.client(server: .test(nil, pins: ["elsewhere"]))
        try expectClientRefuses(try Pair(client: client, server: Self.server()), "not one of the fingerprints")
    }

    @Test func withBothAuthorityAndPinBothMustHold() throws {
        let good = try Self.client(server: .test(pins: ["server"]))
        try expectTrust(try Pair(client: good, server: Self.server()))
        let otherPin = try Self.client(server: .test(pins: ["elsewhere"]))
        let actual = try #require(CertificateFingerprint(digest: TestCertificates.shared.digest("server")))
        try expectClientRefuses(try Pair(client: otherPin, server: Self.server()), "if it is right, pin \(actual)")
        let otherAuthority = try Self.client(server: .test(pins: ["unknown"]))
        let pair = try Pair(client: otherAuthority, server: Self.server("unknown"))
        try expectClientRefuses(pair, "not by an authority in the CA file")
    }

    @Test func aPinnedClientIsLetIn() throws {
        let clients = PeerRequirement.test(nil, pins: ["unknown-client"])
        try expectTrust(try Pair(client: Self.client("unknown-client"), server: Self.server(clients: clients)))
    }

    @Test(
        arguments: [
            (nil, "the sender shows no certificate"), ("client", "not one of the fingerprints"),
        ] as [(String?, String)])
    func aClientThatIsNotPinnedIsRefused(certificate: String?, reason: String) throws {
        let clients = PeerRequirement.test(nil, pins: ["unknown-client"])
        let pair = try Pair(client: Self.client(certificate), server: Self.server(clients: clients))
        try expectServerRefuses(pair, reason)
    }

    @Test func aClientOfTheAuthorityThatIsNotPinnedIsRefused() throws {
        let clients = PeerRequirement.test(pins: ["server"])
        let pair = try Pair(client: Self.client("client"), server: Self.server(clients: clients))
        try pair.send("a record")
        #expect(!pair.server.isReady && pair.server.received.isEmpty)
        #expect(pair.server.failure.contains("not one of the pinned ones"))
    }

    // MARK: - Versions

    @Test(arguments: [
        (TLSVersion.tlsv1, false), (.tlsv11, false), (.tlsv12, true), (.tlsv13, true),
    ])
    func versionsFrom12OnAreSpoken(version: TLSVersion, isSpoken: Bool) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        configuration.minimumTLSVersion = version
        configuration.maximumTLSVersion = version
        let pair = try Pair(client: configuration, server: Self.server())
        #expect(pair.server.isReady == isSpoken)
        #expect(pair.server.failure.contains("no TLS version from 1.2 on") == !isSpoken)
    }
}
