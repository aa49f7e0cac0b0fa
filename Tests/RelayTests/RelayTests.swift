import Batch
import Glibc
import Ledger
import Seal
import Settings
import TestSupport
import Testing
import Verify

@testable import Relay

@Suite struct RelayTests {
    @Test func recordsFromSocketsAreSealed() throws {
        let site = Site()
        try site.withRelay { relay in
            try Socket(.udp, port: relay.ports[0]).send(Array("<13>1 2026-11-23T12:00:00Z h udp - - - one".utf8))
            #expect(relay.waitForRecords(1))
            let counted = "<13>1 2026-11-23T12:00:00Z h tcp - - - two"
            try Socket(.tcp, port: relay.ports[1]).send(Array("\(counted.utf8.count) \(counted)".utf8))
            #expect(relay.waitForRecords(2))
            try relay.send(["<13>Nov 23 12:00:00 h tcp[7]: three", "four"])
            #expect(relay.waitForRecords(4))
        }
        let records = try site.records()
        #expect(records.count == 5)
        for (record, end) in zip(records, ["one", "two", "three", "four"]) { #expect(record.hasSuffix(" \(end)")) }
        #expect(records[3].contains("host=\"received\""))
        #expect(records[4].contains("why=\"stop\""))
    }

    /// Nothing is sealed before the batch is full or old; a stop seals what there is.
    @Test func stopSealsWhatCame() throws {
        let site = Site()
        try site.withRelay { relay in
            try relay.send((0..<3).map { "<13>1 2026-11-23T12:00:00Z h app - - - \($0)" })
            #expect(relay.waitForRecords(3))
            #expect(try LedgerArchive(site.ledger).newestSeal() == nil)
        }
        let seal = try #require(try LedgerArchive(site.ledger).newestSeal())
        #expect(seal.size == 4)
        #expect(seal.reason == .stop)
        #expect(try site.verify(site.segments()).verifiedRecords == 4)
    }

    @Test func secretsAreNowhereInTheFolder() throws {
        let site = Site()
        try site.withRelay { relay in
            try relay.send(["<13>1 2026-11-23T12:00:00Z h app - - - password=correcthorsebattery"])
            #expect(relay.waitForRecords(1))
            #expect(try relay.metric("waxwing_redaction_records_total") == 1)
            #expect(try relay.metric("waxwing_redaction_secrets_total{rule=\"named-secret\"}") == 1)
        }
        #expect(try site.records()[0].hasSuffix("password=<redacted>"))
        for name in TemporaryDirectory.names(in: "\(site.ledger)/segments") {
            let bytes = try #require(TemporaryDirectory.contents("\(site.ledger)/segments/\(name)"))
            #expect(!String(decoding: bytes, as: UTF8.self).contains("correcthorse"))
        }
    }

    @Test func redactionCanBeOff() throws {
        let site = Site()
        try site.withRelay(Site.configuration + "redaction: {credentials: false}\n") { relay in
            try relay.send(["<13>1 2026-11-23T12:00:00Z h app - - - password=correcthorsebattery"])
            #expect(relay.waitForRecords(1))
        }
        #expect(try site.records()[0].hasSuffix("password=correcthorsebattery"))
    }

    // MARK: - Starting again

    @Test func restartGoesOnWithTheIndexes() throws {
        let site = Site()
        var keys: [String] = []
        for run in 0..<3 {
            try site.withRelay { relay in
                #expect(relay.isNewKey == (run == 0))
                keys.append(relay.verifierKey)
                try relay.send(["<13>1 2026-11-23T12:00:00Z h app - - - run \(run)"])
                #expect(relay.waitForRecords(UInt64(2 * run + 1)))
            }
        }
        #expect(Set(keys).count == 1)
        let records = try site.records()
        #expect(records.count == 6)
        for (index, record) in records.enumerated() { #expect(record.contains(" i=\"\(index)\"")) }
        #expect(!site.log.all.contains { $0.contains("not closed in order") })
    }

    /// The first key of the ratchet is read once: then the file may be kept elsewhere.
    @Test func firstMACKeyMayBeMovedAway() throws {
        let site = Site()
        try MACKeyFile.create(site.folder.path("mac.key"))
        let key = try #require(TemporaryDirectory.contents(site.folder.path("mac.key")))
        let configuration = Site.configuration.replacing("stream: {", with: "stream: {mac_key_file: mac.key, ")
        for run in 0..<2 {
            try site.withRelay(configuration) { relay in
                try relay.send(["run \(run)"])
                #expect(relay.waitForRecords(UInt64(2 * run + 1)))
            }
            unsafe unlink(site.folder.path("mac.key"))
        }
        let report = try site.verify(site.segments()) { $0.macKey = key }
        #expect(report.outcome == .complete)
        #expect(report.codes?.valid == 2)
        #expect(report.codes?.invalid.isEmpty == true)
    }

    // MARK: - Refusals

    @Test func secondRelayOnOneFolderIsRefused() throws {
        let site = Site()
        try site.withRelay { _ in
            let error = #expect(throws: LedgerError.self) { try site.makeRelay() }
            #expect(error?.code == .locked)
            #expect(error?.description.contains("is in use by another waxwing; stop it, or") == true)
        }
        // Whoever has stopped holds nothing any more.
        try site.withRelay { _ in }
    }

    @Test(arguments: ["tcp", "udp", "metrics"])
    func portThatIsTakenIsNamed(_ kind: String) throws {
        let (first, second) = (Site(), Site())
        try first.withRelay { relay in
            let free = "{tcp: 127.0.0.1:0}"
            let lines =
                switch kind {
                case "metrics": "listeners: [\(free)]\nmetrics: 127.0.0.1:\(relay.metricsPort ?? 0)"
                case "tcp": "metrics: off\nlisteners: [\(free), {tcp: 127.0.0.1:\(relay.ports[1])}]"
                default: "metrics: off\nlisteners: [\(free), {udp: 127.0.0.1:\(relay.ports[0])}]"
                }
            let text = "data: ledger\nstream: {origin: \(Site.origin)}\n\(lines)"
            let error = #expect(throws: PlacedError.self) {
                try second.withRelay(text) { _ in }
            }
            #expect(error?.position.line == 4)
            #expect(error?.message.contains("another process listens there: stop it or choose another port") == true)
            // What had been started is stopped, so that a second attempt finds the folder free.
            try second.withRelay { _ in }
        }
    }

    @Test func destinationThatCannotBeMadeIsPlaced() throws {
        let site = Site()
        let text = Site.configuration + "destinations: [{name: a, type: file, path: no/archive}]\n"
        let error = #expect(throws: PlacedError.self) { try site.makeRelay(text) }
        #expect(error?.position.line == 5)
        try site.withRelay { _ in }
    }

    @Test func otherProtocolIsNamedAndTheOthersGoOn() throws {
        let site = Site()
        try site.withRelay { relay in
            let peer = try Socket(.tcp, port: relay.ports[1])
            try peer.send(Array("GET / HTTP/1.1\r\nHost: relay\r\n\r\n".utf8))
            _ = try? peer.readToEnd()
            try relay.send(["still here"])
            #expect(relay.waitForRecords(1))
        }
        #expect(site.log.all.contains { $0.contains("http") && $0.contains("127.0.0.1") })
        #expect(try site.records().count == 2)
    }
}

// MARK: - Many at a time, and others

extension RelayTests {
    @Test func manyConnectionsLoseNothing() throws {
        let site = Site()
        try site.withRelay { relay in
            let workers = (0..<8).map { number in
                Worker {
                    let records = (0..<250).map { "<13>1 2026-11-23T12:00:00Z h app \(number) - - \($0)" }
                    do { try relay.send(records) } catch { Issue.record(error) }
                }
            }
            for worker in workers { worker.join() }
            #expect(relay.waitForRecords(2000))
        }
        let records = try site.records()
        for number in 0..<8 {
            let own = records.filter { $0.contains(" app \(number) ") }.compactMap { $0.split(separator: " ").last }
            #expect(own == (0..<250).map { "\($0)" }, "in the order of the connection")
        }
    }

