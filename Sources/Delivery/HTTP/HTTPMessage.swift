public import NIOCore
public import NIOHTTP1

/// A request as a dialect makes it; the transport adds `Host`, `Content-Length`, cookies and the node's own path.
public struct HTTPRequest: Sendable {
    public var method: HTTPMethod
    /// Path and query, from the node's base URL on: `/services/collector/event`.
    public var path: String
    public var fields: [(name: String, value: String)]
    public var body: ByteBuffer

    public init(
        _ method: HTTPMethod, _ path: String, fields: [(name: String, value: String)] = [],
        body: ByteBuffer = ByteBuffer()
    ) {
        self.method = method
        self.path = path
        self.fields = fields
        self.body = body
    }
}

/// What a server answered, its body bounded by ``HTTPTransport/Limits/answerOctets``.
public struct HTTPAnswer: Sendable {
    public var status: Int
    public var headers: HTTPHeaders
    public var body: [UInt8]

    public init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Whether the status says success.
    public var isSuccess: Bool { (200..<300).contains(status) }

    /// What is left to say when the body explains nothing: the status, and the beginning of a short text.
    public var summary: String {
        let reason = HTTPResponseStatus(statusCode: status).reasonPhrase
        let text = String(decoding: body.prefix(200), as: UTF8.self)
        let isPlain = !text.isEmpty && !text.unicodeScalars.contains { $0.value < 0x20 || $0 == "<" }
        return "HTTP \(status)\(reason.isEmpty ? "" : " \(reason)")\(isPlain ? ": \(text)" : "")"
    }
}

/// Why there is no answer.
public struct HTTPFailure: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Code: Sendable {
        /// The server cannot be reached, or is not who it has to be.
        case unreachable
        /// It took too long.
        case timeout
        /// The connection ended before the answer did.
        case interrupted
        /// The answer is no HTTP, or too long.
        case unusable
    }

    public let code: Code
    public let description: String

    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// Two failures are equal when their codes are: the text is for people.
    public static func == (left: HTTPFailure, right: HTTPFailure) -> Bool { left.code == right.code }
}
