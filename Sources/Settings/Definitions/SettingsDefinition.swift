// The keys of the file itself: property, name, kind and documentation of each in one expression.

extension Object where Value == Settings {
    static let settings = Object(
        "file", Settings(),
        fields: [
            Field(
                \.data, "data", .path(example: "./waxwing-data"),
                "Folder of the ledger: records, seals, cursors and keys. It is made if it is not there."),
            Field(
                \.listeners, "listeners", .list(of: .object(.listener), 1...64), example: "",
                "Where records come from. Each listener has exactly one of udp, tcp and tls. Without this key: UDP and "
                    + "TCP on 127.0.0.1:5514."
            ),
            Field(
                \.redaction, "redaction", .object(.redaction),
                "What is removed from records before they are written anywhere: packs of rules, on or off."),
            Field(\.stream, "stream", .object(.stream), "The sealed stream: who signs it, and when."),
            Field(
                \.retention, "retention", .object(.retention),
                "How long the ledger keeps records, and how much of them. Nothing is deleted that a destination still needs, "
                    + "unless when_full says so, nor what is under a hold (waxwing ledger hold)."),
            Field(
                \.queueBytes, "queue", .size((1 << 20)...(4 << 30)),
                "Records that may wait for the ledger, in memory. When it is full, TCP and TLS senders wait, and UDP "
                    + "records are dropped and counted."
            ),
            Field(
                \.destinations, "destinations", .list(of: .object(.destination), 0...64), example: "",
                "Where records go. Each destination has its own place in the ledger, so a slow one delays nobody."),
            Field(
                optional: \.headscale, "headscale", .object(.headscale),
                "The Headscale server whose log the relay gets, as far as it is asked itself."),
            Field(
                optional: \.geoIP, "geoip", .object(.geoIP),
                "Databases that tell in which country, city and network the address in a record of Headscale is. Private "
                    + "addresses and those of the tailnet are not looked up."),
            Field(
                \.metrics, "metrics", .loopbackOrOff,
                "Where Prometheus metrics, /healthz and /readyz are served, without authentication: a loopback address, "
                    + "or off."
            ),
            Field(
                \.drain, "drain", .duration(.zero...(.seconds(600))),
                "How long destinations may go on sending after SIGTERM."),
            Field(\.logLevel, "log_level", .word, "The least severe level that the relay logs of itself."),
        ])
}

extension Object where Value == Settings.Redaction {
    fileprivate static let redaction = Object(
        "redaction", Settings.Redaction(),
        fields: [
            Field(
                \.credentials, "credentials", .boolean,
                "Headscale and Tailscale keys, bearer tokens, passwords, cookies, private keys and the like.")
        ])
}

extension Kind where Value == Settings.Address? {
    /// A loopback address, or nil for `off`.
    fileprivate static let loopbackOrOff = Kind.scalar(
        "an address or off", types: [.text, .boolean], example: "127.0.0.1:9514",
        schema: [
            "anyOf": [
                ["enum": ["off", false]],
                [
                    "type": "string",
                    "pattern": .text(JSON.pattern("(?:127\\.[0-9.]+|localhost|\\[::1\\]):[0-9]{1,5}")),
                ],
            ]
        ]
    ) { text, _ throws(ScalarProblem) in
        if text == "off" || text == "false" { return nil }
        guard text != "true" else {
            throw ScalarProblem("is not an address", remedy: "write an address such as 127.0.0.1:9514, or off")
        }
        let address = try Kind<Settings.Address>.parse(text, ports: 0...65_535, wildcard: true)
        guard address.isLoopback else {
            throw ScalarProblem(
                .conflict, "can be reached from other machines, and metrics are served without authentication",
                remedy: "write 127.0.0.1 as its host, and put a proxy in front if others need it")
        }
        return address
    } show: {
        .text($0?.description ?? "off")
    }
}

// MARK: - Conditions over the whole file

/// What has to hold between parts of the file.
enum CrossChecks {
    static func run(_ settings: Settings, _ decoding: inout Decoding) {
        checkAddresses(settings, &decoding)
        checkNames(settings, &decoding)
        checkFolders(settings, &decoding)
        checkLoops(settings, &decoding)
        checkRetention(settings, &decoding)
    }

