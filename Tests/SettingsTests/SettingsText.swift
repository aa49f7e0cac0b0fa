import Settings

extension DecodingTests {
    /// All values of `settings` as text, positions left out.
    static func values(_ settings: Settings) -> String {
        let stream = settings.stream
        let lines =
            ["data \(settings.data)"] + settings.listeners.map(text) + ["credentials \(settings.redaction.credentials)"]
            + [
                "stream \(stream.origin ?? "none") \(stream.key) \(stream.keyPassphraseFile ?? "none") "
                    + "\(stream.macKeyFile ?? "none") \(stream.enterpriseNumber) batch \(stream.batch.records) "
                    + "\(stream.batch.bytes) \(stream.batch.age) \(stream.batch.idle) sync \(stream.sync.interval) "
                    + "\(stream.sync.bytes) segment \(stream.segmentBytes)",
                "queue \(settings.queueBytes)",
            ] + settings.destinations.map(text) + [
                "health \(text(settings.headscale?.health)) geoip \(settings.geoIP?.databases ?? [])",
                "metrics \(settings.metrics?.description ?? "off") drain \(settings.drain) level \(settings.logLevel)",
            ]
        return lines.joined(separator: "\n")
    }

    private static func text(_ listener: Settings.Listener) -> String {
        let common =
            "\(listener.transport.name) \(listener.address) frame \(listener.frameLimit) zone \(listener.timeZone)"
        switch listener.transport {
        case .udp(let udp): return "\(common) sockets \(udp.sockets) buffer \(udp.receiveBufferBytes)"
        case .tcp(let connections): return "\(common) \(text(connections))"
        case .tls(let connections, let server):
            return "\(common) \(text(connections)) certificate \(server.certificateFile) key \(server.keyFile) "
                + "handshake \(server.handshakeTimeout) \(text(server.clients))"
        }
    }

    private static func text(_ connections: Settings.Connections) -> String {
        "max \(connections.limit) idle \(text(connections.idleTimeout))"
    }

    private static func text(_ clients: Settings.ClientAuthentication) -> String {
        switch clients {
        case .none: "anybody"
        case .certificate(let authorities, let fingerprints):
            "authorities \(authorities ?? "none") fingerprints \(text(fingerprints))"
        }
    }

    private static func text(_ destination: Settings.Destination) -> String {
        switch destination.kind {
        case .file(let archive):
            return "\(destination.name) file \(archive.path) \(archive.rotateBytes) "
                + "every \(text(archive.rotateInterval)) compress \(archive.compresses) "
                + "keep \(archive.keptFiles.map(String.init) ?? "all")"
        case .splunk(let splunk): return "\(destination.name) splunk \(splunk)"
        case .http(let hook): return "\(destination.name) http \(hook)"
        case .elasticsearch(let elasticsearch): return "\(destination.name) elasticsearch \(elasticsearch)"
        case .tcp(let collector): return "\(destination.name) tcp \(text(collector))"
        case .tls(let collector, let client):
            let identity = client.identity.map { "\($0.certificateFile) \($0.keyFile)" } ?? "none"
            return "\(destination.name) tls \(text(collector)) name \(client.serverName ?? "none") "
                + "authorities \(client.authorityFile ?? "none") fingerprints \(text(client.fingerprints)) "
                + "identity \(identity) handshake \(client.handshakeTimeout)"
        }
    }

    private static func text(_ collector: Settings.Collector) -> String {
        "\(collector.addresses.map(\.description).joined(separator: ",")) \(collector.mode) \(collector.framing) connect \(collector.connectTimeout) "
            + "write \(collector.writeTimeout) idle \(text(collector.idleTimeout)) resend \(collector.resendBytes)"
    }

    private static func text(_ health: Settings.HeadscaleHealth?) -> String {
        guard let health else { return "none" }
        return "\(health.url) authorities \(health.authorityFile ?? "none") "
            + "metrics \(health.metricsURL?.description ?? "none") interval \(health.interval)"
    }

    private static func text(_ fingerprints: [Settings.Fingerprint]) -> String {
        fingerprints.map(\.description).joined(separator: ",")
    }

    private static func text(_ duration: Duration?) -> String { duration.map { "\($0)" } ?? "none" }
}
