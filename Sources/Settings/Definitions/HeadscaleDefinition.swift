// The keys of headscale: property, name, kind and documentation of each in one expression.

extension Object where Value == Settings.Headscale {
    static let headscale = Object(
        "headscale", Settings.Headscale(),
        fields: [
            Field(
                optional: \.health, "health", .object(.headscaleHealth),
                "Watches whether the server is up and well, its certificate and its metrics. What changes becomes a record, "
                    + "and all of it is on this relay's own metrics.")
        ])
}
