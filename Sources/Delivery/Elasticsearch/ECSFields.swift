import Syslog

/// Parameters of a `headscale@…` element that have a field in the Elastic Common Schema.
enum HeadscaleParameter: Int, CaseIterable {
    case event, outcome, category, service, level, user, nodeID, ip, port, method, path, status, bytes, elapsed, error
    case version, country, city, asn, asOrg

    /// The name of the parameter.
    var name: StaticString {
        switch self {
        case .event: "event"
        case .outcome: "outcome"
        case .category: "category"
        case .service: "service"
        case .level: "level"
        case .user: "user"
        case .nodeID: "node_id"
        case .ip: "ip"
        case .port: "port"
        case .method: "method"
        case .path: "path"
        case .status: "status"
        case .bytes: "bytes"
        case .elapsed: "elapsed"
        case .error: "error"
        case .version: "version"
        case .country: "country"
        case .city: "city"
        case .asn: "asn"
        case .asOrg: "as_org"
        }
    }
}

/// What a canonical line says, found in one pass without allocating: offsets into the line.
struct ECSFields {
    let message: Message
    /// Whether the relay found the record to be Headscale's.
    private(set) var isHeadscale = false
    /// Whether it is a seal.
    private(set) var isSeal = false
    /// Whether there are elements besides the relay's own.
    private(set) var hasElements = false
    /// Whether something was redacted.
    private(set) var isRedacted = false
    /// When a record that has no TIMESTAMP was received.
    private(set) var receivedTime: Range<Int>?
    private var parameters: InlineArray<20, Range<Int>>

    init(_ record: borrowing DeliveryRecord) {
        let line = record.line
        message = record.message
        parameters = InlineArray(repeating: 0..<0)
        var reader = StructuredDataReader(line, message.structuredData)
        var element = RelayElement.none
        while let item = reader.next() {
            switch item {
            case .element(let id):
                element = RelayElement(line, id)
                note(element)
            case .parameter(let name, let value):
                note(element, line, name, value)
            }
        }
    }

    /// The value of a parameter as it stands in the line, nil if there is none.
    subscript(parameter: HeadscaleParameter) -> Range<Int>? {
        let range = parameters[parameter.rawValue]
        return range.isEmpty ? nil : range
    }

    private mutating func note(_ element: RelayElement) {
        switch element {
        case .identity: break
        case .seal: isSeal = true
        case .redacted: isRedacted = true
        case .headscale:
            isHeadscale = true
            hasElements = true
        case .received, .none: hasElements = true
        }
    }

    private mutating func note(_ element: RelayElement, _ line: RawSpan, _ name: Range<Int>, _ value: Range<Int>) {
        switch element {
        case .headscale:
            for parameter in HeadscaleParameter.allCases where line.equals(parameter.name, name) {
                if parameters[parameter.rawValue].isEmpty { parameters[parameter.rawValue] = value }
            }
        case .received:
            // Else it is a word that says how the TIMESTAMP came about.
            guard line.equals("time", name), let first = value.first, line.byte(first).isDigit else { return }
            receivedTime = value
        case .identity, .seal, .redacted, .none: break
        }
    }
}

/// The elements that a relay writes, by their SD-IDs.
enum RelayElement {
    case identity, seal, received, redacted, headscale
    /// Any other.
    case none

    init(_ line: RawSpan, _ id: Range<Int>) {
        if line.hasPrefix("waxwing-s", id) {
            self = .seal
        } else if line.hasPrefix("waxwing@", id) || line.hasPrefix("waxwing-", id) {
            self = .identity
        } else if line.hasPrefix("received@", id) {
            self = .received
        } else if line.hasPrefix("redacted@", id) {
            self = .redacted
        } else {
            self = line.hasPrefix("headscale@", id) ? .headscale : .none
        }
    }
}

extension UInt8 {
    var isDigit: Bool { self &- 0x30 < 10 }
}

// MARK: - Values of other types than text

extension RawSpan {
    /// The number in `range`, in decimal without leading zeros and at most `limit`; nil if that is not what it is.
    func number(_ range: Range<Int>, upTo limit: UInt64) -> UInt64? {
        guard (1...18).contains(range.count), range.count == 1 || byte(range.lowerBound) != 0x30 else { return nil }
        var value: UInt64 = 0
        for offset in range {
            guard byte(offset).isDigit else { return nil }
            value = value * 10 + UInt64(byte(offset) - 0x30)
        }
        return value <= limit ? value : nil
    }

    /// The milliseconds in `range`, with or without a fraction, as nanoseconds; nil if that is not what it is.
    func nanoseconds(ofMilliseconds range: Range<Int>) -> UInt64? {
        let point = range.first { byte($0) == UInt8(ascii: ".") } ?? range.upperBound
        guard let whole = number(range.lowerBound..<point, upTo: 1_000_000_000_000) else { return nil }
        var nanoseconds = whole * 1_000_000
        var unit: UInt64 = 100_000
        for offset in range.dropFirst(point + 1 - range.lowerBound) {
            guard byte(offset).isDigit else { return nil }
            nanoseconds += UInt64(byte(offset) - 0x30) * unit
            unit /= 10
        }
        return nanoseconds
    }
}
