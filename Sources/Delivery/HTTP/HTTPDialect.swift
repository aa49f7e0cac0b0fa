public import NIOCore

/// What one kind of server wants to hear and what its answers mean; everything else about delivery over HTTP is common.
///
/// The division of labour: ``HTTPDestination`` reads the ledger, has a dialect encode records into a body, compresses
/// and sends it; the dialect judges the answer; ``HTTPDeliveryMachine`` decides what follows. A dialect keeps no state
/// about what is under way. It is called from the destination's thread only.
public protocol HTTPDialect: Sendable {
    /// How records follow one another in a body.
    var framing: BodyFraming { get }
    /// The largest body to send.
    var limits: ParcelLimits { get }
    /// Whether bodies are compressed with gzip.
    var isCompressed: Bool { get }
    /// Whether cookies that a load balancer sets are sent back to it.
    var keepsCookies: Bool { get }

    /// What requests carry that no answer may bring into the log or a dead letter, should a server repeat it.
    var secrets: [String] { get }

    /// Appends one record to a body. Called for each record: must not allocate.
    func encode(_ record: borrowing DeliveryRecord, into body: inout BodyWriter)
    /// The request that carries `body`, which is compressed if ``isCompressed``. Called for each try.
    func request(carrying body: ByteBuffer, to target: HTTPTarget) -> HTTPRequest
    /// What the answer to a request with `count` records means.
    func judge(_ answer: HTTPAnswer, count: Int) -> Verdict

    /// The request that asks which of `acknowledgements`, at most 1,000, have been made at `target`.
    func acknowledgementRequest(_ acknowledgements: [UInt64], to target: HTTPTarget) -> HTTPRequest
    /// The acknowledgements that the answer to such a request confirms, or why it says nothing of them.
    func confirmed(_ answer: HTTPAnswer) -> Result<[UInt64], AcknowledgementFailure>
}

extension HTTPDialect {
    public var isCompressed: Bool { true }
    public var keepsCookies: Bool { false }

    /// `text`, in which a server may have its say, without the secrets.
    func withoutSecrets(_ text: String) -> String {
        secrets.reduce(text) { text, secret in text.replacing(secret, with: "<secret>") }
    }

    public func acknowledgementRequest(_ acknowledgements: [UInt64], to target: HTTPTarget) -> HTTPRequest {
        preconditionFailure("only a dialect that gives awaitAcknowledgement is asked")
    }

    public func confirmed(_ answer: HTTPAnswer) -> Result<[UInt64], AcknowledgementFailure> {
        preconditionFailure("only a dialect that gives awaitAcknowledgement is asked")
    }
}

/// Where a request goes.
public struct HTTPTarget: Equatable, Sendable {
    /// Number of the node, in the order of the configuration.
    public let node: Int
    /// A random UUID in lower case, under which the server numbers its acknowledgements. It changes when a number of
    /// it could mean two requests.
    public let channel: String

    public init(node: Int, channel: String) {
        self.node = node
        self.channel = channel
    }
}

/// How records follow one another in a body.
public struct BodyFraming: Sendable {
    public var opening: StaticString = ""
    public var separator: StaticString = ""
    public var closing: StaticString = ""

    public init(opening: StaticString = "", separator: StaticString = "", closing: StaticString = "") {
        self.opening = opening
        self.separator = separator
        self.closing = closing
    }
}

/// What may be sent at one go.
public struct ParcelLimits: Equatable, Sendable {
    public var records: Int
    /// Octets before compression; one record may be longer.
    public var octets: Int

    public init(records: Int = 5_000, octets: Int = 1 << 20) {
        self.records = records
        self.octets = octets
    }
}

/// A record that the server will never take.
public struct Rejection: Equatable, Sendable {
    /// Its place in the body, from 0.
    public var position: Int
    /// The HTTP status, or the record's own.
    public var status: Int
    public var reason: String

    public init(position: Int, status: Int, reason: String) {
        self.position = position
        self.status = status
        self.reason = reason
    }
}

/// What an answer means for the records of a request.
public enum Verdict: Equatable, Sendable {
    /// All are delivered.
    case delivered
    /// All are delivered once the server confirms this number.
    case awaitAcknowledgement(UInt64)
    /// Some are to be sent again (positions, ascending), some will never be taken; the rest is delivered.
    case partly(again: [Int], rejected: [Rejection], reason: String)
    /// The server cannot take them now. `after`: nanoseconds it asks to be left alone.
    case retry(reason: String, after: UInt64? = nil)
    /// Too much at one time: the same in smaller pieces. A single record is rejected.
    case tooLarge(status: Int, reason: String)
    /// Some record is wrong, and the server does not say which: found by halving; a single record is rejected.
    case isolate(status: Int, reason: String)
    /// Nothing will be taken until somebody has changed something.
    case halt(reason: String)
}

/// Why an answer confirms nothing.
public enum AcknowledgementFailure: Error, Equatable, Sendable {
    /// Ask again later.
    case retry(reason: String)
    /// Nothing will be confirmed until somebody has changed something.
    case halt(reason: String)
}
