/// The index template of the data stream that documents go to: which field is of which type.
///
/// Fields that it does not name are kept and not indexed, so that no record changes the mapping or is refused for it.
public struct IndexTemplate: Sendable {
    /// Whose template it is: two things have different names.
    public enum Flavour: String, Sendable {
        case elasticsearch
        case openSearch = "opensearch"
    }

    public let dataStream: String
    public let flavour: Flavour

    public init(dataStream: String, flavour: Flavour) {
        self.dataStream = dataStream
        self.flavour = flavour
    }

    /// The template's name.
    public var name: String { "waxwing-\(dataStream)" }

    /// The body of `PUT _index_template/NAME`, over several lines.
    public var json: String { Node.object(members).text(indent: "") + "\n" }

    /// Built-in templates for `logs-*-*` have priorities of 100 to 200.
    private static let priority = 500

    private var members: [(String, Node)] {
        [
            ("index_patterns", .list([.text(dataStream)])),
            ("priority", .number(Self.priority)),
            ("data_stream", .object([])),
            (
                "template",
                .object([
                    ("settings", .object([("index.codec", .text("best_compression"))])),
                    (
                        "mappings",
                        .object([
                            ("dynamic", .boolean(false)), ("date_detection", .boolean(false)),
                            ("properties", properties),
                        ])
                    ),
                ])
            ),
            (
                "_meta",
                .object([
                    ("description", .text("Records of Waxwing, ECS \(ECSNames.version)")),
                    ("managed_by", .text("waxwing setup elasticsearch")),
                ])
            ),
        ]
    }

    // MARK: - Mappings

    private enum FieldType {
        case keyword, long, date, ip, text, flattened
        /// Kept, and not searched for: the line as a whole.
        case stored
        /// The same in all documents.
        case constant(String)
    }

    private static let fields: [(path: String, type: FieldType)] = [
        ("@timestamp", .date), ("message", .text), ("ecs.version", .keyword),
        ("event.original", .stored), ("event.sequence", .long), ("event.kind", .keyword), ("event.category", .keyword),
        ("event.type", .keyword), ("event.action", .keyword), ("event.outcome", .keyword), ("event.code", .keyword),
        ("event.severity", .long), ("event.duration", .long), ("event.provider", .keyword), ("event.module", .keyword),
        ("event.dataset", .keyword), ("event.reason", .keyword),
        ("log.level", .keyword), ("log.origin.file.name", .keyword), ("log.origin.file.line", .long),
        ("log.syslog.priority", .long), ("log.syslog.facility.code", .long),
        ("log.syslog.facility.name", .keyword), ("log.syslog.severity.code", .long),
        ("log.syslog.severity.name", .keyword), ("log.syslog.version", .keyword), ("log.syslog.hostname", .keyword),
        ("log.syslog.appname", .keyword), ("log.syslog.procid", .keyword), ("log.syslog.msgid", .keyword),
        ("log.syslog.structured_data", .flattened),
        ("host.name", .keyword), ("host.hostname", .keyword), ("process.name", .keyword), ("process.pid", .long),
        ("observer.vendor", .keyword), ("observer.product", .keyword), ("observer.type", .keyword),
        ("observer.name", .keyword), ("observer.version", .keyword),
        ("service.name", .keyword), ("service.type", .keyword), ("service.version", .keyword),
        ("source.ip", .ip), ("source.port", .long), ("source.geo.country_iso_code", .keyword),
        ("source.geo.city_name", .keyword), ("source.as.number", .long), ("source.as.organization.name", .keyword),
        ("user.name", .keyword), ("user.id", .keyword), ("user.target.name", .keyword),
        ("user.target.id", .keyword), ("device.id", .keyword), ("headscale", .flattened),
        ("url.path", .keyword), ("error.message", .text), ("http.request.method", .keyword),
        ("http.response.status_code", .long), ("http.response.body.bytes", .long),
        ("related.ip", .ip), ("related.user", .keyword),
        ("waxwing.log", .keyword), ("waxwing.index", .long), ("waxwing.redacted.rules", .keyword),
        ("waxwing.redacted.count", .long), ("waxwing.sender_node", .keyword), ("waxwing.sender_node_id", .keyword),
    ]

    private var properties: Node {
        var tree = Tree()
        for field in Self.fields + dataStreamFields {
            tree.insert(field.path.split(separator: ".")[...], mapping(field.type))
        }
        return tree.node
    }

    /// `data_stream.*`, which Kibana's filters ask for, if the name has the three parts of its naming scheme.
    private var dataStreamFields: [(path: String, type: FieldType)] {
        let parts = dataStream.split(separator: "-", maxSplits: 2).map(String.init)
        guard flavour == .elasticsearch, parts.count == 3 else { return [] }
        return zip(["type", "dataset", "namespace"], parts).map { ("data_stream.\($0)", .constant($1)) }
    }

    private func mapping(_ type: FieldType) -> Node {
        switch type {
        case .keyword: .object([("type", .text("keyword")), ("ignore_above", .number(1024))])
        case .long: .object([("type", .text("long"))])
        case .date: .object([("type", .text("date"))])
        case .ip: .object([("type", .text("ip")), ("ignore_malformed", .boolean(true))])
        case .text where flavour == .elasticsearch: .object([("type", .text("match_only_text"))])
        case .text: .object([("type", .text("text")), ("norms", .boolean(false))])
        case .flattened where flavour == .elasticsearch:
            .object([("type", .text("flattened")), ("ignore_above", .number(1024))])
        case .flattened: .object([("type", .text("flat_object"))])
        case .stored:
            .object([("type", .text("keyword")), ("index", .boolean(false)), ("doc_values", .boolean(false))])
        case .constant(let value): .object([("type", .text("constant_keyword")), ("value", .text(value))])
        }
    }
}

// MARK: - JSON

/// Properties within properties, in the order in which they came.
private struct Tree {
    private var children: [(name: Substring, tree: Tree)] = []
    private var mapping: Node?

    mutating func insert(_ path: ArraySlice<Substring>, _ mapping: Node) {
        guard let name = path.first else {
            self.mapping = mapping
            return
        }
        if !children.contains(where: { $0.name == name }) { children.append((name, Tree())) }
        guard let place = children.firstIndex(where: { $0.name == name }) else { return }
        children[place].tree.insert(path.dropFirst(), mapping)
    }

    /// The members of `properties`.
    var node: Node { .object(children.map { (String($0.name), $0.tree.property) }) }

    private var property: Node { mapping ?? .object([("properties", node)]) }
}

/// A JSON value whose texts need no escapes.
private indirect enum Node {
    case object([(String, Node)])
    case list([Node])
    case text(String)
    case number(Int)
    case boolean(Bool)

    func text(indent: String) -> String {
        switch self {
        case .object(let members) where members.isEmpty: return "{}"
        case .object(let members):
            let isShort = members.allSatisfy { $0.1.isScalar } && !indent.isEmpty
            let inner = isShort ? "" : indent + "  "
            let texts = members.map { "\(inner)\"\($0.0)\": \($0.1.text(indent: indent + "  "))" }
            return isShort
                ? "{" + texts.joined(separator: ", ") + "}" : "{\n" + texts.joined(separator: ",\n") + "\n\(indent)}"
        case .list(let elements): return "[" + elements.map { $0.text(indent: indent) }.joined(separator: ", ") + "]"
        case .text(let text): return "\"\(text)\""
        case .number(let number): return "\(number)"
        case .boolean(let value): return value ? "true" : "false"
        }
    }

    private var isScalar: Bool {
        switch self {
        case .object, .list: false
        case .text, .number, .boolean: true
        }
    }
}
