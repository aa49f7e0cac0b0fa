public import NIOCore
public import Seal

/// Elasticsearch and OpenSearch: `_bulk` requests that create documents in a data stream.
///
/// A document's `_id` is the log's tag and the record's index, so that one that is sent again is refused as already
/// there (409), which counts as delivered. A data stream that has rolled over in between takes it a second time; that
/// does no harm, since the index tells it.
public struct ElasticsearchDialect: HTTPDialect {
    public let framing = BodyFraming()
    public let limits: ParcelLimits

    private let document: ECSDocument
    private let path: String
    private let fields: [(name: String, value: String)]

    /// - Parameters:
    ///   - dataStream: The data stream's name, as it stands in a path.
    ///   - authorization: The value of the field `Authorization`, if there is to be one.
    ///   - tag, origin: Those of the log.
    ///   - version: The relay's.
    public init(
        dataStream: String, authorization: String?, limits: ParcelLimits, tag: LogTag, origin: String, version: String
    ) {
        self.limits = limits
        document = ECSDocument(tag: tag, origin: origin, version: version)
        path = "/\(dataStream)/_bulk?filter_path=errors,items.*.status,items.*.error"
        fields =
            [("Content-Type", "application/x-ndjson"), ("Accept", "application/json")]
            + (authorization.map { [("Authorization", $0)] } ?? [])
    }

    public func encode(_ record: borrowing DeliveryRecord, into body: inout BodyWriter) {
        body.append(#"{"create":{"_id":"#)
        document.writeIdentifier(record.index, into: &body)
        body.append("}}\n")
        document.write(record, into: &body)
        body.append(UInt8(ascii: "\n"))
    }

    public func request(carrying body: ByteBuffer, to target: HTTPTarget) -> HTTPRequest {
        HTTPRequest(.POST, path, fields: fields, body: body)
    }

    public func judge(_ answer: HTTPAnswer, count: Int) -> Verdict {
        ElasticsearchVerdict.judge(answer, count: count)
    }
}
