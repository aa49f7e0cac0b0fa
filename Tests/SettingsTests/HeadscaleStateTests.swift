import Testing

@testable import Settings

@Suite struct HeadscaleStateTests {
    private func complaint(_ text: String) -> String {
        do {
            _ = try Settings.parse(text)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func allKeysOfTheAPI() throws {
        let headscale = try #require(
            try Settings.parse(
                """
                headscale:
                  api:
                    url: https://hs.example.net/base/
                    key_file: key
                    ca_file: ca.pem
                  interval: 5s
                  watch: false
                """, baseDirectory: "/etc/waxwing"
            ).headscale)
        let api = try #require(headscale.api)
        #expect(api.url?.description == "https://hs.example.net:443/base")
        #expect(api.keyFile == "/etc/waxwing/key" && api.authorityFile == "/etc/waxwing/ca.pem")
        #expect(headscale.interval == .seconds(5) && !headscale.watches)
    }

    @Test func otherWays() throws {
        func headscale(_ text: String) throws -> Settings.Headscale? { try Settings.parse(text).headscale }
        #expect(try headscale("headscale: {api: {socket: /run/h.sock}}")?.api?.socket == "/run/h.sock")
        let oauth = try headscale(
            "headscale: {api: {url: https://h, oauth: {client_id: k4, secret_file: s}}}")?.api?.oauth
        #expect(oauth?.id == "k4" && oauth?.secretFile == "s")
        #expect(try headscale("headscale: {database: /db.sqlite}")?.database == "/db.sqlite")
        let file = try headscale("headscale: {file: nodes.yaml}")
        #expect(file?.file == "nodes.yaml" && file?.interval == .seconds(30) && file?.watches == true)
        #expect(try headscale("headscale: {api: {url: 'http://[::1]:8080', key_file: k}}")?.api != nil)
    }

    @Test(arguments: [
        ("headscale: {api: {}}", "say where the API is"),
        ("headscale: {api: {url: https://h}}", "neither key_file nor oauth is given"),
        ("headscale: {api: {url: http://hs.example.net, key_file: k}}", "without encryption"),
        ("headscale: {api: {url: https://h, key_file: k, oauth: {client_id: a, secret_file: s}}}", "oauth"),
        ("headscale: {api: {url: https://h, socket: /s, key_file: k}}", "socket"),
        ("headscale: {api: {socket: /s}, database: d}", "database"), ("headscale: {database: d, file: f}", "file"),
        ("headscale: {database: d, interval: 500ms}", "is not from 1s to 1h"),
        ("headscale: {api: {url: https://h, key: secret}}", "did you mean \"key_file\""),
    ])
    func mistakes(text: String, message: String) {
        #expect(complaint(text).contains(message), "\(complaint(text))")
    }
}
