import Delivery
import Seal
public import Settings

/// Makes the index template and the data stream of an Elasticsearch destination. To do so again changes nothing but
/// what a new version of the relay has changed.
public struct ElasticsearchSetup {
    /// Why it cannot be done, and what to do.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    private let options: HTTPDestinationOptions
    private let dialect: ElasticsearchDialect
    private let dataStream: String

    /// For the destination `name`; where there is only one of the kind, its name may be left out. Opens its files.
    public init(_ settings: Settings, destination name: String?) throws {
        let candidates = settings.destinations.filter { destination in
            if case .elasticsearch = destination.kind { name == nil || destination.name == name } else { false }
        }
        guard let destination = candidates.first, case .elasticsearch(let elasticsearch) = destination.kind else {
            throw Failure(
                description: name.map { "there is no destination \"\($0)\" of type elasticsearch" }
                    ?? "there is no destination of type elasticsearch")
        }
        guard candidates.count == 1 else {
            let names = candidates.map(\.name).joined(separator: ", ")
            throw Failure(description: "there are several destinations of type elasticsearch; give one of \(names)")
        }
        let setup = try HTTPDestinationSetup(destination, tag: LogTag(rawValue: 0))
        guard let setup, case .elasticsearch(let dialect) = setup.dialect else {
            preconditionFailure("the destination is of that kind")
        }
        options = setup.options
        self.dialect = dialect
        dataStream = elasticsearch.dataStream
    }

    /// The body of the index template.
    public func template(forOpenSearch: Bool) -> String {
        dialect.template(forOpenSearch ? .openSearch : .elasticsearch).json
    }

    /// Does it at the first node that answers, and tells `say` what was done. Throws why the server does not let it.
    public func run(_ say: (String) -> Void) throws {
        let (node, greeting) = try firstAnswer()
        let server = options.nodes[node]
        let place = "\(server.host):\(server.port)"
        try check(greeting, place)
        let flavour = ElasticsearchDialect.flavour(greeting)
        try check(HTTPProbe.ask(options, node: node, dialect.makeTemplate(flavour)), place)
        say("index template \(dialect.template(flavour).name) made for \(flavour.rawValue) at \(place)")
        let answer = try HTTPProbe.ask(options, node: node, dialect.makeDataStream)
        if ElasticsearchDialect.saysIsThere(answer) {
            return say("data stream \(dataStream) is there; the template holds from its next rollover on")
        }
        try check(answer, place)
        say("data stream \(dataStream) made")
    }

    private func firstAnswer() throws -> (node: Int, HTTPAnswer) {
        var failures: [String] = []
        for node in options.nodes.indices {
            do {
                return (node, try HTTPProbe.ask(options, node: node, dialect.greeting))
            } catch {
                failures.append("\(error)")
            }
        }
        throw Failure(description: failures.joined(separator: "; "))
    }

    private func check(_ answer: HTTPAnswer, _ place: String) throws(Failure) {
        guard let objection = ElasticsearchDialect.objection(answer) else { return }
        throw Failure(description: "\(place): \(objection)")
    }
}
