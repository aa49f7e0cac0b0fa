// The keys of headscale.api: property, name, kind and documentation of each in one expression.

extension Object where Value == Settings.HeadscaleAPI {
    static let headscaleAPI = Object(
        "api", Settings.HeadscaleAPI(),
        fields: [
            Field(
                optional: \.url, "url", .url(example: "https://headscale.example.net", isBase: true),
                example: "https://headscale.example.net",
                "The server. Without TLS only on this machine, since the key goes with each request."),
            Field(
                optional: \.socket, "socket", .path(example: "/var/run/headscale/headscale.sock"),
                "Headscale's own socket, in the place of url: from 0.30 on it serves the API, and wants no key. Whoever may "
                    + "use it is an administrator of Headscale."),
            Field(
                optional: \.keyFile, "key_file", .path(example: "secrets/headscale-api-key"),
                example: "secrets/headscale-api-key",
                "File with an API key (headscale apikeys create), mode 0600. Such a key may do everything; with 0.30, oauth "
                    + "is better."),
            Field(
                optional: \.oauth, "oauth", .object(.oauthClient),
                "An OAuth client (0.30), in the place of key_file, with the scopes devices:core:read, devices:routes:read, "
                    + "users:read, auth_keys:read and policy_file:read. API keys are not seen this way."),
            Field(
                optional: \.authorityFile, "ca_file", .path(example: "headscale-ca.pem"),
                "Authorities that may have signed the server's certificate, PEM, and no others; without it, the system's."
            ),
        ],
        rules: [
            .some(of: ["url", "socket"], exception: nil, reason: "say where the API is"), .exclusive("url", "socket"),
            .exclusive("key_file", "oauth"), .exclusive("socket", "oauth"),
        ],
        check: { api, path, decoding in
            guard let url = api.url else { return }
            if !url.isSecure, !Settings.isLoopback(url.host) {
                decoding.report(
                    .conflict, at: decoding.position(of: "\(path).url"),
                    "\(path).url: the key would go to another machine without encryption",
                    remedy: "write https, or run the relay where Headscale runs")
            }
            if api.keyFile == nil, api.oauth == nil {
                decoding.report(
                    .missingKey, at: decoding.position(of: path), "\(path): neither key_file nor oauth is given",
                    remedy:
                        "make a key with headscale apikeys create, put it into a file of mode 0600, and add key_file")
            }
        })
}

extension Object where Value == Settings.OAuthClient {
    fileprivate static let oauthClient = Object(
        "oauth", Settings.OAuthClient(),
        fields: [
            Field(
                \.id, "client_id",
                .text("the id of an OAuth client", allowed: "A-Za-z0-9_-", limit: 64, example: "k4Cj2mP9xQ7z"),
                required: true, example: "k4Cj2mP9xQ7z", "Its public id."),
            Field(
                \.secretFile, "secret_file", .path(example: "secrets/headscale-oauth"), required: true,
                example: "secrets/headscale-oauth", "File with its secret (mode 0600)."),
        ])
}