    /// Whole segments are deleted, and of the disk two are kept free, besides what may wait in the queue: a budget of less
    /// than four would never do.
    private static func checkRetention(_ settings: Settings, _ decoding: inout Decoding) {
        let segments = 4 * settings.stream.segmentBytes
        let limits = [
            ("size", settings.retention.sizeBytes, segments, "", ""),
            (
                "disk", settings.retention.diskBytes, segments + settings.queueBytes,
                " and the queue (\(Size.format(settings.queueBytes)))", " or queue"
            ),
        ]
        for (key, bytes, least, rest, other) in limits {
            guard let bytes, bytes < least else { continue }
            decoding.report(
                .conflict, at: decoding.position(of: "retention.\(key)"),
                "retention.\(key) is less than four files of the ledger (stream.segment, \(Size.format(settings.stream.segmentBytes)))\(rest)",
                remedy: "write at least \(Size.format(least)), or make stream.segment\(other) smaller")
        }
    }

    private struct Endpoint {
        let protocolName: String
        let address: Settings.Address
        let position: FilePosition
        let label: String

        func collides(with other: Endpoint) -> Bool {
            protocolName == other.protocolName && address.port != 0 && address.port == other.address.port
                && (address.host == other.address.host || address.isWildcard || other.address.isWildcard)
        }
    }

    private static func checkAddresses(_ settings: Settings, _ decoding: inout Decoding) {
        var endpoints = settings.listeners.map { listener in
            Endpoint(
                protocolName: listener.transport.name == "udp" ? "UDP" : "TCP", address: listener.address,
                position: listener.position, label: "a \(listener.transport.name) listener")
        }
        if let metrics = settings.metrics {
            // An error is reported at the later one of two, which should be one that is in the file.
            let position = decoding.positions["metrics"]
            endpoints.insert(
                Endpoint(protocolName: "TCP", address: metrics, position: position ?? .builtIn, label: "metrics"),
                at: position == nil ? 0 : endpoints.count)
        }
        for (index, endpoint) in endpoints.enumerated() {
            guard let earlier = endpoints[..<index].first(where: { $0.collides(with: endpoint) }) else { continue }
            decoding.report(
                .conflict, at: endpoint.position,
                "\(endpoint.label) and \(earlier.label) (\(earlier.position)) want the same \(endpoint.protocolName) port",
                remedy: "give one of them another port or host")
        }
    }

    private static func checkNames(_ settings: Settings, _ decoding: inout Decoding) {
        var seen: [String: FilePosition] = [:]
        for destination in settings.destinations {
            if let earlier = seen[destination.name] {
                decoding.report(
                    .conflict, at: destination.position,
                    "two destinations have one name, the other one at \(earlier)",
                    remedy: "give each a name of its own")
            } else {
                seen[destination.name] = destination.position
            }
        }
    }

    private static func checkFolders(_ settings: Settings, _ decoding: inout Decoding) {
        var seen: [String: FilePosition] = [:]
        for destination in settings.destinations {
            guard case .file(let archive) = destination.kind else { continue }
            let (path, data) = (Paths.plain(archive.path), Paths.plain(settings.data))
            if path == data || path.hasPrefix(data + "/") {
                decoding.report(
                    .conflict, at: destination.position, "the destination's path is in the ledger's folder",
                    remedy: "give it a folder outside of \"data\"")
            }
            if let earlier = seen.updateValue(destination.position, forKey: path) {
                decoding.report(
                    .conflict, at: destination.position,
                    "two destinations write to one folder, the other one at \(earlier)",
                    remedy: "give each a folder of its own")
            }
        }
    }

    /// A destination that is a listener of the relay itself would bring back each record for ever.
    private static func checkLoops(_ settings: Settings, _ decoding: inout Decoding) {
        for destination in settings.destinations {
            let addresses: [Settings.Address]
            switch destination.kind {
            case .tls(let collector, _), .tcp(let collector): addresses = collector.addresses
            case .file, .splunk, .elasticsearch, .http: continue
            }
            let listener = settings.listeners.first { listener in
                listener.transport.name != "udp" && addresses.contains { listener.address.accepts($0) }
            }
            guard let listener else { continue }
            decoding.report(
                .conflict, at: destination.position,
                "the destination is this relay's own \(listener.transport.name) listener (\(listener.position)): each "
                    + "record would come back for ever",
                remedy: "give the address of another machine or port")
        }
    }
}

extension Settings.Address {
    /// Whether who connects to `address` on this machine, as far as that can be said without asking for names, comes to
    /// a listener that has this one.
    fileprivate func accepts(_ address: Settings.Address) -> Bool {
        guard port == address.port else { return false }
        if host.lowercased() == address.host.lowercased() { return true }
        // A connection to no address in particular goes to the machine itself.
        guard address.isLoopback || address.isWildcard else { return false }
        let isVague = address.isWildcard || address.host == "localhost" || host == "localhost"
        return isWildcard || (isLoopback && isVague)
    }
}
