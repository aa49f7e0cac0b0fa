import NIOHTTP1

// What is asked and told beside the delivery: at the start, by `waxwing check --connect` and `waxwing setup
// elasticsearch`.

extension ElasticsearchDialect {
    /// Asks who the server is.
    public var greeting: HTTPRequest { ask(.GET, "/") }

    /// Asks whether the index template is there.
    public var templateQuestion: HTTPRequest { ask(.GET, "/_index_template/\(template(.elasticsearch).name)") }

    /// Makes the index template, or puts it in the place of the one there is.
    public func makeTemplate(_ flavour: IndexTemplate.Flavour) -> HTTPRequest {
        let template = template(flavour)
        var request = ask(.PUT, "/_index_template/\(template.name)")
        request.body.writeString(template.json)
        return request
    }

    /// Makes the data stream.
    public var makeDataStream: HTTPRequest { ask(.PUT, "/_data_stream/\(options.dataStream)") }

    public func template(_ flavour: IndexTemplate.Flavour) -> IndexTemplate {
        IndexTemplate(dataStream: options.dataStream, flavour: flavour)
    }

    /// Why an answer to one of these is not a success; nil if it is.
    public static func objection(_ answer: HTTPAnswer) -> String? {
        answer.isSuccess ? nil : ElasticsearchVerdict.reason(answer)
    }

    /// Whether the answer to ``makeDataStream`` says that it is there already.
    public static func saysIsThere(_ answer: HTTPAnswer) -> Bool {
        ErrorResponse(unsafe answer.body.span.bytes)?.type == "resource_already_exists_exception"
    }

    /// Who answers to ``greeting``: OpenSearch says so, Elasticsearch does not say what it is.
    public static func flavour(_ answer: HTTPAnswer) -> IndexTemplate.Flavour {
        let text = String(decoding: answer.body, as: UTF8.self)
        return text.contains("\"opensearch\"") ? .openSearch : .elasticsearch
    }

    // MARK: - How far the log has come

    /// Asks for the newest document of the relay's log.
    public var newestQuestion: HTTPRequest {
        var request = ask(.POST, "/\(options.dataStream)/_search?filter_path=hits.hits.sort")
        request.body.writeString(
            #"{"size":1,"_source":false,"track_total_hits":false,"query":{"term":{"waxwing.log":"\#(options.tag)"}},"#
                + #""sort":[{"waxwing.index":{"order":"desc","unmapped_type":"long"}}]}"#)
        return request
    }

    /// The index in the answer to ``newestQuestion``; nil if there is no document, or the answer does not say.
    public static func newestIndex(_ answer: HTTPAnswer) -> UInt64? {
        guard answer.isSuccess else { return nil }
        var scan = unsafe JSONScan(answer.body.span.bytes)
        do {
            guard try scan.enter("hits"), try scan.enter("hits"), scan.take(UInt8(ascii: "[")),
                try scan.enter("sort"), scan.take(UInt8(ascii: "["))
            else { return nil }
            return UInt64(try scan.number())
        } catch {
            return nil
        }
    }

    private func ask(_ method: HTTPMethod, _ path: String) -> HTTPRequest {
        HTTPRequest(method, path, fields: fields("application/json"))
    }
}
