/// The configuration of a relay: `waxwing.yaml`, checked and complete. An immutable snapshot.
///
/// ``load(path:environment:)`` and ``parse(_:name:environment:baseDirectory:)`` make one. Which keys there are, with
/// their limits and documentation, stands in `Definitions/`; defaults are the initial values of the properties.
/// ``SettingsSchema`` makes a JSON Schema of the same definitions. All paths are absolute or start from the working
/// directory.
public struct Settings: Sendable {
    /// Folder of the ledger.
    public internal(set) var data = "waxwing-data"
    /// Where records come from; at least one.
    public internal(set) var listeners = [Listener.udpDefault, Listener.tcpDefault]
    /// Which secrets are removed.
    public internal(set) var redaction = Redaction()
    /// The sealed stream.
    public internal(set) var stream = Stream()
    /// How long the ledger keeps what it has.
    public internal(set) var retention = Retention()
    /// Bytes of parsed records that may wait for the ledger.
    public internal(set) var queueBytes = 16 << 20
    /// Where records go; may be empty.
    public internal(set) var destinations: [Destination] = []
    /// The Headscale server behind the records; nil if it is not asked anything.
    public internal(set) var headscale: Headscale?
    /// Databases of places; nil for none.
    public internal(set) var geoIP: GeoIP?
    /// Where counters and health are served over HTTP, a loopback address; nil if switched off.
    public internal(set) var metrics: Address? = Address(host: "127.0.0.1", port: 9514)
    /// How long readers may go on at the end.
    public internal(set) var drain = Duration.seconds(10)
    /// The least severe level that is logged.
    public internal(set) var logLevel = LogLevel.info

    var positions: [String: FilePosition] = [:]

    /// Packs of redaction rules, switched on or off.
    public struct Redaction: Sendable, Hashable {
        /// Keys, tokens, passwords and cookies.
        public internal(set) var credentials = true
    }

    /// How much the relay says of itself: the levels of swift-log.
    public enum LogLevel: String, Sendable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }

    /// What applies without a configuration file: UDP and TCP on 127.0.0.1:5514, no destination.
    public static let `default` = Settings()

    /// The same with the ledger in another folder.
    public static func `default`(data: String) -> Settings {
        var settings = Settings()
        settings.data = data
        settings.stream.key = .generated(path: "\(data)/keys/log.pem")
        return settings
    }

    /// Where the value of `key` was given (`stream.key`, `listeners[0].certificate_file`), or else the position of the
    /// closest thing around it, for errors that are found only when the value is used.
    public func position(of key: String) -> FilePosition {
        Decoding(positions: positions).position(of: key)
    }
}
