// The keys of listeners: property, name, kind and documentation of each in one expression.

extension Object where Value == Settings.Listener {
    static let listener = Object(
        "listener", Settings.Listener(),
        fields: [
            Field(
                \.frameLimit, "frame_limit", .size((1 << 10)...(1 << 20)),
                "The longest frame; of a longer one the beginning is kept as one marked record."),
            Field(
                \.timeZone, "time_zone", .timeZone,
                "Zone of RFC 3164 time stamps, which do not name theirs: UTC, an IANA name or +hh:mm."),
        ],
        choice: Choice(
            selector: .key,
            variants: [
                Variant("udp", "Syslog over UDP (RFC 5426).", fields: [.address("udp")], payload: .udp) {
                    $0.transport = .udp($1)
                },
                Variant(
                    "tcp", "Syslog over TCP (RFC 6587); octet counting, LF and NUL are told apart frame by frame.",
                    fields: [.address("tcp")], payload: .tcp
                ) {
                    $0.transport = .tcp($1)
                },
                Variant("tls", "Syslog over TLS (RFC 5425).", fields: [.address("tls")], payload: .tls) {
                    $0.transport = .tls($1.connections, $1.completeServer)
                },
            ]),
        keepPosition: { $0.position = $1 })
}

extension Field where Root == Settings.Listener {
    fileprivate static func address(_ transport: String) -> Field {
        let example = transport == "tls" ? "0.0.0.0:6514" : "127.0.0.1:5514"
        return Field(
            \.address, transport, .local(example: example), required: true, example: example,
            "Address and port to listen on; \":\" and a port means all addresses of the machine.")
    }
}

extension Object where Value == Settings.UDP {
    fileprivate static let udp = Object(
        "listener", Settings.UDP(),
        fields: [
            Field(
                \.sockets, "sockets", .integer(1...64),
                "Sockets on the address (SO_REUSEPORT), each with a thread of its own."),
            Field(
                \.receiveBufferBytes, "receive_buffer", .size((64 << 10)...(1 << 30)),
                "Receive buffer asked of the kernel for each socket; a warning tells when it gives less."),
            Field(
                \.whenFull, "when_full", .word,
                "What is dropped when the queue is full: what comes (drop-newest), or the least severe records first "
                    + "(drop-lowest: debug from 70 % of the queue, one severity more with each 5 %). UDP cannot stop."),
        ],
        check: { udp, path, decoding in
            guard udp.whenFull == .stop else { return }
            decoding.report(
                .conflict, at: decoding.position(of: "\(path).when_full"),
                "\(path).when_full: UDP cannot be held back, so a listener for it cannot stop",
                remedy: "write drop-newest or drop-lowest, or have the senders use TCP")
        })
}

extension Object where Value == Settings.Connections {
    fileprivate static let tcp = Object("listener", Settings.Connections(), fields: Field.connections)
}

extension Field where Root == Settings.Connections {
    fileprivate static var connections: [Field] {
        [
            Field(
                \.limit, "max_connections", .integer(1...65_536),
                "Connections at one time; further ones are closed at once."),
            Field(
                \.idleTimeout, "idle_timeout", .timeout(.seconds(1)...(.seconds(30 * 86_400))),
                "How long a connection may be silent before it is closed."),
            Field(
                \.isFromTrustedRelays, "trusted_relay", .boolean,
                "Whether all senders are Waxwing relays, whose streams stay verifiable: their records keep the "
                    + "waxwing, received, redacted and headscale elements that other senders must not set."),
            Field(
                \.whenFull, "when_full", .word,
                "What happens when the queue is full: nothing is read (stop), what comes is dropped (drop-newest), or "
                    + "the least severe records are dropped first (drop-lowest: debug from 70 % of the queue, one severity more with each 5 %)."
            ),
        ]
    }
}

// MARK: - TLS

/// The keys of a TLS listener as they are written.
struct TLSListenerKeys: Sendable {
    enum Authentication: String, Sendable, CaseIterable {
        case certificate, none
    }

    var connections = Settings.Connections()
    var server = Settings.TLSServer()
    var authentication = Authentication.certificate
    var authorityFile: String?
    var fingerprints: [Settings.Fingerprint] = []

    /// What they mean.
    var completeServer: Settings.TLSServer {
        var server = server
        switch authentication {
        case .certificate: server.clients = .certificate(authorities: authorityFile, fingerprints: fingerprints)
        case .none: server.clients = .none
        }
        return server
    }
}

extension Object where Value == TLSListenerKeys {
    fileprivate static let tls = Object(
        "listener", TLSListenerKeys(),
        fields: [
            Field(
                \.server.certificateFile, "certificate_file", .path(example: "server.pem"), required: true,
                example: "server.pem", "The server's certificate, and those between it and its authority, PEM."),
            Field(
                \.server.keyFile, "key_file", .path(example: "server.key"), required: true, example: "server.key",
                "The server's private key, PEM."),
            Field(
                \.authentication, "client_authentication", .word,
                "Whether senders have to show a certificate (client_ca_file, client_fingerprints) or not (none)."
            ),
            Field(
                optional: \.authorityFile, "client_ca_file", .path(example: "ca.pem"), example: "ca.pem",
                "Authorities whose certificates are accepted from senders, PEM."),
            Field(
                \.fingerprints, "client_fingerprints", .list(of: .fingerprint, 1...256),
                "SHA-256 fingerprints of the certificates that are accepted; with client_ca_file both have to agree."
            ),
            Field(
                \.server.handshakeTimeout, "handshake_timeout", .duration(.milliseconds(100)...(.seconds(300))),
                "How long a TLS handshake may take."),
        ] + Field.connections.map { Field(\.connections, $0) },
        rules: [
            .some(
                of: ["client_ca_file", "client_fingerprints"], exception: ("client_authentication", "none"),
                reason: "say whose certificates are accepted, or write \"client_authentication: none\"")
        ],
        check: { keys, path, decoding in
            guard keys.authentication == .none, keys.authorityFile != nil || !keys.fingerprints.isEmpty else { return }
            let key = keys.authorityFile != nil ? "client_ca_file" : "client_fingerprints"
            decoding.report(
                .conflict, at: decoding.position(of: "\(path).\(key)"),
                "\(path).\(key) has no effect with \"client_authentication: none\"", remedy: "remove one of the two")
        })
}
