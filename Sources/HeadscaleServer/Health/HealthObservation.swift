/// What one look at the server showed.
public struct HealthObservation: Sendable, Equatable {
    /// What came of `GET /health`.
    public enum Answer: Sendable, Equatable {
        /// The server is well, and so is its database.
        case pass
        /// The server answers that its database does not.
        case databaseFailure
        /// There is no answer, or none that Headscale gives: why, in one line.
        case failure(String)
        /// The server shows a certificate that is not to be trusted: why, in one line. Nothing was asked of it.
        case untrusted(String)

        /// Why the server cannot be used, if it cannot.
        var problem: String? {
            switch self {
            case .pass: nil
            case .databaseFailure: "its database does not answer"
            case .failure(let reason), .untrusted(let reason): reason
            }
        }
    }

    /// What came of asking for the server's metrics.
    public enum Metrics: Sendable, Equatable {
        case figures(ServerFigures)
        /// Why there are none, in one line.
        case failure(String)
    }

    public var answer: Answer
    /// The version that the server says it is; nil where it does not say (before 0.29), or was not asked.
    public var version: String?
    /// The server's certificate; nil without TLS, or if it was not looked at or not shown.
    public var certificate: ServerCertificate?
    /// Nil where nobody has said where the metrics are.
    public var metrics: Metrics?

    public init(
        _ answer: Answer, version: String? = nil, certificate: ServerCertificate? = nil, metrics: Metrics? = nil
    ) {
        self.answer = answer
        self.version = version
        self.certificate = certificate
        self.metrics = metrics
    }
}

/// What matters of a server's certificate.
public struct ServerCertificate: Sendable, Equatable {
    /// From when on and until when it is valid, in seconds since 1970.
    public var notBefore: Int64
    public var notAfter: Int64
    /// `sha256:` and hexadecimal digits.
    public var fingerprint: String

    public init(notBefore: Int64, notAfter: Int64, fingerprint: String) {
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.fingerprint = fingerprint
    }
}

/// A point in time by both clocks, in seconds: the one that nobody sets is for how long something lasts, the other one
/// for dates.
public struct Moment: Sendable, Equatable {
    /// The monotonic clock.
    public var uptime: Int64
    /// Since 1970.
    public var date: Int64

    public init(uptime: Int64, date: Int64) {
        self.uptime = uptime
        self.date = date
    }
}
