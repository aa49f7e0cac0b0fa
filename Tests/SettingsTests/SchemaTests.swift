import Foundation
import Testing

@testable import Settings

@Suite struct SchemaTests {
    private static func document(_ name: String) throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appendingPathComponent("docs/\(name)"), encoding: .utf8)
    }

    private static func schema() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(SettingsSchema.json().utf8)) as? [String: Any])
    }

    // MARK: - Files in docs

    @Test func schemaFileIsCurrent() throws {
        #expect(try Self.document("waxwing.schema.json") == SettingsSchema.json(), "run: make schema")
    }

    @Test func exampleFileIsCurrent() throws {
        #expect(try Self.document("waxwing.example.yaml") == SettingsSchema.example(), "run: make schema")
    }

    @Test func exampleShowsTheDefaults() throws {
        let settings = try Settings.parse(SettingsSchema.example())
        #expect(settings.listeners.map(\.transport.name) == ["udp", "tcp", "tls"])
        let minimal = try Settings.parse(
            """
            listeners:
              - udp: 127.0.0.1:5514
              - tcp: 127.0.0.1:5514
              - {tls: "0.0.0.0:6514", certificate_file: server.pem, key_file: server.key, client_ca_file: ca.pem}
            destinations:
              - {name: tls, type: tls, address: "collector.example.net:6514", ca_file: ca.pem}
              - {name: tcp, type: tcp, address: "collector.example.net:601"}
              - {name: file, type: file, path: /var/log/waxwing/archive}
              - name: splunk
                type: splunk
                urls: ["https://splunk.example.net:8088"]
                token_file: secrets/hec-token
                ca_file: ca.pem
              - name: elasticsearch
                type: elasticsearch
                urls: ["https://elasticsearch.example.net:9200"]
                api_key_file: secrets/api-key
                ca_file: ca.pem
              - {name: http, type: http, url: "https://collector.example.net/ingest", ca_file: ca.pem}
            """)
        #expect(DecodingTests.values(settings) == DecodingTests.values(minimal))
    }

    /// Every example that is commented out is a value its key takes.
    @Test func exampleLoadsUncommented() throws {
        let commentedKey = try NSRegularExpression(pattern: "(?m)^( *)# ([a-z_]+: [^ ]+)$")
        let example = SettingsSchema.example()
        let text = commentedKey.stringByReplacingMatches(
            in: example, range: NSRange(example.startIndex..., in: example), withTemplate: "$1$2")
        // The user and the password are in its place.
        let settings = try Settings.parse(text.replacing("    api_key_file: secrets/api-key\n", with: ""))
        #expect(settings.stream.macKeyFile == "secrets/mac-key")
        #expect(settings.stream.origin == "relay1.example.net/all")
        let client = try #require(settings.destinations.first?.tls)
        #expect(client.identity?.keyFile == "relay.key")
        #expect(client.fingerprints.count == 1)
    }

    @Test func exampleFitsTheScreen() {
        for line in SettingsSchema.example().split(separator: "\n") where !line.contains("sha256:") {
            #expect(line.count <= 120)
        }
    }

    // MARK: - Schema

    @Test func everyKeyIsDocumented() throws {
        var keys = 0
        func visit(_ value: Any) {
            if let list = value as? [Any] { list.forEach(visit) }
            guard let object = value as? [String: Any] else { return }
            if let properties = object["properties"] as? [String: [String: Any]], object["type"] as? String == "object"
            {
                #expect(object["additionalProperties"] as? Bool == false)
                for (name, property) in properties {
                    keys += 1
                    let text = property["description"] as? String ?? ""
                    #expect(text.hasSuffix(".") && text.count > 10, "\(name): \(text)")
                }
            }
            object.values.forEach(visit)
        }
        visit(try Self.schema())
        #expect(keys > 60)
    }

    @Test func referencesLead() throws {
        let schema = try Self.schema()
        let definitions = try #require(schema["$defs"] as? [String: Any])
        var used: Set<String> = []
        for match in SettingsSchema.json().matches(of: /"\$ref": "#\/\$defs\/([a-z_]+)"/) {
            used.insert(String(match.1))
        }
        #expect(used == Set(definitions.keys))
    }

    /// A scalar that a schema's pattern refuses is one that decoding refuses, and the other way round, but for numbers.
    @Test(arguments: [
        ("size", "queue", ["1MiB", "16 MiB", "2GB", "4000000", "1mib", "MiB", "1.5MiB", "1MiB1", "", "8 TiB"]),
        ("duration", "drain", ["50ms", "0", "5s", "1m", "5", "5S", "1h30m", "-5s", "", "s"]),
        ("address", "metrics", ["127.0.0.1:1", "[::1]:9", "::1:9", "127.0.0.1", "localhost:80", "localhost:", ""]),
    ])
    func patternsAgree(_ name: String, _ key: String, _ values: [String]) throws {
        let definitions = try #require(try Self.schema()["$defs"] as? [String: [String: Any]])
        let pattern = try #require(definitions[name]?["pattern"] as? String)
        let expression = try NSRegularExpression(pattern: pattern)
        for value in values {
            let matches = expression.firstMatch(in: value, range: NSRange(value.startIndex..., in: value)) != nil
            let accepted = (try? Settings.parse("\(key): \"\(value)\"")) != nil
            #expect(matches == accepted, "\(value)")
        }
        let variable = "${X:-1}"
        #expect(expression.firstMatch(in: variable, range: NSRange(variable.startIndex..., in: variable)) != nil)
    }

    // MARK: - JSON

    @Test func jsonText() {
        let json: JSON = ["b": [1, true, "x\"\\\n\u{1}é"], "a": [:], "c": []]
        #expect(
            json.formatted == """
                {
                  "a": {},
                  "b": [
                    1,
                    true,
                    "x\\"\\\\\\n\\u0001é"
                  ],
                  "c": []
                }
                """)
    }
}

extension Settings.Destination {
    fileprivate var tls: Settings.TLSClient? {
        if case .tls(_, let client) = kind { client } else { nil }
    }
}
