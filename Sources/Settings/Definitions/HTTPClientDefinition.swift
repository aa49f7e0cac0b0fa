// The keys that all destinations over HTTP have: property, name, kind and documentation of each in one expression.

/// The keys of a client as they are written.
struct HTTPClientKeys: Sendable {
    var client = Settings.HTTPClient()
    var certificateFile: String?
    var keyFile: String?

    /// What they mean.
    var complete: Settings.HTTPClient {
        var client = client
        if let certificateFile, let keyFile {
            client.identity = Settings.Identity(certificateFile: certificateFile, keyFile: keyFile)
        }
        return client
    }

    static let rules = [Rule.together("certificate_file", "key_file")]

    /// Nobody knows who a server is whose certificate nothing is compared with.
    static func check(_ client: Settings.HTTPClient, _ path: String, _ decoding: inout Decoding) {
        guard client.urls.contains(where: \.isSecure), client.authorityFile == nil, client.fingerprints.isEmpty else {
            return
        }
        decoding.report(
            .missingKey, at: decoding.position(of: path), "\(path): neither ca_file nor fingerprints is given",
            remedy: "add \"ca_file: ca.pem\" or fingerprints: without them nobody knows who the server is")
    }
}

extension Field where Root == HTTPClientKeys {
    /// Several servers of one kind.
    static func urls(example: String, port: Int) -> Field {
        Field(
            \.client.urls, "urls", .list(of: .url(example: example, port: port, isBase: true), 1...16), required: true,
            example: "[\(example)]",
            "The servers, which are asked in turn; one that fails rests for a while. Port \(port) if none is given.")
    }

    static var tls: [Field] {
        [
            Field(
                optional: \.client.authorityFile, "ca_file", .path(example: "ca.pem"), example: "ca.pem",
                "Authorities that may have signed the servers' certificates, PEM. Those of the system are never used."),
            Field(
                \.client.fingerprints, "fingerprints", .list(of: .fingerprint, 1...16),
                "SHA-256 fingerprints of the servers' certificates; with ca_file both have to agree."),
            Field(
                optional: \.client.serverName, "server_name",
                .text("a server name", allowed: "A-Za-z0-9.:_-", limit: 253, example: "siem.example.net"),
                "Name or IP address the servers' certificates have to carry; without it, the host of each URL."),
            Field(
                optional: \.certificateFile, "certificate_file", .path(example: "relay.pem"),
                "The relay's certificate, and those between it and its authority, PEM, for servers that ask for one."),
            Field(optional: \.keyFile, "key_file", .path(example: "relay.key"), "The relay's private key, PEM."),
        ]
    }

    static var transport: [Field] {
        [
            Field(\.client.isCompressed, "gzip", .boolean, "Whether bodies are compressed."),
            Field(
                \.client.connectTimeout, "connect_timeout", .duration(.milliseconds(100)...(.seconds(300))),
                "How long connecting may take."),
            Field(
                \.client.requestTimeout, "request_timeout", .duration(.seconds(1)...(.seconds(600))),
                "How long a request may take, from the connection to the end of the answer."),
        ]
    }
}
