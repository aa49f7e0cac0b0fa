import Testing

@testable import Settings

@Suite struct HTTPDestinationTests {
    private func kind(_ text: String) throws -> Settings.Destination.Kind {
        try #require(try Settings.parse("destinations: [{name: a, \(text)}]").destinations.first).kind
    }

    private func complaint(_ text: String) -> String {
        do {
            _ = try kind(text)
            return ""
        } catch {
            return "\(error)"
        }
    }

    // MARK: - URLs

    @Test(arguments: [
        ("https://splunk.example.net", "https://splunk.example.net:8088"),
        ("http://127.0.0.1:1/prefix//", "http://127.0.0.1:1/prefix"),
        ("HTTPS://[::1]/p", "https://[::1]:8088/p"), ("https://[::1]:1/p", "https://[::1]:1/p"),
    ])
    func baseURLs(text: String, expected: String) throws {
        guard case .splunk(let splunk) = try kind("type: splunk, ca_file: c, token_file: t, urls: ['\(text)']") else {
            return #expect(Bool(false), "it is another kind")
        }
        #expect(splunk.client.urls.map(\.description) == [expected])
    }

    @Test(arguments: [
        "splunk.example.net:8088", "ftp://h", "https://", "https://h:0", "https://h:x", "https://u:p@h",
        "https://h/p?q",
        "https://h/p#f", "https://h/a b", "https://1.2.3.4.5", "https://[::1", "https://h?q",
    ])
    func otherTextIsNoBaseURL(text: String) {
        #expect(
            complaint("type: splunk, ca_file: c, token_file: t, urls: [\"\(text)\"]").contains("urls[0]"), "\(text)")
    }

    @Test func aPasswordInAURLIsNotShown() {
        let text = complaint("type: http, ca_file: c, url: \"https://user:hunter2@h/\"")
        #expect(text.contains("has a user or a password in it") && !text.contains("hunter2"))
    }

    @Test func aWebHooksURLKeepsItsQuery() throws {
        guard case .http(let hook) = try kind("type: http, ca_file: c, url: \"https://h/in?a=b\"") else {
            return #expect(Bool(false), "it is another kind")
        }
        #expect(hook.client.urls.map(\.description) == ["https://h:443/in?a=b"])
        #expect(hook.format == .ndjson && hook.client.isCompressed && hook.headers.isEmpty && hook.hmacKeyFile == nil)
    }

    // MARK: - Who the server is

    @Test func httpsNeedsAnAuthority() throws {
        #expect(
            complaint("type: splunk, token_file: t, urls: [https://h]").contains("neither ca_file nor fingerprints"))
        #expect(complaint("type: http, url: https://h").contains("neither ca_file nor fingerprints"))
        #expect(complaint("type: http, url: http://h").isEmpty)
        #expect(complaint("type: http, url: https://h, ca_file: c, key_file: k").contains("certificate_file"))
    }

    // MARK: - Templates

    @Test(arguments: ["", "main", "{hostname}", "a{app_name}b{procid}{msgid}", "{facility}.{severity}"])
    func templatesComeBack(text: String) throws {
        guard case .splunk(let splunk) = try kind("type: splunk, token_file: t, urls: [http://h], index: \"\(text)\"")
        else { return #expect(Bool(false), "it is another kind") }
        #expect(splunk.index.description == text && splunk.index.isEmpty == text.isEmpty)
    }

    @Test(arguments: ["{", "}", "{}", "{host}", "a{hostname", "{{hostname}}"])
    func whatIsNoTemplateIsRefused(text: String) {
        #expect(complaint("type: splunk, token_file: t, urls: [http://h], index: \"\(text)\"").contains("braces"))
    }

    // MARK: - Header fields

    @Test(arguments: [
        ("{name: X-A, value: b}", ""), ("{name: X-A, value_file: b}", ""),
        ("{name: X-A}", "neither value nor value_file"),
        ("{name: X-A, value: b, value_file: b}", "both value and value_file"),
        ("{name: 'a b', value: c}", "not the name"),
        ("{name: Content-Length, value: c}", "the relay sets Content-Length itself"),
        ("{name: X-A, value: \"a\\nb\"}", "not the value"),
    ])
    func headerFields(field: String, message: String) {
        let text = complaint("type: http, url: http://h, headers: [\(field)]")
        #expect(message.isEmpty ? text.isEmpty : text.contains(message), "\(text)")
    }
}
