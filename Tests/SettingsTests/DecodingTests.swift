import Settings
import Testing

@Suite struct DecodingTests {
    // MARK: - Defaults

    @Test(arguments: ["", "\n", "# nothing\n", "{}", "---\n", "---\n{}\n..."])
    func emptyMeansDefaults(_ text: String) throws {
        let settings = try Settings.parse(text)
        #expect(Self.values(settings) == Self.values(.default))
    }

    @Test func defaults() {
        let settings = Settings.default
        #expect(settings.data == "waxwing-data")
        #expect(settings.listeners.map(\.address.description) == ["127.0.0.1:5514", "127.0.0.1:5514"])
        #expect(settings.listeners.map(\.transport.name) == ["udp", "tcp"])
        #expect(settings.listeners.map(\.frameLimit) == [65_536, 65_536])
        #expect(settings.listeners.map(\.position) == [.builtIn, .builtIn])
        #expect(settings.redaction.credentials)
        #expect(settings.stream.key == .generated(path: "waxwing-data/keys/log.pem"))
        #expect(settings.destinations.isEmpty)
        #expect(settings.metrics?.description == "127.0.0.1:9514")
        #expect(settings.logLevel == .info)
    }

    // MARK: - Every key

    @Test func everyKeyLandsInItsProperty() throws {
        let settings = try Settings.parse(Self.full, environment: ["PORT": "7000"], baseDirectory: "/etc/waxwing")
        #expect(Self.values(settings) == Self.fullValues)
    }

    /// No value is its key's default, and no two of one type are equal.
    static let full = """
        data: ledger
        listeners:
          - udp: :${PORT}
            sockets: 3
            receive_buffer: 3MiB
            time_zone: Europe/Zurich  # of stamps without one
            # a comment is passed over
            frame_limit: 3KiB
          - tcp: "[::1]:7001"
            max_connections: 4
            idle_timeout: 4s
            time_zone: "-03:30"
            frame_limit: 4KiB
          - tls: relay.example.net:7002
            certificate_file: server.pem
            key_file: server.key
            client_ca_file: clients.pem
            client_fingerprints: ["sha256:\(String(repeating: "0a", count: 32))"]
            handshake_timeout: 5s
            max_connections: 6
            idle_timeout: 0
          - tls: 127.0.0.1:7003
            certificate_file: /server.pem
            key_file: /server.key
            client_authentication: none
        redaction:
          credentials: false
        stream:
          origin: relay1.example.net/all
          key: "pkcs11:token=wax"
          key_passphrase_file: pin
          mac_key_file: mac
          enterprise_number: 4294967295
          batch: { records: 7, bytes: 7MB, age: 7s, idle: 8s }
          sync: { interval: 9ms, bytes: 9KB }
          segment: 10MiB
        queue: 11MiB
        destinations:
          - name: one
            type: tls
            address: 192.0.2.1:6514
            more_addresses: ["192.0.2.2:6514", "[::1]:1"]
            mode: spread
            framing: lf
            server_name: collector
            ca_file: ca.pem
            fingerprints: ["SHA256:\(Array(repeating: "0B", count: 32).joined(separator: ":"))"]
            certificate_file: client.pem
            key_file: client.key
            connect_timeout: 12s
            handshake_timeout: 13s
            write_timeout: 14s
            idle_timeout: 15s
            resend: 16MiB
          - {name: two, type: tcp, address: "collector:601"}
          - {name: three, type: file, path: archive, rotate: 17MiB, rotate_every: 1h, compress: true, keep_files: 7}
          - {name: four, type: tls, address: "host.example:1", ca_file: /ca.pem}
        headscale:
          health: {url: "https://hs:8443/b", ca_file: hs.pem, metrics_url: "http://m:9090/x", interval: 19s}
        geoip: {databases: [places.mmdb]}
        metrics: off
        drain: 18s
        log_level: debug
        """

