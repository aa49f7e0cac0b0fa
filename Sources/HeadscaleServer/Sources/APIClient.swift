import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import OpenSSL
import Synchronization

/// Where Headscale's API is.
public enum APIAddress: Sendable, Equatable, CustomStringConvertible {
    /// The base of all paths: `https://headscale.example.net:443`.
    case web(url: String, isSecure: Bool)
    /// Headscale's own socket (0.30), which asks for no key.
    case socket(path: String)

    public var description: String {
        switch self {
        case .web(let url, _): url
        case .socket(let path): "unix:\(path)"
        }
    }
}

/// How the relay shows who it is.
public enum APICredential: Sendable, Equatable {
    /// A file with an API key, which may do everything there is.
    case key(file: String)
    /// An OAuth client (0.30), whose tokens can be limited to reading.
    case oauth(clientID: String, secretFile: String)
    /// None: the socket wants none.
    case none
}

/// Asks Headscale's API one thing after another. Waits for each answer, on the thread that asks.
final class APIClient: Sendable {
    /// How long connecting may take, and how long a whole request.
    static let connectTimeout = TimeAmount.seconds(10)
    static let requestTimeout = TimeAmount.seconds(30)

    struct Answer: Sendable {
        var status: Int
        var body: [UInt8]
    }

    private let address: APIAddress
    private let client: HTTPClient
    private let isClosed = Atomic<Bool>(false)

    /// A client on `group`. The authorities in `authorityFile` are trusted, and no others; without it, those of the
    /// system.
    init(_ address: APIAddress, authorityFile: String?, on group: any EventLoopGroup) throws(ServerError) {
        self.address = address
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = HTTPClient.Configuration.Timeout(connect: Self.connectTimeout)
        configuration.httpVersion = .http1Only
        // The next reading is the next try.
        configuration.connectionPool.retryConnectionEstablishment = false
        if case .web(_, isSecure: true) = address {
            configuration.tlsConfiguration = try .headscale(authorityFile: authorityFile)
        }
        client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }

    /// A client that nobody closed must not keep its connections either.
    deinit {
        if !isClosed.exchange(true, ordering: .relaxed) { _ = client.shutdown() }
    }

    /// Ends all requests. Once is enough.
    func close() {
        if !isClosed.exchange(true, ordering: .relaxed) { try? client.shutdown().wait() }
    }

    // MARK: - Requests

    /// The answer to `GET path`, whatever its status.
    func get(_ path: String, _ credential: String?, accept: String = "application/json") throws(ServerError) -> Answer {
        var headers = HTTPHeaders([("accept", accept)])
        if let credential { headers.add(name: "authorization", value: "Bearer \(credential)") }
        return try send(.GET, path, headers, nil)
    }

    /// The answer to a form that is sent by POST.
    func post(_ path: String, form: [(String, String)]) throws(ServerError) -> Answer {
        let body = form.map { "\(Self.escaped($0.0))=\(Self.escaped($0.1))" }.joined(separator: "&")
        let headers = HTTPHeaders([
            ("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json"),
        ])
        return try send(.POST, path, headers, body)
    }

    private func send(
        _ method: HTTPMethod, _ path: String, _ headers: HTTPHeaders, _ body: String?
    ) throws(ServerError) -> Answer {
        do {
            let request = try HTTPClient.Request(
                url: url(path), method: method, headers: headers, body: body.map { .string($0) })
            return try client.execute(
                request: request, delegate: AnswerCollector(limit: SourceLimits.octets),
                deadline: .now() + Self.requestTimeout
            ).wait()
        } catch {
            throw ServerError("\(method) \(path): \(Self.describe(error))")
        }
    }

    private static func describe(_ error: any Error) -> String {
        let timeouts: [HTTPClientError] = [.connectTimeout, .deadlineExceeded, .readTimeout]
        if let error = error as? HTTPClientError, timeouts.contains(error) { return "no answer in time" }
        return "\(error)"
    }

    private func url(_ path: String) -> String {
        switch address {
        case .web(let url, _): url + path
        case .socket(let socket): "http+unix://\(Self.escaped(socket))\(path)"
        }
    }

    /// Percent-encoding of everything but RFC 3986's unreserved characters.
    static func escaped(_ text: String) -> String {
        text.utf8.reduce(into: "") { result, byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%\(digits.utf8.count < 2 ? "0" : "")\(digits)"
            }
        }
    }

    /// The text of a file with a secret, in one line.
    static func secret(file: String) throws(ServerError) -> String {
        do throws(OpenSSLError) {
            let bytes = try SecretFile.read(file).withoutLineEnd()
            let text = unsafe bytes.bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
            guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw OpenSSLError(.length, "\(file) does not hold a key in one line")
            }
            return text
        } catch {
            throw ServerError("\(error)")
        }
    }
}

extension APIClient.Answer {
    /// Throws what is wrong, unless the answer is one of success. The server's own words are left out: they are not ours
    /// to log.
    func check(_ path: String) throws(ServerError) {
        switch status {
        case 200...299: return
        case 401: throw ServerError("GET \(path): 401, the server refuses the key: has it expired?")
        case 403: throw ServerError("GET \(path): 403, the key may not read this")
        default: throw ServerError("GET \(path): the server answers \(status)")
        }
    }
}
