import Glibc
import Ledger
import Synchronization
import TestSupport
import Testing
import Verify

@testable import Delivery
@testable import Relay

/// From a socket through the relay to a Splunk that misbehaves, and the dead letters.
@Suite struct WebDeliveryTests {
    /// A Splunk that fails in several ways once, then takes what it gets, but for events with "poison" in them. Only
    /// what it acknowledges it has.
    private final class Splunk: Sendable {
        private struct State {
            var taken: [String] = []
            var waiting: [String: [String]] = [:]
            var requests = 0
            var isCured = false
        }

        private let state = Mutex(State())

        var taken: [String] { state.withLock { $0.taken } }
        /// From now on nothing is poison.
        func cure() { state.withLock { $0.isCured = true } }

        func answer(_ request: WebServer.Request) -> WebServer.Conduct {
            guard request.headers.first(name: "authorization") == "Splunk 0000-token" else {
                return .answer(403, body: #"{"text":"Invalid token","code":4}"#)
            }
            let channel = request.headers.first(name: "x-splunk-request-channel") ?? "none"
            return state.withLock { state in
                if request.path.hasPrefix("/services/collector/ack") { return confirm(request.text, channel, &state) }
                state.requests += 1
                return take(request.text, channel, &state)
            }
        }

        private func take(_ body: String, _ channel: String, _ state: inout State) -> WebServer.Conduct {
            switch state.requests {
            case 1: return .answer(503, headers: [("retry-after", "0")], body: "<html>proxy</html>")
            case 2: return .reset
            case 3: return .answer(413)
            case 4: return .answer(404, body: "<html>not here</html>")
            default: break
            }
            let events = body.split(separator: "\n").map(String.init)
            if !state.isCured, let poison = events.firstIndex(where: { $0.contains("poison") }) {
                return .answer(
                    400, body: #"{"text":"Invalid data format","code":6,"invalid-event-number":\#(poison)}"#)
            }
            state.waiting["\(channel) \(state.requests)"] = events
            return .answer(200, body: #"{"text":"Success","code":0,"ackId":\#(state.requests)}"#)
        }

        private func confirm(_ body: String, _ channel: String, _ state: inout State) -> WebServer.Conduct {
            let numbers = body.split { !$0.isNumber }.map(String.init)
            let answers = numbers.map { number -> String in
                let events = state.waiting.removeValue(forKey: "\(channel) \(number)")
                state.taken += events ?? []
                return "\"\(number)\":\(events != nil)"
            }
            return .answer(200, body: "{\"acks\":{\(answers.joined(separator: ","))}}")
        }
    }

    private func configuration(_ site: Site, port: Int) -> String {
        site.folder.write("token", "0000-token\n")
        unsafe chmod(site.folder.path("token"), 0o600)
        return Site.configuration + """
            destinations:
            - {name: siem, type: splunk, urls: ["http://127.0.0.1:\(port)"], token_file: token}

            """
    }

    private func deadLetters(_ site: Site) throws -> [DeadLetter] {
        var letters: [DeadLetter] = []
        try OpenDeadLetters(Layout(site.ledger).deadLetters).visit { letter, _ in letters.append(letter) }
        return letters
    }

    private func wait(_ condition: () throws -> Bool) rethrows -> Bool {
        for _ in 0..<5_000 {
            if try condition() { return true }
            poll(nil, 0, 2)
        }
        return false
    }

    @Test func everyRecordArrivesOrIsADeadLetter() throws {
        let site = Site()
        let splunk = Splunk()
        let server = try WebServer { request, _ in splunk.answer(request) }
        let text = configuration(site, port: server.port)
        try site.withRelay(text) { relay in
            try relay.send(
                (0..<500).map { "<13>1 2026-11-23T12:00:00Z h app - - - \($0) \($0 % 125 == 7 ? "poison" : "good")" })
            #expect(relay.waitForRecords(500))
            #expect(
                try wait { try relay.metric("waxwing_destination_confirmed_index{destination=\"siem\"}") ?? 0 >= 500 })
            #expect(try relay.metric("waxwing_destination_rejected_records_total{destination=\"siem\"}") == 4)
        }
        let letters = try deadLetters(site)
        #expect(Set(letters.map(\.key.index)) == [7, 132, 257, 382] && letters.allSatisfy { $0.status == 400 })

        splunk.cure()
        try DeadLetterRequest(.resend, destination: "siem").leave(Layout(site.ledger).deadLetters)
        try site.withRelay(text) { _ throws in #expect(try wait { try deadLetters(site).isEmpty }) }
        site.folder.write("events.ndjson", splunk.taken.joined(separator: "\n") + "\n")
        let report = try site.verify([.path(site.folder.path("events.ndjson"))])
        #expect(report.outcome == .complete, "\(report)")
    }

    /// A server that takes all but "poison", and the configuration of a relay that sends to it.
    private func poisonedHook() throws -> (server: WebServer, configuration: String) {
        let server = try WebServer { request, _ in
            request.text.contains("poison") ? .answer(422, body: "poison") : .answer(200)
        }
        let url = "http://127.0.0.1:\(server.port)/"
        return (server, Site.configuration + "destinations: [{name: siem, type: http, url: \"\(url)\"}]\n")
    }

    @Test func theSideStreamVerifies() throws {
        let site = Site()
        let (server, text) = try poisonedHook()
        defer { withExtendedLifetime(server) {} }
        try site.withRelay(text) { relay in
            try relay.send((0..<20).map { "<13>1 2026-11-23T12:00:00Z h app - - - \($0 == 5 ? "poison" : "good")" })
            #expect(try wait { try deadLetters(site).count == 1 })
        }
        let layout = Layout(site.ledger).deadLetters
        let key = String(decoding: try #require(TemporaryDirectory.contents(layout.publicKey)), as: UTF8.self)
        #expect(key.hasPrefix("\(Site.origin)/deadletters+"))
        let segments = TemporaryDirectory.names(in: layout.segments).filter { $0.hasSuffix(".segment") }
        let report = try Verification.run(
            VerifyOptions(key: key), segments.map { .path("\(layout.segments)/\($0)") })
        #expect(report.outcome == .complete && report.verifiedRecords == 2)
        #expect(try site.verify(site.segments()).outcome == .complete)
    }

    @Test func withoutSuchADestinationThereIsNoSideStream() throws {
        let site = Site()
        try site.withRelay { _ in }
        #expect(TemporaryDirectory.names(in: Layout(site.ledger).deadLetters.directory).isEmpty)
    }

    /// Too damaged to go on in, they must not keep the relay from starting: what is begun is another log.
    @Test func deadLettersThatAreBeyondRepairAreSetAside() throws {
        let site = Site()
        let (server, text) = try poisonedHook()
        defer { withExtendedLifetime(server) {} }
        func rejectOne() throws {
            try site.withRelay(text) { relay in
                try relay.send(["<13>1 2026-11-23T12:00:00Z h app - - - poison"])
                #expect(
                    try wait {
                        try relay.metric("waxwing_destination_rejected_records_total{destination=\"siem\"}") ?? 0 > 0
                    })
            }
        }
        try rejectOne()
        let layout = Layout(site.ledger).deadLetters
        try DiskFileSystem().open(layout.segment(0), .update).write([0xFF], at: 100)
        try DiskFileSystem().remove(layout.durable)
        let found = try SetupCheck(site.settings(text)).run(connecting: false).map(\.description)
        #expect(found.contains { $0.hasPrefix("warning: dead letters: their ledger will be set aside") }, "\(found)")
        try rejectOne()
        #expect(site.log.all.contains { $0.contains("the ledger of dead letters is damaged") })
        #expect(DiskFileSystem().exists("\(site.ledger)/deadletters.damaged-1/segments"))
        let key = String(decoding: TemporaryDirectory.contents(layout.publicKey) ?? [], as: UTF8.self)
        #expect(key.hasPrefix("\(Site.origin)/deadletters-2+"))
        let letters = try deadLetters(site)
        #expect(letters.count == 1)
        try site.withRelay(text) { _ throws in #expect(try deadLetters(site).count == 1) }
        // Whose log it is goes by the log, whatever became of the one that was set aside.
        try DiskFileSystem().rename(
            "\(site.ledger)/deadletters.damaged-1", to: site.folder.path("elsewhere"))
        try site.withRelay(text) { _ throws in #expect(try deadLetters(site).count == 1) }
        #expect(TemporaryDirectory.contents(layout.publicKey) == Array(key.utf8))
        #expect(!TemporaryDirectory.names(in: site.ledger).contains { $0.hasPrefix("deadletters.damaged") })
    }

    // MARK: - Check

    private func findings(_ site: Site, _ text: String, connecting: Bool = false) throws -> [String] {
        SetupCheck(try site.settings(text)).run(connecting: connecting).map {
            $0.description.replacing(site.folder.path, with: ".")
        }.filter { $0.contains("destination siem") }
    }

    @Test func checkOpensTheToken() throws {
        let site = Site()
        let text = configuration(site, port: 1)
        #expect(try findings(site, text).first?.hasPrefix("ok: destination siem: 127.0.0.1:1") == true)
        unsafe chmod(site.folder.path("token"), 0o644)
        #expect(try findings(site, text).first?.contains("chmod 600") == true)
        unsafe unlink(site.folder.path("token"))
        #expect(try findings(site, text).first?.hasPrefix("error: ") == true)
    }

    @Test(arguments: [
        (200, #"{"acks":{"0":false}}"#, "ok: ", "is healthy and acknowledges"),
        (400, #"{"text":"ACK is disabled","code":14}"#, "error: ", "switched off"),
        (403, #"{"text":"Invalid token","code":4}"#, "error: ", "does not accept the token"),
    ])
    func checkAsksSplunk(status: Int, body: String, level: String, words: String) throws {
        let site = Site()
        let server = try WebServer { request, _ in
            request.path == "/services/collector/health"
                ? .answer(200, body: #"{"text":"HEC is healthy","code":17}"#) : .answer(status, body: body)
        }
        let found = try findings(site, configuration(site, port: server.port), connecting: true)
        #expect(found.first?.hasPrefix(level) == true && found.first?.contains(words) == true, "\(found)")
    }

    @Test func checkSaysWhatIsRisky() throws {
        let site = Site()
        let text = configuration(site, port: 1).replacing(
            "token_file: token", with: "token_file: token, acknowledgements: false")
        #expect(try findings(site, text).first?.contains("lost when an indexer dies") == true)
        let open = text.replacing("http://127.0.0.1:1", with: "http://192.0.2.1:1")
        #expect(try findings(site, open).first?.contains("without encryption") == true)
    }
}
