public import NIOCore
public import Seal
import TransparencyLog

/// Elasticsearch and OpenSearch: `_bulk` requests that create documents in a data stream.
///
/// A document's `_id` is the log's tag and the record's index, so that one that is sent again is refused as already
/// there (409), which counts as delivered. A data stream that has rolled over in between takes it a second time; that
/// does no harm, since the index tells it.
public struct ElasticsearchDialect: HTTPDialect {
    public struct Options: Sendable {
        /// The data stream's name: nothing that would have to be escaped in a path.
        public var dataStream: String
        public var credentials = Credentials.none
        public var isCompressed = true
        /// The ledger's tag.
        public var tag: LogTag
        /// The relay's host name and version, for `observer`.
        public var observer: (name: String, version: String)

        public init(dataStream: String, tag: LogTag, observer: (name: String, version: String)) {
            self.dataStream = dataStream
            self.tag = tag
            self.observer = observer
        }
    }

    /// How the relay proves who it is, other than by a certificate.
    public enum Credentials: Sendable {
        case none
        /// An API key as Elasticsearch gives it out, encoded.
        case apiKey(HTTPSecret)
        case basic(user: String, password: HTTPSecret)
    }

    /// Octets that an answer may have: a result for each of 5,000 documents, with an error in each.
    public static let answerOctets = 16 << 20

    public let framing = BodyFraming()
    public let limits = ParcelLimits(records: 5_000, octets: 4 << 20)
    public var isCompressed: Bool { options.isCompressed }

    let options: Options
    private let document: ECSDocument
    private let path: String

    public init(_ options: Options) {
        self.options = options
        document = ECSDocument(
            tag: options.tag, observer: options.observer.name, version: options.observer.version)
        path = "/\(options.dataStream)/_bulk?filter_path=errors,items.*.status,items.*.error"
    }

    public func encode(_ record: borrowing DeliveryRecord, into body: inout BodyWriter) {
        body.append(#"{"create":{"_id":"#)
        document.writeIdentifier(record.index, into: &body)
        body.append("}}\n")
        document.write(record, into: &body)
        body.append(UInt8(ascii: "\n"))
    }

    public func request(carrying body: ByteBuffer, to target: HTTPTarget) -> HTTPRequest {
        HTTPRequest(.POST, path, fields: fields("application/x-ndjson"), body: body)
    }

    func fields(_ contentType: String) -> [(name: String, value: String)] {
        let fields = [("content-type", contentType), ("accept", "application/json")]
        switch options.credentials {
        case .none: return fields
        case .apiKey(let key): return fields + [("authorization", key.field("ApiKey "))]
        case .basic(let user, let password):
            return fields + [("authorization", "Basic " + Self.basic(user, password))]
        }
    }

    public var secrets: [String] {
        switch options.credentials {
        case .none: []
        case .apiKey(let key): [key.field()]
        case .basic(let user, let password): [Self.basic(user, password), password.field()]
        }
    }

    /// The credentials of basic authentication (RFC 7617).
    private static func basic(_ user: String, _ password: HTTPSecret) -> String {
        Base64.encode(Array(password.field("\(user):").utf8))
    }

    public func judge(_ answer: HTTPAnswer, count: Int) -> Verdict {
        ElasticsearchVerdict.judge(answer, count: count)
    }
}