    /// A stop in the middle of things leaves a whole, sealed log.
    @Test func stopUnderLoadIsInOrder() throws {
        let site = Site()
        let relay = try site.makeRelay()
        try relay.start()
        let port = relay.ports[1]
        let sender = Worker {
            guard let socket = try? Socket(.tcp, port: port) else { return }
            let piece = Array(String(repeating: "<13>1 2026-11-23T12:00:00Z h app - - - more\n", count: 100).utf8)
            while (try? socket.send(piece)) != nil {}
        }
        #expect(relay.waitForRecords(2000))
        relay.stop()
        sender.join()
        #expect(try site.records().count >= 2000)
    }

    /// A collector that is not there does not hold up the end for longer than `drain`.
    @Test func drainEnds() throws {
        let site = Site()
        let text = Site.configuration + "drain: 50ms\ndestinations: [{name: gone, type: tcp, address: 127.0.0.1:1}]\n"
        try site.withRelay(text) { relay in
            try relay.send(["kept"])
            #expect(relay.waitForRecords(1))
        }
        #expect(try site.records().count == 2)
    }

    /// What a relay delivers to another is verifiable there, by the keys of both.
    @Test(arguments: ["tcp", "tls"])
    func relaysInARow(_ transport: String) throws {
        let certificates = TestCertificates.shared
        let (first, second) = (Site(), Site())
        func files(_ name: String) -> String {
            "certificate_file: \(certificates.certificate(name)), key_file: \(certificates.key(name))"
        }
        let authority = certificates.certificate("ca")
        let isTLS = transport == "tls"
        let listener =
            isTLS ? "{tls: 127.0.0.1:0, \(files("server")), client_ca_file: \(authority)" : "{tcp: 127.0.0.1:0"
        let upstream = """
            data: ledger
            listeners: [\(listener), trusted_relay: true}]
            metrics: off
            stream: {origin: upstream.example.net/all, batch: {age: 1h, idle: 1h}, sync: {interval: 1ms}}
            """
        try second.withRelay(upstream) { relay in
            let address = "127.0.0.1:\(relay.ports[0])"
            let collector = isTLS ? "type: tls, \(files("client")), ca_file: \(authority)" : "type: tcp"
            let text = Site.configuration + "destinations: [{name: up, address: \"\(address)\", \(collector)}]\n"
            try first.withRelay(text) { downstream in
                try downstream.send((0..<10).map { "<13>1 2026-11-23T12:00:00Z h app - - - \($0)" })
                #expect(downstream.waitForRecords(10))
                func metric(_ name: String) throws -> Int? {
                    try downstream.metric("waxwing_destination_\(name){destination=\"up\"}")
                }
                #expect(try waitUntil { try metric("lag_records") == 0 }, "a collector that is quiet is not behind")
                #expect(try metric("confirmed_index") == 0 && metric("lag_seconds") == 0)
            }
            #expect(relay.waitForRecords(11))
        }
        #expect(try second.records().count == 12)
        let seen = try first.verify(second.segments())
        #expect(seen.outcome == .complete)
        #expect(seen.verifiedRecords == 11)
    }
}
