/// What Elasticsearch and OpenSearch answer to `_bulk`: a result for each document, in the order of the request.
///
///     {"errors":true,"items":[{"create":{"status":201}},
///                             {"create":{"status":400,"error":{"type":"…","reason":"…"}}}]}
///
/// Only this much is asked for (`filter_path`); more does no harm.
struct BulkResponse {
    /// The result for one document.
    struct Item: Equatable {
        var status: Int
        /// The type of the error, or empty.
        var type = ""
        /// Type and reason of the error, with the reason behind it, or empty.
        var reason = ""
    }

    /// The longest reason, in bytes.
    static let reasonLimit = 512

    /// Only the results other than success, each with its position in the request.
    private(set) var failures: [(position: Int, item: Item)] = []
    /// Number of results.
    private(set) var count = 0

    /// Reads an answer with at most `limit` results; nil if that is not what it is.
    init?(_ body: RawSpan, limit: Int) {
        do {
            var scan = JSONScan(body)
            guard try readAnswer(&scan, body, limit), scan.peek() == nil else { return nil }
        } catch {
            return nil
        }
    }

    private mutating func readAnswer(
        _ scan: inout JSONScan, _ body: RawSpan, _ limit: Int
    ) throws(JSONScan.Malformed) -> Bool {
        guard scan.take(UInt8(ascii: "{")) else { return false }
        var (isFirst, hasItems) = (true, false)
        while try scan.next(before: UInt8(ascii: "}"), &isFirst) {
            let name = try scan.name()
            guard body.equals("items", name) else {
                try scan.skip()
                continue
            }
            hasItems = true
            guard scan.take(UInt8(ascii: "[")) else { return false }
            var isFirstItem = true
            while try scan.next(before: UInt8(ascii: "]"), &isFirstItem) {
                guard count < limit else { return false }
                let item = try Self.readAction(&scan, body)
                if !(200..<300).contains(item.status) { failures.append((count, item)) }
                count += 1
            }
        }
        return hasItems
    }

    /// Reads `{"create":{…}}`.
    private static func readAction(_ scan: inout JSONScan, _ body: RawSpan) throws(JSONScan.Malformed) -> Item {
        guard scan.take(UInt8(ascii: "{")) else { throw JSONScan.Malformed() }
        _ = try scan.name()
        guard scan.take(UInt8(ascii: "{")) else { throw JSONScan.Malformed() }
        var (isFirst, item) = (true, Item(status: 0))
        while try scan.next(before: UInt8(ascii: "}"), &isFirst) {
            let name = try scan.name()
            if body.equals("status", name) {
                item.status = try scan.number()
            } else if body.equals("error", name) {
                (item.type, item.reason) = try readError(&scan, body)
            } else {
                try scan.skip()
            }
        }
        guard scan.take(UInt8(ascii: "}")), (100..<600).contains(item.status) else { throw JSONScan.Malformed() }
        return item
    }

    /// Reads an error: an object with type and reason and perhaps what caused it, or, of old, a string.
    static func readError(
        _ scan: inout JSONScan, _ body: RawSpan
    ) throws(JSONScan.Malformed) -> (type: String, reason: String) {
        guard scan.take(UInt8(ascii: "{")) else {
            guard scan.peek() == UInt8(ascii: "\"") else {
                try scan.skip()
                return ("", "")
            }
            let text = try scan.string()
            return ("", scan.text(text, limit: reasonLimit))
        }
        var (isFirst, type, reason, cause) = (true, "", "", "")
        while try scan.next(before: UInt8(ascii: "}"), &isFirst) {
            let name = try scan.name()
            switch scan.peek() {
            case UInt8(ascii: "\""):
                let value = try scan.string()
                if body.equals("type", name) { type = scan.text(value, limit: 128) }
                if body.equals("reason", name) { reason = scan.text(value, limit: reasonLimit) }
            case UInt8(ascii: "{") where body.equals("caused_by", name):
                cause = try readCause(&scan, body)
            default: try scan.skip()
            }
        }
        let whole = [type, reason, cause].filter { !$0.isEmpty }.joined(separator: ": ")
        return (type, String(decoding: whole.utf8.prefix(reasonLimit), as: UTF8.self))
    }

    /// Reads the reason of a cause, without causes of its own.
    private static func readCause(_ scan: inout JSONScan, _ body: RawSpan) throws(JSONScan.Malformed) -> String {
        guard scan.take(UInt8(ascii: "{")) else { throw JSONScan.Malformed() }
        var (isFirst, reason) = (true, "")
        while try scan.next(before: UInt8(ascii: "}"), &isFirst) {
            let name = try scan.name()
            if body.equals("reason", name), scan.peek() == UInt8(ascii: "\"") {
                let value = try scan.string()
                reason = scan.text(value, limit: reasonLimit)
            } else {
                try scan.skip()
            }
        }
        return reason
    }
}

/// The error of an answer to a whole request: `{"error":{"type":"…","reason":"…"},"status":400}`.
struct ErrorResponse: Equatable {
    var type = ""
    var reason = ""

    /// Reads an answer; nil if it is not Elasticsearch's, but perhaps a proxy's page.
    init?(_ body: RawSpan) {
        do {
            var scan = JSONScan(body)
            guard scan.take(UInt8(ascii: "{")) else { return nil }
            var (isFirst, isFound) = (true, false)
            while try scan.next(before: UInt8(ascii: "}"), &isFirst) {
                if body.equals("error", try scan.name()) {
                    (type, reason) = try BulkResponse.readError(&scan, body)
                    isFound = true
                } else {
                    try scan.skip()
                }
            }
            guard isFound else { return nil }
        } catch {
            return nil
        }
    }
}
