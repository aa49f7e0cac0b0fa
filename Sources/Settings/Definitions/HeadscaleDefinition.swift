// The keys of headscale: property, name, kind and documentation of each in one expression.

extension Object where Value == Settings.Headscale {
    static let headscale = Object(
        "headscale", Settings.Headscale(),
        fields: [
            Field(
                optional: \.api, "api", .object(.headscaleAPI),
                "Reads Headscale's state from its API: users, nodes, keys, routes and policy. Records then gain what is "
                    + "known of their node, and changes that Headscale does not log become records."),
            Field(
                optional: \.database, "database", .path(example: "/var/lib/headscale/db.sqlite"),
                "Reads the same from Headscale's SQLite database instead, which is opened read-only; the relay has to be "
                    + "able to read it and the files beside it. A policy that is a file of its own is not seen this way."
            ),
            Field(
                optional: \.file, "file", .path(example: "headscale-nodes.yaml"),
                "Reads users and nodes from a YAML file instead."),
            Field(
                \.interval, "interval", .duration(.seconds(1)...(.seconds(3600))),
                "How long to wait between two readings of the state, and so how exactly it is known when something changed."
            ),
            Field(
                \.watches, "watch", .boolean,
                "Whether changes of the state become records."),
            Field(
                optional: \.health, "health", .object(.headscaleHealth),
                "Watches whether the server is up and well, its certificate and its metrics. What changes becomes a record, "
                    + "and all of it is on this relay's own metrics."),
        ],
        rules: [.exclusive("api", "database"), .exclusive("api", "file"), .exclusive("database", "file")])
}
