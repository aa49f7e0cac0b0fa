public import TLS

/// A collector: where it is, and how it proves who it is.
public struct CollectorTarget: Sendable, CustomStringConvertible {
    public var host: String
    public var port: Int
    /// Nil for plain TCP.
    public var tls: TLSContext?

    public init(host: String, port: Int, tls: TLSContext? = nil) {
        self.host = host
        self.port = port
        self.tls = tls
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
