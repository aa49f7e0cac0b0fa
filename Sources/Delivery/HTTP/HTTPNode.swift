public import TLS

/// A server that takes requests.
public struct HTTPNode: Sendable {
    public var host: String
    public var port: Int
    /// What paths begin with; empty, or begins with `/` and does not end with one.
    public var basePath: String
    /// nil for plain HTTP.
    public var tls: TLSContext?

    public init(host: String, port: Int, basePath: String = "", tls: TLSContext? = nil) {
        self.host = host
        self.port = port
        self.basePath = basePath
        self.tls = tls
    }

    /// The value of the `Host` field: without the port if it is the scheme's own (RFC 9110 §7.2).
    var hostField: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (tls == nil ? 80 : 443) ? name : "\(name):\(port)"
    }
}
