internal import Syslog

/// Which events of Headscale a ledger holds, as its records go by in their order.
public struct Sightings: Sendable {
    /// An event that was seen.
    public struct Sighting: Sendable, Equatable {
        public fileprivate(set) var count = 0
        /// The time stamp of the last record.
        public fileprivate(set) var last = ""
    }

    /// By the name of the event.
    public private(set) var events: [String: Sighting] = [:]
    /// What the last record said that has Headscale's version in it; nil if none had.
    public private(set) var version: String?

    public init() {}

    /// Looks at records, which are RFC 5424 with a line feed behind each.
    public mutating func note(_ lines: [UInt8]) {
        let bytes = unsafe lines.span.bytes
        var start = 0
        while start < lines.count {
            let end = bytes.first(0x0A, in: start..<lines.count)
            note(bytes, start..<end)
            start = end + 1
        }
    }

    private mutating func note(_ bytes: RawSpan, _ line: Range<Int>) {
        // Most records of a busy relay are none of Headscale's.
        guard bytes.first("[headscale@", in: line) != nil else { return }
        var at = line.lowerBound
        var time = at..<at
        for field in 0..<6 {
            let end = bytes.first(0x20, in: at..<line.upperBound)
            guard end < line.upperBound else { return }
            if field == 1 { time = at..<end }
            at = end + 1
        }
        guard let element = SightedElement(bytes, at..<line.upperBound) else { return }
        let event = bytes.string(element.event)
        events[event, default: Sighting()].count += 1
        events[event, default: Sighting()].last = bytes.string(time)
        if let version = element.version { self.version = bytes.string(version) }
    }
}

/// What matters of the element `headscale@…`.
private struct SightedElement {
    let event: Range<Int>
    var version: Range<Int>?

    /// Looks for it among the elements at the start of `range`; nil if there is none with an event, or if the record is
    /// the second one for a fact, or a further line of a record.
    init?(_ bytes: RawSpan, _ range: Range<Int>) {
        var reader = StructuredDataReader(bytes, range)
        var isOurs = false
        var event: Range<Int>?
        while let item = reader.next() {
            switch item {
            case .element(let id): isOurs = bytes.has("headscale@", at: id.lowerBound)
            case .parameter(let name, let value) where isOurs:
                if bytes.isWord("duplicate", name) || bytes.isWord("part", name) { return nil }
                if bytes.isWord("event", name) { event = value }
                if bytes.isWord("version", name) { version = value }
            case .parameter: break
            }
        }
        guard let event else { return nil }
        self.event = event
        let tellsVersion = bytes.isWord("headscale.started", event) || bytes.isWord("health.version.changed", event)
        if !tellsVersion { version = nil }
    }
}

extension RawSpan {
    fileprivate func string(_ range: Range<Int>) -> String {
        unsafe String(unsafeUninitializedCapacity: range.count) { buffer in
            for (index, at) in range.enumerated() { unsafe buffer[index] = byte(at) }
            return range.count
        }
    }
}
