// The keys of a Splunk destination: property, name, kind and documentation of each in one expression.

/// The keys of a Splunk destination as they are written.
struct SplunkKeys: Sendable {
    var http = HTTPClientKeys()
    var splunk = Settings.Splunk()

    /// What they mean.
    var complete: Settings.Splunk {
        var splunk = splunk
        splunk.client = http.complete
        return splunk
    }
}

extension Object where Value == SplunkKeys {
    static let splunk = Object(
        "destination", SplunkKeys(),
        fields: [
            Field(\.http, .urls(example: "https://splunk.example.net:8088", port: 8088)),
            Field(
                \.splunk.tokenFile, "token_file", .path(example: "secrets/hec-token"), required: true,
                example: "secrets/hec-token", "File with the token of the HTTP Event Collector (mode 0600)."),
            Field(
                \.splunk.acknowledgements, "acknowledgements", .boolean,
                "Whether records count as delivered only when the indexer has acknowledged them, for which the token "
                    + "needs \"indexer acknowledgement\". Without, what Splunk has not indexed yet is lost when an "
                    + "indexer dies or restarts."),
            Field(
                \.splunk.host, "host", .template(example: "\"{hostname}\""), example: "\"{hostname}\"",
                "The event's host. Fields stand in braces: {hostname}, {app_name}, {procid}, {msgid}, {facility}, "
                    + "{severity}. An empty text leaves the key out, here and below."),
            Field(
                \.splunk.source, "source", .template(example: "\"{app_name}\""), example: "\"{app_name}\"",
                "The event's source."),
            Field(
                \.splunk.sourcetype, "sourcetype", .template(example: "waxwing"), "The event's sourcetype."),
            Field(
                \.splunk.index, "index", .template(example: "main"), example: "\"\"",
                "The event's index; empty for the token's own."),
        ] + (Field.tls + Field.transport).map { Field(\.http, $0) },
        rules: HTTPClientKeys.rules,
        check: { HTTPClientKeys.check($0.http.client, $1, &$2) })
}
