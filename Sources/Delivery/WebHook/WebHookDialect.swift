import Batch
public import NIOCore
import NIOHTTP1

/// Any server that takes records in the body of a POST: whatever 2xx it answers means delivered.
public struct WebHookDialect: HTTPDialect {
    /// How records stand in a body.
    public enum Format: Sendable {
        /// A JSON object in each line.
        case ndjson
        /// One JSON array of objects.
        case jsonArray
        /// The canonical lines.
        case lines
    }

    /// The value of a header field.
    public enum FieldValue: Sendable {
        case text(String)
        case secret(HTTPSecret)
    }

    public struct Options: Sendable {
        /// Path and query of the URL.
        public var path: String
        public var format = Format.ndjson
        public var isCompressed = true
        public var fields: [(name: String, value: FieldValue)] = []
        /// Authenticates bodies, if they are to be.
        public var signature: BodySignature?
        /// The ledger's tag.
        public var log: String

        public init(path: String, log: String) {
            self.path = path
            self.log = log
        }
    }

    public let framing: BodyFraming
    public let limits = ParcelLimits(records: 5_000, octets: 1 << 20)
    public var isCompressed: Bool { options.isCompressed }

    private let options: Options
    private let log: [UInt8]
    private let now: @Sendable () -> UInt64

    public init(_ options: Options) {
        self.init(options) { Clock.wall() / 1_000_000_000 }
    }

    /// `now`: seconds since 1970.
    init(_ options: Options, now: @escaping @Sendable () -> UInt64) {
        self.options = options
        self.now = now
        log = Array(options.log.utf8)
        framing =
            options.format == .jsonArray
            ? BodyFraming(opening: "[", separator: ",", closing: "]")
            : BodyFraming(separator: "\n", closing: "\n")
    }

    public func encode(_ record: borrowing DeliveryRecord, into body: inout BodyWriter) {
        guard options.format != .lines else { return body.append(record.line) }
        body.append("{\"event\":\"")
        body.append(jsonText: record.line)
        body.append("\",\"log\":\"")
        body.append(log)
        body.append("\",\"index\":")
        body.append(decimal: record.index)
        body.append(UInt8(ascii: "}"))
    }

    public var secrets: [String] {
        options.fields.compactMap { if case .secret(let secret) = $0.value { secret.field() } else { nil } }
    }

    private var contentType: String {
        switch options.format {
        case .ndjson: "application/x-ndjson"
        case .jsonArray: "application/json"
        case .lines: "text/plain; charset=utf-8"
        }
    }

    public func request(carrying body: ByteBuffer, to target: HTTPTarget) -> HTTPRequest {
        var fields = [(name: "content-type", value: contentType)]
        for (name, value) in options.fields {
            switch value {
            case .text(let text): fields.append((name, text))
            case .secret(let secret): fields.append((name, secret.field()))
            }
        }
        if let signature = options.signature { fields.append((BodySignature.field, signature.value(body, at: now()))) }
        return HTTPRequest(.POST, options.path, fields: fields, body: body)
    }

    public func judge(_ answer: HTTPAnswer, count: Int) -> Verdict {
        switch answer.status {
        case 200..<300: return .delivered
        case 401, 403: return .halt(reason: "the server does not let the relay in: \(answer.summary)")
        // What they say is not about a record, but about where and how records are sent.
        case 405, 406, 407, 410, 411, 415, 426: return .halt(reason: answer.summary)
        case 404, 408, 425, 429: return .retry(reason: answer.summary, after: wish(answer))
        case 413: return .tooLarge(status: 413, reason: "the body is too large for the server")
        case 400..<500: return .isolate(status: answer.status, reason: answer.summary)
        // Redirects are not followed: where records go is the configuration's to say.
        default: return .retry(reason: answer.summary, after: wish(answer))
        }
    }

    private func wish(_ answer: HTTPAnswer) -> UInt64? { RetryAfter.nanoseconds(answer, now: now()) }
}
