import Testing

@testable import Headscale

@Suite struct PeerOfRequestTests {
    private func peer(_ text: String) -> [String?]? {
        let bytes = Array(text.utf8)
        guard let peer = PeerOfRequest(unsafe bytes.span.bytes, 0..<bytes.count) else { return nil }
        return [
            String(decoding: bytes[peer.address], as: UTF8.self),
            peer.port.map { String(decoding: bytes[$0], as: UTF8.self) },
        ]
    }

    @Test(arguments: [
        ("192.0.2.1:443", ["192.0.2.1", "443"]), ("192.0.2.255", ["192.0.2.255", nil]),
        ("[2001:db8::77]:52110", ["2001:db8::77", "52110"]), ("2001:db8::1", ["2001:db8::1", nil]),
        ("[::1]", ["::1", nil]), ("::", ["::", nil]), ("[fe80::1%eth0]:9", ["fe80::1%eth0", "9"]),
        ("::ffff:192.0.2.1", ["::ffff:192.0.2.1", nil]),
    ]) func addresses(_ text: String, _ expected: [String?]) {
        #expect(peer(text) == expected)
    }

    @Test(arguments: [
        "", "x", "example.com:80", "192.0.2.256:1", "192.0.2.1:65536", "192.0.2.1:", "192.0.2.1:x", "192.0.2.1x",
        "192.0.2", "1.2.3.4.5", "010.0.0.1:80", "1.2.03.4", "[::1", "[::1]x", "[::1]:", "[]:1", "[", "12345::", "a:b",
        ":", "@",
        "1:2:3:4:5:6:7:8:9:a",
        "fe80::1%", "fe80::1%a\"]", String(repeating: "1", count: 100),
    ]) func othersAreNone(_ text: String) {
        #expect(peer(text) == nil)
    }

    @Test func firstWithAPortInAText() {
        let bytes = Array("http: TLS handshake error from 198.51.100.77:52110: EOF".utf8)
        let peer = PeerOfRequest(in: unsafe bytes.span.bytes, 0..<bytes.count)
        #expect(peer.map { String(decoding: bytes[$0.address], as: UTF8.self) } == "198.51.100.77")
        for text in ["derp: accept: 1.2.3.4 is nobody", "STUN server started at [::]:3478", "listening on 0.0.0.0:80"] {
            let none = Array(text.utf8)
            #expect(PeerOfRequest(in: unsafe none.span.bytes, 0..<none.count) == nil)
        }
    }
}
