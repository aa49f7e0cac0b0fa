import Testing

@testable import Settings

@Suite struct ElasticsearchTests {
    private func parse(_ keys: String) throws -> Settings.Destination {
        let text = "destinations: [{name: siem, type: elasticsearch, \(keys)}]"
        return try #require(try Settings.parse(text, name: "w.yaml", baseDirectory: "/etc/waxwing").destinations.first)
    }

    private func error(_ keys: String) -> String? {
        (#expect(throws: SettingsErrors.self) { try parse(keys) })?.errors.first?.message
    }

    @Test func everyKeyLandsInItsProperty() throws {
        let destination = try parse(
            """
            urls: [https://es1, "http://[::1]:9201/es/"], ca_file: ca.pem, data_stream: logs-audit-one, user: me, \
            password_file: secret, gzip: false
            """)
        guard case .elasticsearch(let elasticsearch) = destination.kind else {
            Issue.record("another kind")
            return
        }
        #expect(
            elasticsearch.client.urls.map(\.description) == ["https://es1:9200", "http://[::1]:9201/es"])
        #expect(elasticsearch.client.authorityFile == "/etc/waxwing/ca.pem" && !elasticsearch.client.isCompressed)
        #expect(elasticsearch.dataStream == "logs-audit-one" && elasticsearch.apiKeyFile == nil)
        #expect(elasticsearch.user == "me" && elasticsearch.passwordFile == "/etc/waxwing/secret")
        #expect(destination.kind.hasDeadLetters && destination.shares == 1)
    }

    @Test(arguments: [
        ("urls: [http://es], data_stream: -x", "begins with a character"),
        ("urls: [http://es], data_stream: Logs", "is not the name of a data stream"),
        ("urls: [http://es], user: me", "is given without"),
        ("urls: [http://es], api_key_file: key, user: me, password_file: secret", "both \"api_key_file\" and \"user\""),
        ("urls: [https://es]", "neither ca_file nor fingerprints"),
        ("data_stream: logs", "\"urls\" is missing"),
    ])
    func mistakes(_ keys: String, _ message: String) {
        #expect(error(keys)?.contains(message) == true)
    }

    @Test func sharesAreThoseOfASpread() throws {
        let text = """
            destinations:
              - {name: a, type: tcp, address: "a:1", more_addresses: ["b:1", "c:1"]}
              - {name: b, type: tcp, address: "a:1", more_addresses: ["b:1", "c:1"], mode: spread}
              - {name: c, type: tcp, address: "a:1", mode: spread}
            """
        #expect(try Settings.parse(text).destinations.map(\.shares) == [1, 3, 1])
    }
}
