import Testing

@testable import Settings

@Suite struct ValueTests {
    // MARK: - Sizes and durations

    @Test(arguments: [
        ("0", 0), ("1", 1), ("512B", 512), ("64KiB", 65_536), ("64 KiB", 65_536), ("1MiB", 1 << 20), ("8GiB", 8 << 30),
        ("1KB", 1000), ("5MB", 5_000_000), ("2GB", 2_000_000_000), ("007KiB", 7168), ("9223372036854775807", Int.max),
        ("9223372036854775808", Int.max), ("9007199254740992GiB", Int.max), ("", nil), ("KiB", nil), ("1kb", nil),
        ("1  KiB", nil), ("1KiB ", nil), (" 1KiB", nil), ("-1", nil), ("+1", nil), ("1.5MiB", nil), ("1TiB", nil),
        ("1K", nil),
        ("٣KiB", nil), ("1KiB1", nil),
    ])
    func size(_ text: String, _ bytes: Int?) {
        #expect(Size.parse(text) == bytes)
    }

    @Test(arguments: [
        ("0", 0), ("0s", 0), ("50ms", 50), ("5s", 5000), ("1m", 60_000), ("2h", 7_200_000), ("30d", 2_592_000_000),
        ("1 h", 3_600_000), ("99999999999999999999d", Int.max), ("1000000000000000d", Int.max), ("", nil), ("5", nil),
        ("s", nil), ("5S", nil), ("1h30m", nil), ("1.5s", nil), ("-1s", nil), ("5us", nil), ("00", nil),
    ])
    func duration(_ text: String, _ milliseconds: Int?) {
        #expect(Span.parse(text) == milliseconds)
    }

    @Test(arguments: [0, 1, 512, 1000, 1023, 1024, 1025, 65_536, 1_000_000, 1 << 20, (1 << 20) + 1024, 8 << 30, .max])
    func sizesComeBack(_ bytes: Int) {
        #expect(Size.parse(Size.format(bytes)) == bytes)
    }

    @Test(arguments: [0, 1, 50, 999, 1000, 1001, 60_000, 61_000, 3_600_000, 86_400_000, 90_000_000])
    func durationsComeBack(_ milliseconds: Int) {
        #expect(Span.parse(Span.format(milliseconds)) == milliseconds)
        #expect(Span.milliseconds(.milliseconds(milliseconds)) == milliseconds)
    }

    // MARK: - Addresses