    private static let fullValues = """
        data /etc/waxwing/ledger
        udp :7000 frame 3072 zone Europe/Zurich sockets 3 buffer 3145728
        tcp [::1]:7001 frame 4096 zone -03:30 max 4 idle 4.0 seconds
        tls relay.example.net:7002 frame 65536 zone UTC max 6 idle none \
        certificate /etc/waxwing/server.pem key /etc/waxwing/server.key handshake 5.0 seconds \
        authorities /etc/waxwing/clients.pem \
        fingerprints sha256:\(Array(repeating: "0A", count: 32).joined(separator: ":"))
        tls 127.0.0.1:7003 frame 65536 zone UTC max 1024 idle 600.0 seconds \
        certificate /server.pem key /server.key handshake 10.0 seconds anybody
        credentials false
        stream relay1.example.net/all store(uri: "pkcs11:token=wax") /etc/waxwing/pin /etc/waxwing/mac 4294967295 \
        batch 7 7000000 7.0 seconds 8.0 seconds sync 0.009 seconds 9000 segment 10485760
        queue 11534336
        one tls 192.0.2.1:6514,192.0.2.2:6514,[::1]:1 spread lineFeed connect 12.0 seconds write 14.0 seconds idle 15.0 seconds resend 16777216 \
        name collector authorities /etc/waxwing/ca.pem \
        fingerprints sha256:\(Array(repeating: "0B", count: 32).joined(separator: ":")) \
        identity /etc/waxwing/client.pem /etc/waxwing/client.key handshake 13.0 seconds
        two tcp collector:601 failover octetCounting connect 10.0 seconds write 30.0 seconds idle none resend 8388608
        three file /etc/waxwing/archive 17825792 every 3600.0 seconds compress true keep 7
        four tls host.example:1 failover octetCounting connect 10.0 seconds write 30.0 seconds idle none resend 8388608 \
        name none authorities /ca.pem fingerprints  identity none handshake 10.0 seconds
        health https://hs:8443/b authorities /etc/waxwing/hs.pem metrics http://m:9090/x interval 19.0 seconds \
        geoip ["/etc/waxwing/places.mmdb"]
        metrics off drain 18.0 seconds level debug
        """

    // MARK: - Positions

    @Test func positions() throws {
        let settings = try Settings.parse(Self.full, name: "w.yaml", environment: ["PORT": "7000"])
        let expected: [(String, Int, Int)] = [
            ("data", 1, 7), ("listeners[1]", 9, 5), ("listeners[1].max_connections", 10, 22),
            ("stream.batch.age", 34, 41),
            ("listeners[1].sockets", 9, 5), ("stream.batch.none", 34, 10), ("destinations[3].ca_file", 57, 65),
        ]
        for (key, line, column) in expected {
            #expect(settings.position(of: key) == FilePosition(file: "w.yaml", line: line, column: column), "\(key)")
        }
        #expect(settings.position(of: "nothing").description == "w.yaml")
        #expect(settings.listeners.map(\.position.line) == [3, 9, 14, 22])
        #expect(settings.destinations.map(\.position.line) == [39, 55, 56, 57])
        #expect(Settings.default.position(of: "data") == .builtIn)
    }

    // MARK: - Substitution

    @Test(arguments: [
        ("a${A}b", "a1b"), ("${A}${B}", "12"), ("${NONE:-x y}", "x y"), ("${NONE:-}z", "z"), ("${EMPTY:-e}", "e"),
        ("${EMPTY}z", "z"), ("$$A", "$A"), ("$${A}", "${A}"), ("$A", "$A"), ("x$", "x$"), ("$$$$", "$$"),
        ("${NEST}", "${A}"),
        ("${NONE:-a:-b}", "a:-b"), ("${YAML}", "x\"]\n- y: &a *b"), ("${_X9}", "under"),
    ])
    func substitution(_ given: String, _ expected: String) throws {
        let environment = ["A": "1", "B": "2", "EMPTY": "", "NEST": "${A}", "YAML": "x\"]\n- y: &a *b", "_X9": "under"]
        #expect(try Settings.parse("data: '/\(given)'", environment: environment).data == "/\(expected)")
    }

    @Test func substitutionInAnyScalar() throws {
        let environment = ["N": "7", "T": "false", "S": "9MiB"]
        let settings = try Settings.parse(
            "queue: ${S}\nredaction: {credentials: \"${T}\"}\nstream: {enterprise_number: \"${N}\"}",
            environment: environment)
        #expect(settings.queueBytes == 9 << 20)
        #expect(!settings.redaction.credentials)
        #expect(settings.stream.enterpriseNumber == 7)
    }

    @Test func keysAreNotSubstituted() {
        let error = #expect(throws: SettingsErrors.self) { try Settings.parse("${K}: x", environment: ["K": "data"]) }
        #expect(error?.errors.first?.code == .unknownKey)
    }

    @Test func substitutedLengthIsBounded() {
        let environment = ["LONG": String(repeating: "x", count: 1 << 20)]
        let error = #expect(throws: SettingsErrors.self) {
            try Settings.parse("data: ${LONG}${LONG}${LONG}", environment: environment)
        }
        #expect(error?.errors.first?.code == .tooLarge)
    }

    // MARK: - Aliases

    @Test func aliasesStandForTheirValues() throws {
        let settings = try Settings.parse(
            """
            destinations:
              - {name: a, type: tls, address: "a:1", ca_file: &ca /ca.pem}
              - {name: b, type: tls, address: "b:1", ca_file: *ca}
            """)
        #expect(Self.values(settings).split(separator: "authorities /ca.pem").count == 3)
    }
}
