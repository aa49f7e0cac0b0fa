import Glibc
import Settings
import TestSupport
import Testing

@testable import Relay

/// What the golden files of the command line cannot hold: ports, certificates, and a relay that runs.
@Suite struct SetupCheckTests {
    private func findings(_ site: Site, _ text: String, connecting: Bool = false) throws -> [String] {
        SetupCheck(try site.settings(text)).run(connecting: connecting).map {
            $0.description.replacing(site.folder.path, with: ".")
        }
    }

    /// The configuration of a running relay can be checked: what it holds is no error.
    @Test func runningRelayIsNoError() throws {
        let site = Site()
        try site.withRelay { relay in
            let text = """
                data: ledger
                listeners: [{udp: 127.0.0.1:\(relay.ports[0])}, {tcp: 127.0.0.1:\(relay.ports[1])}]
                metrics: 127.0.0.1:\(relay.metricsPort ?? 0)
                stream: {origin: \(Site.origin)}
                """
            let inUse = "in use, as it has to be while the relay runs"
            let found = try findings(site, text)
            #expect(
                found == [
                    "warning: ledger ./ledger: in use by a running relay",
                    "ok: signing key: \(relay.verifierKey)",
                    "warning: listener udp 127.0.0.1:\(relay.ports[0]): \(inUse)",
                    "warning: listener tcp 127.0.0.1:\(relay.ports[1]): \(inUse)",
                    "warning: metrics 127.0.0.1:\(relay.metricsPort ?? 0): \(inUse)",
                ])
        }
    }

    @Test func portOfAnotherProcessIsAnError() throws {
        let (first, second) = (Site(), Site())
        try first.withRelay { relay in
            let text = "listeners:\n- tcp: 127.0.0.1:\(relay.ports[1])\nmetrics: 127.0.0.1:\(relay.metricsPort ?? 0)"
            let errors = try findings(second, text).filter { $0.hasPrefix("error: ") }
            #expect(errors.count == 2)
            for (error, position) in zip(errors, ["waxwing.yaml:2:3: ", "waxwing.yaml:3:10: "]) {
                #expect(error.contains(position))
                #expect(error.contains("another process listens there"))
            }
        }
    }

    @Test func checkMakesNothing() throws {
        let site = Site()
        let text = Site.configuration + "destinations: [{name: a, type: file, path: archive}]"
        #expect(try findings(site, text).allSatisfy { $0.hasPrefix("ok: ") })
        #expect(TemporaryDirectory.names(in: site.folder.path).isEmpty)
    }

    @Test func certificatesAreTried() throws {
        let certificates = TestCertificates.shared
        let server = "certificate_file: \(certificates.certificate("server")), key_file: \(certificates.key("server"))"
        let text = """
            listeners:
            - {tls: 127.0.0.1:0, \(server), client_ca_file: \(certificates.certificate("ca"))}
            - {tls: 127.0.0.1:0, \(server), client_authentication: none}
            - {tls: 127.0.0.1:0, \(server.replacing("server.key", with: "client.key")), client_authentication: none}
            metrics: off
            """
        let found = try findings(Site(), text).suffix(3)
        #expect(found[2] == "ok: listener tls 127.0.0.1:0: can be bound")
        #expect(found[3].hasPrefix("warning: listener tls 127.0.0.1:0: can be bound; whoever connects may send"))
        #expect(found[4].hasPrefix("error: listener tls 127.0.0.1:0: waxwing.yaml:4:3: "))
    }

    /// `--connect` goes as far as the handshake, and says in words what it ends with.
    @Test func collectorsAreConnectedTo() throws {
        let certificates = TestCertificates.shared
        let listener = """
            data: ledger
            listeners:
            - {tls: 127.0.0.1:0, certificate_file: \(certificates.certificate("server")), \
            key_file: \(certificates.key("server")), client_authentication: none}
            - {tcp: 127.0.0.1:0}
            metrics: off
            """
        try Site().withRelay(listener) { relay in
            let tls = "type: tls, address: 127.0.0.1:\(relay.ports[0])"
            let text = """
                listeners: [{tcp: 127.0.0.1:0}]
                metrics: off
                destinations:
                - {name: good, \(tls), ca_file: \(certificates.certificate("ca"))}
                - {name: stranger, \(tls), ca_file: \(certificates.certificate("unknown-ca"))}
                - {name: plain, type: tcp, address: 127.0.0.1:\(relay.ports[1])}
                """
            let found = try findings(Site(), text, connecting: true).suffix(3)
            #expect(found[3] == "ok: destination good: connected to 127.0.0.1:\(relay.ports[0])")
            #expect(found[4].hasPrefix("error: destination stranger: waxwing.yaml:5:3: no connection to 127.0.0.1:"))
            #expect(found[4].contains("the peer's certificate was refused"))
            #expect(found[5] == "ok: destination plain: connected to 127.0.0.1:\(relay.ports[1])")
        }
    }
}