    @Test(arguments: [
        ("127.0.0.1:5514", "127.0.0.1", 5514), ("[::1]:5514", "::1", 5514), (":5514", "", 5514), ("*:5514", nil, nil),
        ("relay.example.net:6514", "relay.example.net", 6514), ("my_host-1:1", "my_host-1", 1), ("h:0", "h", 0),
        ("h:65535", "h", 65_535), ("[fe80::1%eth0]:1", "fe80::1%eth0", 1),
        ("[::ffff:192.0.2.1]:1", "::ffff:192.0.2.1", 1),
        ("h:65536", nil, nil), ("h:00514", "h", 514), ("h:000514", nil, nil), ("h:", nil, nil), ("h", nil, nil),
        ("", nil, nil), (":", nil, nil), ("[]:1", nil, nil), ("[::1]", nil, nil), ("[::1", nil, nil),
        ("::1:1", nil, nil),
        ("[127.0.0.1]:1", nil, nil), ("256.0.0.1:1", nil, nil), ("1.2.3:1", nil, nil), ("1.2.3.4.5:1", nil, nil),
        ("-h:1", nil, nil), ("h-:1", nil, nil), ("h..x:1", nil, nil), ("h x:1", nil, nil), ("h:1x", nil, nil),
        ("h:+1", nil, nil), ("h:-1", nil, nil), ("[fe80::1%]:1", nil, nil), ("a:b:1", nil, nil), ("bücher:1", nil, nil),
        ("h:١", nil, nil), ("udp://h:1", nil, nil), ("h\u{0}:1", nil, nil),
    ])
    func address(_ text: String, _ host: String?, _ port: Int?) {
        let address = try? Kind<Settings.Address>.parse(text, ports: 0...65_535, wildcard: true)
        #expect(address?.host == host)
        #expect(address?.port == port)
        if let address {
            #expect(
                try! Kind<Settings.Address>.parse(address.description, ports: 0...65_535, wildcard: true) == address)
        }
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.255.0.9", true), ("::1", true), ("localhost", true), ("", false), ("0.0.0.0", false),
        ("127.example.net", false), ("127.0.0.1.example.net", false), ("::", false), ("192.0.2.1", false),
        ("localhost.example.net", false),
    ])
    func loopback(_ host: String, _ expected: Bool) {
        #expect(Settings.Address(host: host, port: 1).isLoopback == expected)
    }

    @Test func hostNameLengths() {
        let label = String(repeating: "a", count: 63)
        #expect(IPAddress.isHostName(label))
        #expect(!IPAddress.isHostName(label + "a"))
        let longest = Array(repeating: label, count: 3).joined(separator: ".") + "." + String(repeating: "b", count: 61)
        #expect(longest.utf8.count == 253 && IPAddress.isHostName(longest))
        #expect(!IPAddress.isHostName(longest + "b"))
    }

    // MARK: - Fingerprints and zones

    @Test func fingerprints() throws {
        let bytes = (0..<32).map { UInt8($0 * 8) }
        let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        for text in [digits.joined(), digits.joined(separator: ":"), digits.joined().uppercased()] {
            let fingerprint = try #require(Settings.Fingerprint("sha256:\(text)"))
            #expect(fingerprint.bytes == bytes)
            #expect(Settings.Fingerprint(fingerprint.description) == fingerprint)
        }
        let refused = [
            "", "sha256:", "sha256:AB", digits.joined(), "sha1:\(digits.joined())",
            "sha256:\(digits.joined(separator: "-"))",
            "sha256:\(digits.joined())00", "sha256:\(digits.joined(separator: ":")):",
            "sha256:g\(digits.joined().dropFirst())",
            "sha256:\(digits.dropLast().joined(separator: ":")):+1", "sha256: \(digits.joined())",
        ]
        for text in refused { #expect(Settings.Fingerprint(text) == nil, "\(text)") }
    }

    @Test(arguments: [
        ("UTC", Settings.TimeZone.utc), ("Z", .utc), ("+00:00", .utc), ("-00:00", .utc),
        ("+02:00", .offset(seconds: 7200)),
        ("-03:30", .offset(seconds: -12_600)), ("+23:59", .offset(seconds: 86_340)),
        ("Europe/Zurich", .named("Europe/Zurich")),
        ("America/Argentina/Buenos_Aires", .named("America/Argentina/Buenos_Aires")),
        ("Etc/GMT+5", .named("Etc/GMT+5")),
        ("+24:00", nil), ("+1:00", nil), ("+01:60", nil), ("+0100", nil), ("", nil), ("/etc", nil), ("..", nil),
        ("a/../b", nil),
        ("a//b", nil), ("a/", nil), ("a b", nil), ("+٠١:00", nil), ("a/b/c/d", nil),
    ])
    func timeZone(_ text: String, _ expected: Settings.TimeZone?) {
        let zone = Settings.TimeZone(text)
        #expect(zone == expected)
        if let zone { #expect(Settings.TimeZone(zone.description) == zone) }
    }

    // MARK: - YAML's types

    @Test(arguments: [
        ("", ScalarType.null), ("~", .null), ("null", .null), ("NULL", .null), ("nULL", .text), ("true", .boolean),
        ("False", .boolean), ("yes", .text), ("off", .text), ("0", .integer), ("-1", .integer), ("+12", .integer),
        ("0x1F", .integer), ("0o17", .integer), ("0x", .text), ("0o8", .text), ("1.5", .number), ("1.", .number),
        (".5", .number),
        ("1e3", .number), ("-1.5E-3", .number), (".inf", .number), ("-.Inf", .number), (".nan", .number),
        ("-.nan", .text),
        (".", .text), ("-", .text), ("+", .text), ("1e", .text), ("1e+", .text), ("e3", .text), ("1.2.3", .text),
        ("12:30", .text), ("1_000", .text), ("5s", .text),
    ])
    func plainScalar(_ text: String, _ type: ScalarType) {
        #expect(ScalarType(plain: text) == type)
    }

    // MARK: - Suggestions

    @Test(arguments: [
        ("lisen", "listen"), ("listne", "listen"), ("LISTEN", "listen"), ("max_conections", "max_connections"),
        ("maxconnections", "max_connections"), ("key_passphrase", "key_passphrase_file"), ("pat", "path"), ("x", nil),
        ("", nil),
        ("listener_address", nil), (String(repeating: "listen", count: 11), nil),
    ])
    func suggestion(_ name: String, _ expected: String?) {
        let names = ["listen", "max_connections", "key_passphrase_file", "path"]
        #expect(Suggestion.closest(to: name, among: names) == expected)
    }

    @Test(arguments: [
        ("", "", 0), ("a", "", 1), ("", "ab", 2), ("abc", "abc", 0), ("abc", "acb", 1), ("abc", "xbc", 1),
        ("abc", "ab", 1),
        ("kitten", "sitting", 3), ("ca", "abc", 3),
    ])
    func distance(_ first: String, _ second: String, _ expected: Int) {
        #expect(Suggestion.distances(Array(first.utf8), Array(second.utf8)).last == expected)
    }
}
