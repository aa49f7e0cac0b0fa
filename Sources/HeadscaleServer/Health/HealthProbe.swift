import AsyncHTTPClient
import Foundation
public import NIOCore
import NIOPosix
import NIOSSL
import TLS

/// Looks at a Headscale server as any client could: no key is needed, and none is sent. No redirect is followed.
public final class HealthProbe: Sendable {
    public struct Options: Sendable {
        /// The server's URL, to which `/health` and `/version` are added.
        public var url: String
        public var isSecure: Bool
        public var host: String
        public var port: Int
        /// The authorities that may have signed the server's certificate, PEM; nil for those of the system.
        public var authorityFile: String?
        /// Where the server's metrics are, if anybody has said so.
        public var metricsURL: String?
        /// For each request, from the connection to the end of the answer.
        public var timeout = TimeAmount.seconds(10)

        public init(url: String, isSecure: Bool, host: String, port: Int) {
            self.url = url
            self.isSecure = isSecure
            self.host = host
            self.port = port
        }
    }

    /// The largest answers that are read, in octets.
    static let answerLimit = 64 << 10
    static let metricsLimit = 4 << 20
    /// The longest version that is believed to be one.
    private static let versionLimit = 64

    private let options: Options
    private let eventLoop: any EventLoop
    private let client: HTTPClient
    private let certificate: CertificateProbe?

    /// Opens the CA file. Throws `ServerError` when it cannot be used: the system's authorities do not stand in for it.
    public init(_ options: Options, on eventLoop: any EventLoop) throws(ServerError) {
        self.options = options
        self.eventLoop = eventLoop
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: try .headscale(authorityFile: options.authorityFile), redirectConfiguration: .disallow,
            timeout: .init(connect: options.timeout, read: options.timeout),
            // So that each look shows whether connections are taken.
            connectionPool: .init(idleTimeout: .seconds(2)), decompression: .disabled)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        do {
            certificate =
                options.isSecure
                ? try CertificateProbe(host: options.host, port: options.port, timeout: options.timeout) : nil
        } catch { throw ServerError("TLS cannot be used: \(error)") }
        client = HTTPClient(eventLoopGroupProvider: .shared(eventLoop), configuration: configuration)
    }

    /// Ends what is under way. To be called once, not on the event loop.
    public func close() {
        try? client.syncShutdown()
    }

    /// Looks at the server; `thoroughly` asks for its version and its certificate, too. Never fails.
    public func look(thoroughly: Bool) -> EventLoopFuture<HealthObservation> {
        let metrics = options.metricsURL.map(metrics) ?? eventLoop.makeSucceededFuture(nil)
        let certificate = thoroughly ? certificate?.look(on: eventLoop) : nil
        return answer().flatMap { [self] answer in
            let version =
                thoroughly && answer.problem == nil ? version() : eventLoop.makeSucceededFuture(String?.none)
            return version.map { HealthObservation(answer, version: $0) }
        }.and(metrics).and(certificate ?? eventLoop.makeSucceededFuture(nil)).map { parts in
            var observation = parts.0.0
            observation.metrics = parts.0.1
            observation.certificate = parts.1
            return observation
        }
    }

    // MARK: - Questions

    private func answer() -> EventLoopFuture<HealthObservation.Answer> {
        ask(options.url + "/health", accept: "application/health+json, application/json", Self.answerLimit)
            .map { answer in
                let status = Self.member("status", of: answer.body)
                switch (answer.status.code, status) {
                case (200, "pass"): return .pass
                case (_, "fail"): return .databaseFailure
                case (200, _): return .failure("\(self.options.url)/health is not Headscale's: is the URL right?")
                case (300..<400, _):
                    return .failure(
                        "it answers \(answer.status.code), and redirects are not followed: give the URL they lead to")
                default: return .failure("it answers \(answer.status.code)")
                }
            }
            .flatMapErrorThrowing { error in
                Self.isAboutTrust(error) ? .untrusted(Self.reason(error)) : .failure(Self.reason(error))
            }
    }

    /// Servers up to 0.28 do not say.
    private func version() -> EventLoopFuture<String?> {
        ask(options.url + "/version", accept: "application/json", Self.answerLimit)
            .map { answer in
                guard answer.status == .ok, let version = Self.member("version", of: answer.body),
                    (1...Self.versionLimit).contains(version.utf8.count),
                    version.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
                else { return nil }
                return version
            }
            .recover { _ in nil }
    }

    private func metrics(_ url: String) -> EventLoopFuture<HealthObservation.Metrics?> {
        ask(url, accept: "text/plain;version=0.0.4", Self.metricsLimit)
            .flatMap { [eventLoop] answer in
                guard answer.status == .ok, let body = answer.body else {
                    return eventLoop.makeSucceededFuture(.failure("\(url) answers \(answer.status.code)"))
                }
                // Megabytes are not read on a loop that others share.
                return NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) {
                    PrometheusText.figures(body.readableBytesView).map { .figures($0) }
                        ?? .failure("\(url) is not the text of Prometheus' metrics")
                }
            }
            .recover { .failure(Self.reason($0)) }
    }

    private func ask(_ url: String, accept: String, _ limit: Int) -> EventLoopFuture<HTTPClient.Response> {
        do {
            let request = try HTTPClient.Request(url: url, headers: ["accept": accept, "user-agent": "waxwing"])
            return client.execute(
                request: request, delegate: ResponseAccumulator(request: request, maxBodySize: limit),
                eventLoop: .delegateAndChannel(on: eventLoop), deadline: .now() + options.timeout
            ).futureResult
        } catch { return eventLoop.makeFailedFuture(error) }
    }

    // MARK: - Answers

    /// The text that a member of an object of JSON has.
    private static func member(_ name: String, of body: ByteBuffer?) -> String? {
        guard let body, let object = try? JSONSerialization.jsonObject(with: Data(body.readableBytesView)) else {
            return nil
        }
        return (object as? [String: Any])?[name] as? String
    }

    /// Whether the server's certificate is what is wrong.
    private static func isAboutTrust(_ error: any Error) -> Bool {
        let text = "\(error)"
        return ["CERTIFICATE_VERIFY_FAILED", "failedToValidateHostname", "unableToValidateCertificate"].contains {
            text.contains($0)
        }
    }

    /// Why there is no answer, in one line.
    private static func reason(_ error: any Error) -> String {
        let connection = error as? NIOConnectionError
        if let name = connection?.dnsAError ?? connection?.dnsAAAAError {
            return "the name \(connection?.host ?? "") is not known (\(name))"
        }
        if let failure = (connection?.connectionErrors.first?.error ?? error) as? IOError {
            return unsafe String(cString: strerror(failure.errnoCode))
        }
        switch error as? HTTPClientError {
        case .connectTimeout: return "no connection in time"
        case .deadlineExceeded, .readTimeout, .getConnectionFromPoolTimeout: return "no answer in time"
        case .remoteConnectionClosed: return "the connection ended before the answer did"
        default: return String(TLSFailure.describe(error).prefix(256))
        }
    }
}
