import Batch

/// What the answers of Elasticsearch and OpenSearch to `_bulk` mean.
///
/// | answer | what it means |
/// |---|---|
/// | 200, item 2xx or 409 | delivered |
/// | 200, item 429 or 5xx | the item again |
/// | 200, item 401, 403, 404, or 400 that is about the cluster | the item again, when somebody has seen to it |
/// | 200, item with any other status | dead letter, with type and reason |
/// | 200 with another body | a proxy's: again |
/// | 413 | smaller |
/// | 400 with an error in JSON | the record that causes it is looked for |
/// | 401, 403, 405, 406, 415 | stop: nothing will be taken until somebody has seen to it |
/// | everything else, a proxy's 400, 404, 429, 5xx and redirections among it | again |
enum ElasticsearchVerdict {
    static func judge(_ answer: HTTPAnswer, count: Int) -> Verdict {
        switch answer.status {
        case 200: judgeItems(answer, count)
        case 413: .tooLarge(status: 413, reason: reason(answer))
        case 400 where ErrorResponse(unsafe answer.body.span.bytes) != nil:
            .isolate(status: 400, reason: reason(answer))
        case 401, 403, 405, 406, 415: .halt(reason: reason(answer))
        default:
            .retry(
                reason: reason(answer), after: RetryAfter.nanoseconds(answer, now: Clock.wall() / 1_000_000_000))
        }
    }

    /// The error in words, or what else there is to say of the answer.
    static func reason(_ answer: HTTPAnswer) -> String {
        guard let error = ErrorResponse(unsafe answer.body.span.bytes), !error.reason.isEmpty else {
            return answer.summary
        }
        return "HTTP \(answer.status): \(error.reason)"
    }

    private static func judgeItems(_ answer: HTTPAnswer, _ count: Int) -> Verdict {
        guard let response = BulkResponse(unsafe answer.body.span.bytes, limit: count), response.count == count else {
            return .retry(reason: "the answer is not that of a bulk request; is there a proxy in between?")
        }
        var again: [Int] = []
        var rejected: [Rejection] = []
        var (againReason, haltReason): (String?, String?)
        for (position, item) in response.failures {
            switch Fate(item) {
            case .delivered: break
            case .again:
                again.append(position)
                againReason = againReason ?? "\(item.status) \(item.reason)"
            case .halted:
                again.append(position)
                haltReason = haltReason ?? "\(item.status) \(item.reason)"
            case .rejected:
                rejected.append(Rejection(position: position, status: item.status, reason: item.reason))
            }
        }
        if let haltReason, again.count == count { return .halt(reason: haltReason) }
        guard let reason = haltReason ?? againReason ?? rejected.first?.reason else { return .delivered }
        return .partly(again: again, rejected: rejected, reason: reason)
    }

    /// What becomes of a document.
    private enum Fate {
        case delivered, again, halted, rejected

        init(_ item: BulkResponse.Item) {
            switch item.status {
            case 200..<300, 409: self = .delivered
            case 408, 429, 500...: self = .again
            // Not about the document, but about the key, or a block or the lack of the index.
            case 401, 403, 404: self = .halted
            // The limit of shards, for one.
            case 400 where item.type == "validation_exception": self = .halted
            default: self = .rejected
            }
        }
    }
}
