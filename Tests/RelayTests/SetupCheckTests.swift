import Glibc
import Ledger
import OpenSSL
import Seal
import Settings
import TestSupport
import Testing

@testable import Relay

/// What the golden files of the command line cannot hold: ports, certificates, and a relay that runs.
@Suite struct SetupCheckTests {
    private func findings(
        _ site: Site, _ text: String, connecting: Bool = false,
        freeBytes: @escaping @Sendable (String) -> UInt64? = FreeSpace.bytes
    ) throws -> [String] {
        SetupCheck(try site.settings(text), freeBytes: freeBytes).run(connecting: connecting).map {
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

    // MARK: - The ledger

    /// A ledger that a relay left in order, and what has happened to it since.
    enum Mishap: String, CaseIterable {
        case otherOrigin, otherKey, nothingToGoOnFrom, restoredBackup, noKey, isFile

        func happen(to site: Site) throws {
            let segment = "\(site.ledger)/segments/00000000000000000000.segment"
            switch self {
            case .otherOrigin:
                let other = try LogKey(origin: Origin("other.example.net/relay"), privateKey: .generate())
                try replace("\(site.ledger)/origin") { _ in "\(other.origin)\n\(other.verifierKey)\n" }
            case .otherKey:
                let other = Site()
                try other.withRelay { _ in }
                let key = try #require(TemporaryDirectory.contents("\(other.ledger)/keys/log.pem"))
                site.folder.write("ledger/keys/log.pem", String(decoding: key, as: UTF8.self))
            case .nothingToGoOnFrom:
                try file(segment).write([0xFF], at: 100)
                unsafe unlink("\(site.ledger)/durable")
            case .restoredBackup:
                var cursor = try CursorFile("\(site.ledger)/cursors/siem.cursor")
                try cursor.store(CursorFile.Value(nextIndex: 100))
            case .noKey: unsafe unlink("\(site.ledger)/keys/log.pem")
            case .isFile:
                try DiskFileSystem().rename(site.ledger, to: site.folder.path("moved"))
                site.folder.write("ledger", "")
            }
        }

        private func file(_ path: String) throws -> any File { try DiskFileSystem().open(path, .update) }

        private func replace(_ path: String, _ change: (String) -> String) throws {
            let text = String(decoding: try file(path).contents(), as: UTF8.self)
            try file(path).truncate(to: 0)
            try file(path).write(Array(change(text).utf8), at: 0)
        }
    }

    /// All files of a site, by path.
    private func contents(_ path: String) -> [String: [UInt8]] {
        guard DiskFileSystem().exists("\(path)/.") else { return [path: TemporaryDirectory.contents(path) ?? []] }
        return TemporaryDirectory.names(in: path).reduce(into: ["\(path)/": []]) { all, name in
            all.merge(contents("\(path)/\(name)")) { _, new in new }
        }
    }

    private func siteWithLog() throws -> Site {
        let site = Site()
        try site.withRelay { relay in
            try relay.send(["one", "two"])
            #expect(relay.waitForRecords(2))
        }
        return site
    }

    /// `check` finds what a start would end with, in the same words, and writes nothing.
    @Test(arguments: Mishap.allCases)
    func ledgerIsRefusedAsAStartRefusesIt(_ mishap: Mishap) throws {
        let site = try siteWithLog()
        try mishap.happen(to: site)
        let before = contents(site.folder.path)
        let errors = try findings(site, Site.configuration).filter { $0.hasPrefix("error: ") }
        #expect(contents(site.folder.path) == before)
        #expect(!errors.isEmpty)
        let error = #expect(throws: (any Error).self) { try site.makeRelay() }
        guard mishap != .isFile else { return }
        #expect(errors[0].hasSuffix("\(try #require(error))".replacing(site.folder.path, with: ".")))
        #expect(errors[0].contains("waxwing.yaml:"))
    }

    /// What is gone does not keep a start from going on, and `check` says how much it is.
    @Test(arguments: ["header", "records", "segment"])
    func lossIsAWarning(what: String) throws {
        let site = try siteWithLog()
        let segment = "\(site.ledger)/segments/00000000000000000000.segment"
        switch what {
        case "header": try DiskFileSystem().open(segment, .update).write([0xFF], at: 100)
        case "records": try DiskFileSystem().open(segment, .update).truncate(to: 8192)
        default: unsafe unlink(segment)
        }
        let before = contents(site.folder.path)
        let finding = try findings(site, Site.configuration)[0]
        let log = "ledger ./ledger: holds the log \(Site.origin)"
        #expect(
            what == "header"
                ? finding == "ok: \(log)" : finding.hasPrefix("warning: \(log), of which 3 records are damaged or gone")
        )
        #expect(contents(site.folder.path) == before)
        try site.withRelay { relay in
            try relay.send(["three"])
            #expect(relay.waitForRecords(what == "header" ? 1 : 2))
        }
    }

    /// What a start mends is no error, and `check` does not mend it.
    @Test func tornTailIsNoError() throws {
        let site = try siteWithLog()
        let segment = try DiskFileSystem().open("\(site.ledger)/segments/00000000000000000000.segment", .update)
        try segment.write([0x57, 0x58, 0x42], at: try segment.size())
        let before = contents(site.folder.path)
        #expect(try findings(site, Site.configuration)[0] == "ok: ledger ./ledger: holds the log \(Site.origin)")
        #expect(contents(site.folder.path) == before)
    }

    @Test func ledgerNeedsRoomForASegment() throws {
        let site = Site()
        let found = try findings(site, Site.configuration) { _ in 63 << 20 }
        #expect(found[0].hasPrefix("error: ledger ./ledger: waxwing.yaml:1:7: reserve space for ./ledger/segments/"))
        #expect(found[0].hasSuffix(": No space left on device"))
        #expect(try findings(site, Site.configuration) { _ in 64 << 20 }[0].hasPrefix("ok: "))
        try site.withRelay { _ in }
        let later = try findings(site, Site.configuration) { _ in 63 << 20 }
        #expect(later[0].hasPrefix("warning: ledger ./ledger: "))
    }

    // MARK: - Certificates and collectors

    /// A relay goes on trying; only who asks for a connection wants it now.
    @Test func nameThatIsNotKnownIsAWarning() throws {
        let text = Site.configuration + "destinations: [{name: a, type: tcp, address: \"nowhere.invalid:601\"}]\n"
        let site = Site()
        #expect(
            try findings(site, text)[4]
                == "warning: destination a: the name nowhere.invalid is not known now; the relay will try again and again"
        )
        let tried = try findings(site, text, connecting: true)[4]
        #expect(tried.hasPrefix("error: destination a: waxwing.yaml:5:16: no connection to nowhere.invalid:601: "))
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
