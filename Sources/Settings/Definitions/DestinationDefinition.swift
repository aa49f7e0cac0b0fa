// The keys of destinations: property, name, kind and documentation of each in one expression.

extension Object where Value == Settings.Destination {
    static let destination = Object(
        "destination", Settings.Destination(),
        fields: [
            Field(
                \.name, "name",
                .text("a name of lower-case letters, digits and \"-\"", allowed: "a-z0-9-", limit: 40, example: "siem"),
                required: true, example: "siem",
                "Name, unique. The ledger keeps the destination's place under it: under a new name all is sent again."),
            Field(
                optional: \.filter, "filter", .object(.filter),
                "Which records it gets; without it, all. Seals always pass; such an export is verified with --subset."),
        ],
        choice: Choice(
            selector: .value(of: "type", documentation: "What sort of destination it is."),
            variants: [
                Variant("tls", "A collector for syslog over TLS (RFC 5425).", fields: [], payload: .tls) {
                    $0.kind = .tls($1.collector, $1.completeClient)
                },
                Variant("tcp", "A collector for syslog over TCP (RFC 6587).", fields: [], payload: .tcp) {
                    $0.kind = .tcp($1)
                },
                Variant("file", "Files in a folder.", fields: [], payload: .file) {
                    $0.kind = .file($1)
                },
                Variant("splunk", "A Splunk HTTP Event Collector.", fields: [], payload: .splunk) {
                    $0.kind = .splunk($1.complete)
                },
                Variant("elasticsearch", "Elasticsearch or OpenSearch.", fields: [], payload: .elasticsearch) {
                    $0.kind = .elasticsearch($1.complete)
                },
                Variant(
                    "http", "Any server that takes records in the body of a request.", fields: [], payload: .webHook
                ) {
                    $0.kind = .http($1.complete)
                },
            ]),
        keepPosition: { $0.position = $1 })
}

extension Object where Value == Settings.Collector {
    fileprivate static let tcp = Object(
        "destination", Settings.Collector(), fields: [.address("collector.example.net:601")] + Field.collector)
}

extension Field where Root == Settings.Collector {
    fileprivate static func address(_ example: String) -> Field {
        Field(
            \.address, "address", .remote(example: example), required: true, example: example,
            "Host and port of the collector.")
    }

    fileprivate static var collector: [Field] {
        [
            Field(
                \.moreAddresses, "more_addresses", .list(of: .remote(example: "collector2.example.net:6514"), 0...15),
                "Host and port of further collectors for the same records."),
            Field(
                \.mode, "mode", .word,
                """
                With more_addresses: failover sends to the first that answers, and to the first of all again when it \
                does; spread sends the records of a sender (HOSTNAME) always to the same one, and they wait for it \
                while it is down.
                """),
            Field(
                \.framing, "framing", .word,
                "How records are separated: each behind its length (octet-counting) or in front of a line feed (lf)."),
            Field(
                \.connectTimeout, "connect_timeout", .duration(.milliseconds(100)...(.seconds(300))),
                "How long connecting may take."),
            Field(
                \.writeTimeout, "write_timeout", .duration(.seconds(1)...(.seconds(3600))),
                "How long the collector may take nothing before the connection is given up."),
            Field(
                \.idleTimeout, "idle_timeout", .timeout(.seconds(1)...(.seconds(30 * 86_400))),
                "How long there may be nothing to send before the connection is closed."),
            Field(
                \.resendBytes, "resend", .size((64 << 10)...(1 << 30)),
                "How much is sent again after a lost connection; more than the buffers on the way hold."
            ),
        ]
    }
}

extension Object where Value == Settings.Archive {
    fileprivate static let file = Object(
        "destination", Settings.Archive(),
        fields: [
            Field(
                \.path, "path", .path(example: "/var/log/waxwing/archive"), required: true,
                example: "/var/log/waxwing/archive", "Folder of the files."),
            Field(
                \.rotateBytes, "rotate", .size((1 << 20)...(64 << 30)),
                "Size after which a file is closed, at the end of a sealed batch."),
            Field(
                \.rotateInterval, "rotate_every", .timeout(.seconds(60)...(.seconds(366 * 86_400))),
                "Time for which there is a file of its own, counted from midnight UTC: 1h, 1d."),
            Field(
                \.compresses, "compress", .boolean,
                "Compress closed files with gzip; waxwing verify reads them as they are."),
            Field(
                optional: \.keptFiles, "keep_files", .integer(1...1_000_000),
                "How many closed files are kept; older ones are removed. Without it, all."),
        ])
}

// MARK: - TLS

/// The keys of a TLS destination as they are written.
struct TLSDestinationKeys: Sendable {
    var collector = Settings.Collector()
    var client = Settings.TLSClient()
    var certificateFile: String?
    var keyFile: String?

    /// What they mean.
    var completeClient: Settings.TLSClient {
        var client = client
        if let certificateFile, let keyFile {
            client.identity = Settings.Identity(certificateFile: certificateFile, keyFile: keyFile)
        }
        return client
    }
}

extension Object where Value == TLSDestinationKeys {
    fileprivate static let tls = Object(
        "destination", TLSDestinationKeys(),
        fields: [
            Field(\.collector, .address("collector.example.net:6514")),
            Field(
                optional: \.client.serverName, "server_name",
                .text("a server name", allowed: "A-Za-z0-9.:_-", limit: 253, example: "collector.example.net"),
                "Name or IP address the collector's certificate has to carry; without it, the host of the address."),
            Field(
                optional: \.client.authorityFile, "ca_file", .path(example: "ca.pem"), example: "ca.pem",
                "Authorities that may have signed the collector's certificate, PEM. Those of the system are never used."
            ),
            Field(
                \.client.fingerprints, "fingerprints", .list(of: .fingerprint, 1...16),
                "SHA-256 fingerprints of the collector's certificates; with ca_file both have to agree."),
            Field(
                optional: \.certificateFile, "certificate_file", .path(example: "relay.pem"),
                "The relay's certificate, and those between it and its authority, PEM, for collectors that ask for one."
            ),
            Field(
                optional: \.keyFile, "key_file", .path(example: "relay.key"),
                "The relay's private key, PEM."),
            Field(
                \.client.handshakeTimeout, "handshake_timeout", .duration(.milliseconds(100)...(.seconds(300))),
                "How long the TLS handshake may take."),
        ] + Field.collector.map { Field(\.collector, $0) },
        rules: [
            .some(
                of: ["ca_file", "fingerprints"], exception: nil,
                reason: "add \"ca_file: ca.pem\" or fingerprints: without them nobody knows who the collector is"),
            .together("certificate_file", "key_file"),
        ])
}
