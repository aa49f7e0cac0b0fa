import Syslog

/// What a canonical line says, found in one pass without allocating: offsets into the line.
@safe
struct ECSFields: ~Copyable {
    /// Parameters of Headscale's element without a field of their own that a document shows.
    static let otherLimit = 32

    let header: CanonicalHeader
    /// MSG, without a BOM.
    private(set) var message = 0..<0
    /// Whether the relay found the record to be Headscale's.
    private(set) var isHeadscale = false
    /// Whether it is a seal.
    private(set) var isSeal = false
    /// From the first element that ``StructuredDataObject`` shows to the last; there may be others in between.
    private(set) var shownElements = 0..<0
    /// Whether something was redacted.
    private(set) var isRedacted = false
    /// When a record that has no TIMESTAMP was received.
    private(set) var receivedTime: Range<Int>?
    /// The name and the id of the node that sent the record to the relay.
    private(set) var senderNode: Range<Int>?
    private(set) var senderNodeID: Range<Int>?
    // On the stack, and not in the structure itself: that would be copied again and again.
    private let parameters: UnsafeMutablePointer<Place>
    private let others: UnsafeMutablePointer<Parameter>
    private(set) var otherCount = 0

    /// A range in half the memory, for what is cleared for each record.
    struct Place {
        private var start: UInt32 = 0
        private var end: UInt32 = 0

        init() {}

        init(_ range: Range<Int>) {
            (start, end) = (UInt32(range.lowerBound), UInt32(range.upperBound))
        }

        var range: Range<Int> { Int(start)..<Int(end) }
    }

    private struct Parameter {
        var name = Place()
        var value = Place()
    }

    /// Calls `body` with what `line` says.
    @inline(__always)
    static func read(_ line: RawSpan, _ body: (borrowing ECSFields) -> Void) {
        unsafe withUnsafeTemporaryAllocation(of: Place.self, capacity: HeadscaleParameter.count) { parameters in
            unsafe withUnsafeTemporaryAllocation(of: Parameter.self, capacity: otherLimit) { others in
                unsafe parameters.initialize(repeating: Place())
                body(unsafe ECSFields(line, parameters.baseAddress!, others.baseAddress!))
            }
        }
    }

    private init(
        _ line: RawSpan, _ parameters: UnsafeMutablePointer<Place>, _ others: UnsafeMutablePointer<Parameter>
    ) {
        unsafe (self.parameters, self.others) = (parameters, others)
        header = CanonicalHeader(line)
        var reader = StructuredDataReader(line, header.structuredData)
        var element = RelayElement.identity
        while let item = reader.next() {
            switch item {
            case .element(let id):
                if element.isShown { showElements(to: id.lowerBound - 1) }
                element = RelayElement(line, id)
                if element.isShown, shownElements.isEmpty { shownElements = id.lowerBound - 1..<id.upperBound }
                note(element)
            case .parameter(let name, let value):
                note(element, line, name, value)
            }
        }
        if element.isShown { showElements(to: reader.offset) }
        message = header.message(line, behind: reader.offset)
        if isHeadscale { keepWhatHasNoPlace(line) }
    }

    /// Shows what stands in `source` only beside an address among the others, if there is no address.
    private mutating func keepWhatHasNoPlace(_ line: RawSpan) {
        let hasAddress = self[.ip] != nil
        for parameter: HeadscaleParameter in [.port, .country, .city, .asn, .asOrg] {
            guard let value = self[parameter] else { continue }
            guard !hasAddress || (parameter == .asOrg && self[.asn] == nil) else { continue }
            // The name stands in front of the value, with `="` between them.
            let nameEnd = value.lowerBound - 2
            keep(line, nameEnd - parameter.name.utf8CodeUnitCount..<nameEnd, value)
            unsafe parameters[parameter.rawValue] = Place()
        }
    }

    /// Shows a parameter among the others. A name that comes again would be JSON that Elasticsearch refuses: the first
    /// counts.
    private mutating func keep(_ line: RawSpan, _ name: Range<Int>, _ value: Range<Int>) {
        for index in 0..<otherCount where line.equal(unsafe others[index].name.range, name) { return }
        guard otherCount < Self.otherLimit else { return }
        unsafe others[otherCount] = Parameter(name: Place(name), value: Place(value))
        otherCount += 1
    }

    /// The value of a parameter as it stands in the line, nil if there is none that its field takes.
    @inline(__always)
    subscript(parameter: HeadscaleParameter) -> Range<Int>? {
        let range = unsafe parameters[parameter.rawValue].range
        return range.isEmpty ? nil : range
    }

    /// A parameter of Headscale's element that has no field of its own, or a value that the field does not take.
    subscript(other index: Int) -> (name: Range<Int>, value: Range<Int>) {
        precondition(index < otherCount)
        return unsafe (others[index].name.range, others[index].value.range)
    }

    private mutating func note(_ element: RelayElement) {
        switch element {
        case .identity: break
        case .seal: isSeal = true
        case .redacted: isRedacted = true
        case .headscale: isHeadscale = true
        case .received, .none: break
        }
    }

    private mutating func showElements(to end: Int) { shownElements = shownElements.lowerBound..<end }

    @inline(__always)
    private mutating func note(_ element: RelayElement, _ line: RawSpan, _ name: Range<Int>, _ value: Range<Int>) {
        switch element {
        case .headscale: noteHeadscale(line, name, value)
        case .received: noteReceived(line, name, value)
        case .identity, .seal, .redacted, .none: break
        }
    }

    private mutating func noteReceived(_ line: RawSpan, _ name: Range<Int>, _ value: Range<Int>) {
        if line.equals("time", name) {
            // Else it is a word that says how the TIMESTAMP came about.
            if let first = value.first, line.byte(first).isDigit { receivedTime = value }
        } else if line.equals("sender_node", name) {
            senderNode = value
        } else if line.equals("sender_node_id", name) {
            senderNodeID = value
        }
    }

    private mutating func noteHeadscale(_ line: RawSpan, _ name: Range<Int>, _ value: Range<Int>) {
        if name.count <= 8, let parameter = HeadscaleParameter.named.find(line, name) {
            guard unsafe parameters[parameter.rawValue].range.isEmpty else { return }
            if parameter.accepts(line, value) {
                unsafe parameters[parameter.rawValue] = Place(value)
                // Several categories are one in ECS, so the word itself is shown too.
                if parameter != .category && parameter != .actor { return }
            }
        }
        keep(line, name, value)
    }
}

/// The elements that a relay writes, by their SD-IDs.
enum RelayElement {
    case identity, seal, received, redacted, headscale
    /// Any other.
    case none

    /// Whether it has no fields of its own in a document.
    var isShown: Bool {
        switch self {
        case .identity, .seal, .redacted, .headscale: false
        case .received, .none: true
        }
    }

    init(_ line: RawSpan, _ id: Range<Int>) {
        if line.hasPrefix("waxwing-seal@", id) || line.hasPrefix("waxwing-sig@", id) {
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
