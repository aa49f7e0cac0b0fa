/// What Splunk's HTTP Event Collector answers: `{"text":"Success","code":0,"ackId":7}`. Members that are not there are
/// nil; what is no JSON object, such as a proxy's page, has none.
struct SplunkAnswer: Equatable {
    /// Splunk's own status, from the table in its documentation ("Possible error codes").
    enum Code: Int {
        case success = 0
        case tokenDisabled, tokenRequired, invalidAuthorization, invalidToken, noData, invalidFormat, incorrectIndex
        case internalError, busy, channelMissing, invalidChannel, eventRequired, eventBlank, acknowledgementDisabled,
            indexedFields
    }

    private static let textLimit = 300

    var text: String?
    var code: Int?
    var acknowledgement: UInt64?
    /// Place in the body, from 0, of the first event that is wrong.
    var invalidEvent: Int?

    init(_ body: [UInt8]) {
        var scan = unsafe JSONScan(body.span.bytes)
        do throws(JSONScan.Malformed) { try read(&scan, body) } catch {}
    }

    private mutating func read(_ scan: inout JSONScan, _ body: [UInt8]) throws(JSONScan.Malformed) {
        let bytes = unsafe body.span.bytes
        guard scan.take(UInt8(ascii: "{")) else { return }
        var isFirst = true
        while try scan.next(before: UInt8(ascii: "}"), &isFirst) {
            let name = try scan.name()
            if bytes.equals("text", name), scan.peek() == UInt8(ascii: "\"") {
                text = scan.text(try scan.string(), limit: Self.textLimit)
            } else if bytes.equals("code", name) {
                code = try scan.number()
            } else if bytes.equals("ackId", name), scan.peek() != UInt8(ascii: "n") {
                acknowledgement = UInt64(try scan.number())
            } else if bytes.equals("invalid-event-number", name) {
                invalidEvent = try scan.number()
            } else {
                try scan.skip()
            }
        }
    }

    /// The acknowledgements that `{"acks":{"0":true,"1":false}}` says are made; nil if it is something else.
    static func confirmed(_ body: [UInt8]) -> [UInt64]? {
        var scan = unsafe JSONScan(body.span.bytes)
        do throws(JSONScan.Malformed) { return try readConfirmed(&scan, body) } catch { return nil }
    }

    private static func readConfirmed(
        _ scan: inout JSONScan, _ body: [UInt8]
    ) throws(JSONScan.Malformed) -> [UInt64]? {
        let bytes = unsafe body.span.bytes
        guard scan.take(UInt8(ascii: "{")) else { return nil }
        var numbers: [UInt64]?
        var isFirst = true
        while try scan.next(before: UInt8(ascii: "}"), &isFirst) {
            guard bytes.equals("acks", try scan.name()), scan.take(UInt8(ascii: "{")) else {
                try scan.skip()
                continue
            }
            var confirmed: [UInt64] = []
            var isFirstNumber = true
            while try scan.next(before: UInt8(ascii: "}"), &isFirstNumber) {
                let number = UInt64(scan.text(try scan.name(), limit: 20))
                let isMade = scan.peek() == UInt8(ascii: "t")
                try scan.skip()
                if let number, isMade { confirmed.append(number) }
            }
            numbers = confirmed
        }
        return numbers
    }
}
