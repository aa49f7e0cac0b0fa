import Batch
public import NIOCore
import NIOHTTP1

/// Splunk's HTTP Event Collector.
///
/// With acknowledgements, requests go under a channel, the answer bears a number, and the records count as delivered
/// when `/services/collector/ack` says of that number that they are indexed. An answer without a number then means
/// that the token has acknowledgements switched off: nothing would ever be confirmed, so delivery stands still and says
/// so. Without acknowledgements, 200 counts as delivered.
public struct SplunkDialect: HTTPDialect {
    public struct Options: Sendable {
        public var token: HTTPSecret
        public var acknowledgements = true
        public var isCompressed = true
        public var host = RecordTemplate([.field(.hostname)])
        public var source = RecordTemplate([.field(.appName)])
        public var sourcetype = RecordTemplate([.text("waxwing")])
        public var index = RecordTemplate([])
        /// The ledger's tag.
        public var log: String

        public init(token: HTTPSecret, log: String) {
            self.token = token
            self.log = log
        }
    }

    public static let eventPath = "/services/collector/event"
    public static let acknowledgementPath = "/services/collector/ack"
    public static let healthPath = "/services/collector/health"

    public let framing = BodyFraming(separator: "\n")
    public let limits = ParcelLimits(records: 5_000, octets: 1 << 20)
    public var isCompressed: Bool { options.isCompressed }
    public var keepsCookies: Bool { true }
    public var secrets: [String] { [options.token.field()] }

    private let options: Options
    private let event: SplunkEvent

    public init(_ options: Options) {
        self.options = options
        event = SplunkEvent(
            host: options.host, source: options.source, sourcetype: options.sourcetype, index: options.index,
            log: Array(options.log.utf8))
    }

    public func encode(_ record: borrowing DeliveryRecord, into body: inout BodyWriter) {
        event.write(record, into: &body)
    }

    public func request(carrying body: ByteBuffer, to target: HTTPTarget) -> HTTPRequest {
        HTTPRequest(.POST, Self.eventPath, fields: fields(target), body: body)
    }

    private func fields(_ target: HTTPTarget) -> [(name: String, value: String)] {
        let fields = [("authorization", options.token.field("Splunk ")), ("content-type", "application/json")]
        return options.acknowledgements ? fields + [("x-splunk-request-channel", target.channel)] : fields
    }

    /// Whether records count as delivered only when the indexer has acknowledged them.
    public var wantsAcknowledgements: Bool { options.acknowledgements }

    // MARK: - Answers

    public func judge(_ answer: HTTPAnswer, count: Int) -> Verdict {
        let splunk = SplunkAnswer(answer.body)
        switch answer.status {
        case 200..<300: return judgeSuccess(answer, splunk)
        case 400: return judgeRefusal(answer, splunk, count)
        case 401, 403: return judgeAuthorization(answer, splunk)
        case 413: return .tooLarge(status: 413, reason: "the body is too large for the server")
        // 404 is also what a proxy says whose server is away; 429 and 5xx pass.
        default: return .retry(reason: reason(answer, splunk), after: wish(answer))
        }
    }

    /// Nothing but Splunk's own success counts: a captive portal and a wrong server answer 200 too.
    private func judgeSuccess(_ answer: HTTPAnswer, _ splunk: SplunkAnswer) -> Verdict {
        guard splunk.code == SplunkAnswer.Code.success.rawValue else {
            return .retry(reason: "the answer is not Splunk's: \(answer.summary)", after: wish(answer))
        }
        guard options.acknowledgements else { return .delivered }
        guard let number = splunk.acknowledgement else {
            return .halt(
                reason:
                    "Splunk took the records but acknowledges nothing: switch on \"indexer acknowledgement\" for the "
                    + "token, or set `acknowledgements: false`")
        }
        return .awaitAcknowledgement(number)
    }

