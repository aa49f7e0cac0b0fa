// The keys of an Elasticsearch destination: property, name, kind and documentation of each in one expression.

/// The keys of an Elasticsearch destination as they are written.
struct ElasticsearchKeys: Sendable {
    var http = HTTPClientKeys()
    var elasticsearch = Settings.Elasticsearch()

    /// What they mean.
    var complete: Settings.Elasticsearch {
        var elasticsearch = elasticsearch
        elasticsearch.client = http.complete
        return elasticsearch
    }
}

extension Object where Value == ElasticsearchKeys {
    static let elasticsearch = Object(
        "destination", ElasticsearchKeys(),
        fields: [
            Field(\.http, .urls(example: "https://elasticsearch.example.net:9200", port: 9200)),
            Field(
                \.elasticsearch.dataStream, "data_stream",
                .text("the name of a data stream", allowed: "a-z0-9._-", limit: 100, example: "logs-waxwing-default"),
                "The data stream that documents go to. waxwing setup elasticsearch makes it, and its index template."),
            Field(
                optional: \.elasticsearch.apiKeyFile, "api_key_file", .path(example: "secrets/api-key"),
                example: "secrets/api-key",
                "File with an API key, encoded, as Elasticsearch gives it out (mode 0600). It needs the privileges "
                    + "create_doc and auto_configure for the data stream, and no others."),
            Field(
                optional: \.elasticsearch.user, "user",
                .text("a user's name", allowed: "A-Za-z0-9._@-", limit: 128, example: "waxwing"),
                "User, for basic authentication in the place of an API key."),
            Field(
                optional: \.elasticsearch.passwordFile, "password_file", .path(example: "secrets/password"),
                "File with the user's password (mode 0600)."),
        ] + (Field.tls + Field.transport).map { Field(\.http, $0) },
        rules: HTTPClientKeys.rules + [.together("user", "password_file"), .exclusive("api_key_file", "user")],
        check: { keys, path, decoding in
            HTTPClientKeys.check(keys.http.client, path, &decoding)
            if keys.elasticsearch.dataStream.utf8.first.map({ "._-".utf8.contains($0) }) == true {
                decoding.report(
                    .invalidValue, at: decoding.position(of: "\(path).data_stream"),
                    "\(path).data_stream: begins with a character that no data stream's name begins with",
                    remedy: "begin with a letter or a digit, as logs-waxwing-default does")
            }
        })
}
