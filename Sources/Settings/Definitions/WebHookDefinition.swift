// The keys of a generic HTTP destination: property, name, kind and documentation of each in one expression.

/// The keys of a generic HTTP destination as they are written.
struct WebHookKeys: Sendable {
    var url = Settings.WebAddress(isSecure: true, host: "", port: 443, path: "")
    var http = HTTPClientKeys()
    var hook = Settings.WebHook()

    /// What they mean.
    var complete: Settings.WebHook {
        var hook = hook
        hook.client = client
        return hook
    }

    var client: Settings.HTTPClient {
        var client = http.complete
        client.urls = [url]
        return client
    }
}

extension Object where Value == WebHookKeys {
    static let webHook = Object(
        "destination", WebHookKeys(),
        fields: [
            Field(
                \.url, "url", .url(example: "https://collector.example.net/ingest", isBase: false), required: true,
                example: "https://collector.example.net/ingest", "Where bodies are sent, with POST."),
            Field(
                \.hook.format, "format", .word,
                "A JSON object a record, with the canonical line as its member event (ndjson: one in each line; "
                    + "json-array: one array), or the lines as they are (lines)."),
            Field(
                \.hook.headers, "headers", .list(of: .object(.headerField), 1...16),
                "Further fields of the header."),
            Field(
                optional: \.hook.hmacKeyFile, "hmac_key_file", .path(example: "secrets/hmac-key"),
                "File with a key of 64 hexadecimal digits (mode 0600), as `waxwing keys mac` makes it: bodies then carry X-Waxwing-Signature: t=UNIX,v1=HEX, the HMAC-SHA-256 of "
                    + "the time t, a full stop and the body as it is sent."),
        ] + (Field.tls + Field.transport).map { Field(\.http, $0) },
        rules: HTTPClientKeys.rules,
        check: { HTTPClientKeys.check($0.client, $1, &$2) })
}

extension Object where Value == Settings.HeaderField {
    fileprivate static let headerField = Object(
        "header field", Settings.HeaderField(),
        fields: [
            Field(
                \.name, "name",
                .text("the name of a header field", allowed: "A-Za-z0-9-", limit: 64, example: "X-Api-Key"),
                required: true, example: "X-Api-Key", "Name of the field."),
            Field(
                optional: \.value, "value",
                .text("the value of a header field", allowed: " -~", limit: 1024, example: "relay1"),
                "Value of the field."),
            Field(
                optional: \.valueFile, "value_file", .path(example: "secrets/api-key"), example: "secrets/api-key",
                "File with its value (mode 0600), for one that is secret."),
        ],
        rules: [.some(of: ["value", "value_file"], exception: nil, reason: "give one of them")],
        check: { field, path, decoding in
            if field.value != nil, field.valueFile != nil {
                decoding.report(
                    .conflict, at: decoding.position(of: path), "\(path): both value and value_file are given",
                    remedy: "give one of them")
            }
            let taken = [
                "host", "content-length", "content-encoding", "transfer-encoding", "connection", "content-type",
            ]
            if taken.contains(field.name.lowercased()) {
                decoding.report(
                    .conflict, at: decoding.position(of: path), "\(path): the relay sets \(field.name) itself",
                    remedy: "leave it out")
            }
        })
}
