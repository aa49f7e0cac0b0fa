import Testing

@testable import Settings

@Suite struct HeadscaleHealthTests {
    private func complaint(_ text: String) -> String {
        do {
            _ = try Settings.parse(text)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func withoutTheKeysNothingIsAsked() throws {
        let settings = try Settings.parse("queue: 8MiB")
        #expect(settings.headscale == nil && settings.geoIP == nil)
    }

    @Test func allKeys() throws {
        let settings = try Settings.parse(
            """
            headscale:
              health:
                url: https://hs.example.net/base/
                ca_file: ca.pem
                metrics_url: http://127.0.0.1:9090/metrics?a=b
                interval: 1m
            geoip: {databases: [/a.mmdb, b.mmdb]}
            """)
        let health = try #require(settings.headscale?.health)
        #expect(health.url.description == "https://hs.example.net:443/base")
        #expect(health.metricsURL?.description == "http://127.0.0.1:9090/metrics?a=b")
        #expect(health.authorityFile == "ca.pem" && health.interval == .seconds(60))
        #expect(settings.geoIP?.databases == ["/a.mmdb", "b.mmdb"])
        #expect(settings.position(of: "geoip.databases[1]").description.hasSuffix(":7:30"))
    }

    @Test func theUsualIsTheDefault() throws {
        let health = try #require(try Settings.parse("headscale: {health: {url: http://h}}").headscale?.health)
        #expect(health.url.description == "http://h:80" && health.interval == .seconds(30))
        #expect(health.authorityFile == nil && health.metricsURL == nil)
    }

    @Test(arguments: [
        ("headscale: {health: {}}", "\"url\" is missing"), ("headscale: {health: {url: hs:8080}}", "neither https"),
        ("headscale: {health: {url: http://h, interval: 500ms}}", "is not from 1s to 1h"),
        ("headscale: {health: {url: http://h, interval: 2h}}", "is not from 1s to 1h"),
        ("headscale: {health: {url: http://h, metrics_uri: http://h}}", "did you mean \"metrics_url\""),
        ("headscale: {health: {url: 'https://u:p@h'}}", "a user or a password"),
        ("geoip: {}", "\"databases\" is missing"),
        ("geoip: {databases: []}", "is empty"), ("geoip: {databases: [a, b, c, d, e]}", "at most 4"),
        ("geoip: {databases: a.mmdb}", "expected a list"),
    ])
    func mistakes(text: String, message: String) {
        #expect(complaint(text).contains(message), "\(complaint(text))")
    }
}
