// The keys of headscale.health and geoip: property, name, kind and documentation of each in one expression.

extension Object where Value == Settings.HeadscaleHealth {
    static let headscaleHealth = Object(
        "health", Settings.HeadscaleHealth(),
        fields: [
            Field(
                \.url, "url", .url(example: "https://headscale.example.net", isBase: true), required: true,
                example: "https://headscale.example.net",
                "The server, as its nodes reach it. /health and /version are asked, without any key."),
            Field(
                optional: \.authorityFile, "ca_file", .path(example: "headscale-ca.pem"),
                "Authorities that may have signed the server's certificate, PEM, and no others; without it, the system's."
            ),
            Field(
                optional: \.metricsURL, "metrics_url", .url(example: "http://127.0.0.1:9090/metrics", isBase: false),
                "Where the server shows its metrics (metrics_listen_addr in Headscale's configuration)."),
            Field(
                \.interval, "interval", .duration(.seconds(1)...(.seconds(3600))),
                "How long to wait between two looks. Trouble counts when it was seen twice."),
        ])
}

extension Object where Value == Settings.GeoIP {
    static let geoIP = Object(
        "geoip", Settings.GeoIP(),
        fields: [
            Field(
                \.databases, "databases", .list(of: .path(example: "/var/lib/GeoIP/GeoLite2-City.mmdb"), 1...4),
                required: true, example: "[/var/lib/GeoIP/GeoLite2-City.mmdb, /var/lib/GeoIP/GeoLite2-ASN.mmdb]",
                "Files in the MaxMind DB format. Country, city and autonomous system are taken from the first that has them. "
                    + "A newer file takes effect at the next start; rename it over the old one, as geoipupdate does.")
        ])
}