    private func judgeRefusal(_ answer: HTTPAnswer, _ splunk: SplunkAnswer, _ count: Int) -> Verdict {
        let text = reason(answer, splunk)
        switch splunk.code.flatMap(SplunkAnswer.Code.init) {
        case .channelMissing?:
            return .halt(reason: "the token wants indexer acknowledgement: set `acknowledgements: true` (\(text))")
        case .acknowledgementDisabled?: return .halt(reason: acknowledgementDisabled(text))
        case .incorrectIndex? where options.index.isConstant:
            return .halt(reason: "the token may not write to the index: allow it, or correct `index` (\(text))")
        case .invalidChannel?, .success?, .tokenDisabled?, .tokenRequired?, .invalidAuthorization?, .invalidToken?,
            .internalError?, .busy?:
            return .retry(reason: text, after: wish(answer))
        case nil where splunk.code == nil:
            return .retry(reason: "the answer is not Splunk's: \(text)", after: wish(answer))
        case .noData?, .invalidFormat?, .incorrectIndex?, .eventRequired?, .eventBlank?, .indexedFields?, nil:
            return isolate(splunk, text, count)
        }
    }

    /// With the place of the event that is wrong, that one is taken out and all others are sent again: Splunk does not
    /// say whether it kept those before it.
    private func isolate(_ splunk: SplunkAnswer, _ text: String, _ count: Int) -> Verdict {
        guard let wrong = splunk.invalidEvent, (0..<count).contains(wrong) else {
            return .isolate(status: 400, reason: text)
        }
        return .partly(
            again: (0..<count).filter { $0 != wrong },
            rejected: [Rejection(position: wrong, status: 400, reason: text)], reason: text)
    }

    /// Splunk's own words: the token. Without them a firewall or a proxy may have spoken, which passes.
    private func judgeAuthorization(_ answer: HTTPAnswer, _ splunk: SplunkAnswer) -> Verdict {
        guard splunk.code != nil || answer.status == 401 else {
            return .retry(reason: reason(answer, splunk), after: wish(answer))
        }
        return .halt(reason: "Splunk does not accept the token: \(reason(answer, splunk))")
    }

    /// What is to be said against the answer to a question for ``healthPath``, nil for a healthy server.
    public func objectionToHealth(_ answer: HTTPAnswer) -> String? {
        answer.isSuccess ? nil : "Splunk is not healthy: \(reason(answer, SplunkAnswer(answer.body)))"
    }

    private func acknowledgementDisabled(_ text: String) -> String {
        "the token has indexer acknowledgement switched off: switch it on, or set `acknowledgements: false` (\(text))"
    }

    private func reason(_ answer: HTTPAnswer, _ splunk: SplunkAnswer) -> String {
        guard let code = splunk.code else { return answer.summary }
        return "HTTP \(answer.status), code \(code): \(splunk.text ?? "")"
    }

    private func wish(_ answer: HTTPAnswer) -> UInt64? {
        RetryAfter.nanoseconds(answer, now: Clock.wall() / 1_000_000_000)
    }

    // MARK: - Acknowledgements

    public func acknowledgementRequest(_ acknowledgements: [UInt64], to target: HTTPTarget) -> HTTPRequest {
        let numbers = acknowledgements.map(String.init).joined(separator: ",")
        return HTTPRequest(
            .POST, Self.acknowledgementPath + "?channel=" + target.channel, fields: fields(target),
            body: ByteBuffer(string: "{\"acks\":[\(numbers)]}"))
    }

    public func confirmed(_ answer: HTTPAnswer) -> Result<[UInt64], AcknowledgementFailure> {
        if answer.isSuccess, let numbers = SplunkAnswer.confirmed(answer.body) { return .success(numbers) }
        let splunk = SplunkAnswer(answer.body)
        let text = reason(answer, splunk)
        switch splunk.code.flatMap(SplunkAnswer.Code.init) {
        case .acknowledgementDisabled?: return .failure(.halt(reason: acknowledgementDisabled(text)))
        case .tokenDisabled?, .tokenRequired?, .invalidAuthorization?, .invalidToken?:
            return .failure(.halt(reason: "Splunk does not accept the token: \(text)"))
        default: return .failure(.retry(reason: text))
        }
    }
}
