import Delivery
import Settings

/// Tries out a destination over HTTP, whose files have been opened already.
struct HTTPDestinationCheck {
    private typealias Result = (SetupCheck.Finding.Level, String)

    private let destination: Settings.Destination
    private let setup: HTTPDestinationSetup

    init(_ destination: Settings.Destination, _ setup: HTTPDestinationSetup) {
        self.destination = destination
        self.setup = setup
    }

    /// What there is to say of it. With `connecting`, each server is asked; throws why one cannot be used.
    func run(connecting: Bool) throws -> (SetupCheck.Finding.Level, String) {
        var results: [Result] = []
        for node in setup.options.nodes.indices { results.append(try check(node, connecting: connecting)) }
        results += risks.map { (.warning, $0) }
        let isWarning = results.contains { $0.0 == .warning }
        return (isWarning ? .warning : .ok, results.map(\.1).joined(separator: "; "))
    }

    private func check(_ node: Int, connecting: Bool) throws -> Result {
        let server = setup.options.nodes[node]
        guard connecting else { return SetupCheck.resolve(server.host, port: server.port) }
        let place = "\(server.host):\(server.port)"
        switch setup.dialect {
        case .elasticsearch(let dialect):
            try ask(node, place, dialect.greeting) { ElasticsearchDialect.objection($0) }
            let template = try answer(node, place, dialect.templateQuestion)
            guard template.isSuccess else {
                return (
                    .warning,
                    "\(place) answers, and \(dialect.template(.elasticsearch).name) is not there: "
                        + "run waxwing setup elasticsearch --destination \(destination.name)"
                )
            }
            return (.ok, "\(place) answers, and has the index template")
        case .webHook:
            try ask(node, place, HTTPRequest(.OPTIONS, "/")) { _ in nil }
            return (.ok, "connected to \(place)")
        case .splunk(let dialect):
            try ask(node, place, HTTPRequest(.GET, SplunkDialect.healthPath)) { dialect.objectionToHealth($0) }
            guard dialect.wantsAcknowledgements else { return (.ok, "\(place) is healthy") }
            let target = HTTPTarget(node: node, channel: "00000000-0000-4000-8000-000000000000")
            try ask(node, place, dialect.acknowledgementRequest([0], to: target)) { answer in
                guard case .failure(let failure) = dialect.confirmed(answer) else { return nil }
                switch failure {
                case .halt(let reason), .retry(let reason): return reason
                }
            }
            return (.ok, "\(place) is healthy and acknowledges")
        }
    }

    private func ask(
        _ node: Int, _ place: String, _ request: HTTPRequest, objection: (HTTPAnswer) -> String?
    ) throws {
        if let objection = objection(try answer(node, place, request)) {
            throw SetupCheck.Unreachable("\(place): \(objection)")
        }
    }

    private func answer(_ node: Int, _ place: String, _ request: HTTPRequest) throws -> HTTPAnswer {
        do {
            return try HTTPProbe.ask(setup.options, node: node, request)
        } catch {
            throw SetupCheck.Unreachable("no answer from \(place): \(error)")
        }
    }

    /// What may be meant as it is, and can cost records or secrets.
    private var risks: [String] {
        switch destination.kind {
        case .splunk(let splunk):
            (splunk.acknowledgements
                ? []
                : [
                    "without acknowledgements, records that Splunk has taken and not yet indexed are lost when an indexer "
                        + "dies or restarts"
                ]) + plainText(splunk.client, carries: "the token and all records")
        case .elasticsearch(let elasticsearch):
            plainText(elasticsearch.client, carries: "credentials and all records")
        case .http(let hook): plainText(hook.client, carries: "all records")
        case .tls, .tcp, .file: []
        }
    }

    private func plainText(_ client: Settings.HTTPClient, carries: String) -> [String] {
        let open = client.urls.filter { !$0.isSecure && !Settings.isLoopback($0.host) }
        return open.map { "\(carries) go to \($0.host) without encryption: use https" }
    }
}
