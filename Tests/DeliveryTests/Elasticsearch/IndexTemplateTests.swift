import Testing

@testable import Delivery

@Suite struct IndexTemplateTests {
    /// The types of all fields of a template, by their paths.
    private func types(_ properties: StrictJSON?, _ path: String = "") -> [String: String] {
        guard case .object(let members) = properties else { return [:] }
        var types: [String: String] = [:]
        for (name, mapping) in members {
            if let type = mapping["type"]?.text { types[path + name] = type }
            types.merge(self.types(mapping["properties"], "\(path)\(name).")) { old, _ in old }
        }
        return types
    }

    @Test(arguments: [IndexTemplate.Flavour.elasticsearch, .openSearch])
    func templateIsOfTheDataStreamAlone(_ flavour: IndexTemplate.Flavour) throws {
        let json = try StrictJSON(IndexTemplate(dataStream: "logs-waxwing-default", flavour: flavour).json)
        #expect(json["index_patterns"] == .array([.text("logs-waxwing-default")]))
        #expect(json["data_stream"] == .object([:]))
        #expect(json["template.mappings.dynamic"] == .boolean(false))
        let types = types(json["template.mappings.properties"])
        #expect(types["event.sequence"] == "long" && types["source.ip"] == "ip" && types["@timestamp"] == "date")
        #expect(types["event.original"] == "keyword")
        let isElasticsearch = flavour == .elasticsearch
        #expect(types["message"] == (isElasticsearch ? "match_only_text" : "text"))
        #expect(types["log.syslog.structured_data"] == (isElasticsearch ? "flattened" : "flat_object"))
        #expect(types["data_stream.dataset"] == (isElasticsearch ? "constant_keyword" : nil))
    }

    /// What a document holds has a mapping, so that it can be found.
    @Test func everyFieldOfADocumentIsMapped() throws {
        // Of a change by nobody knows whom, the user is another field.
        let found = try leaves(document(of: HeadscaleParameter.allCases)).union(
            leaves(document(of: HeadscaleParameter.allCases.filter { $0 != .actor })))
        let template = try StrictJSON(IndexTemplate(dataStream: "logs", flavour: .elasticsearch).json)
        let types = types(template["template.mappings.properties"])
        #expect(found.subtracting(types.keys) == [])
        #expect(Set(types.keys).subtracting(found) == [])
    }

    private func document(of parameters: [HeadscaleParameter]) throws -> StrictJSON {
        let parameters = parameters.map { parameter in
            let value =
                switch parameter {
                case .ip: "::1"
                case .port, .status, .bytes, .elapsed, .asn: "1"
                case .outcome: "success"
                case .category: "session"
                case .method: "GET"
                case .caller: "poll.go:1"
                default: "x"
                }
            return "\(parameter.name)=\"\(value)\""
        }
        let line = """
            <34>1 2026-11-23T06:15:00Z h a 1 m [origin ip="::1"][headscale@1 node="n" \(parameters.joined(separator: " "))]\
            [received@1 sender_node="n" sender_node_id="1"][redacted@1 rule="r" n="1"][waxwing@32473 l="41342dd0" i="7"] text
            """
        let document = ECSDocument(tag: .init(rawValue: 0), observer: "relay", version: "1")
        var body = BodyWriter()
        let bytes = Array(line.utf8)
        document.write(DeliveryRecord(index: 7, line: unsafe bytes.span.bytes), into: &body)
        return try StrictJSON(unsafe body.bytes.withUnsafeBytes { unsafe Array($0) })
    }

    private func leaves(_ value: StrictJSON, _ path: String = "") -> Set<String> {
        guard case .object(let members) = value, !["log.syslog.structured_data", "headscale"].contains(path) else {
            return [path]
        }
        return members.reduce(into: []) { leaves, member in
            leaves.formUnion(self.leaves(member.value, path.isEmpty ? member.key : "\(path).\(member.key)"))
        }
    }
}
