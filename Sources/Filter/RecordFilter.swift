/// Chooses records for a destination by their canonical lines. Examining one allocates nothing.
///
/// What the log says of itself always passes: seals, and records with an element that only a relay writes
/// (`waxwing-rekey`, …). Without them nobody could verify what the destination has.
public struct RecordFilter: Hashable, Sendable {
    public let condition: Condition

    public init(_ condition: Condition) {
        self.condition = condition
    }

    /// Whether the destination is to get the record of `line`, which is canonical and has no line end.
    public func accepts(_ line: RawSpan) -> Bool {
        guard let record = RecordParts(line) else { return true }
        return record.isOfTheLog(line) || holds(condition, record, line)
    }

    private func holds(_ condition: Condition, _ record: RecordParts, _ line: RawSpan) -> Bool {
        switch condition {
        case .all(let parts): parts.allSatisfy { holds($0, record, line) }
        case .any(let parts): parts.contains { holds($0, record, line) }
        case .not(let part): !holds(part, record, line)
        case .atLeast(let severity): record.severity <= severity
        case .severity(let severity): record.severity == severity
        case .facility(let facility): record.facility == facility
        case .field(let field, let pattern): pattern.matches(line, record.range(of: field))
        case .parameter(let element, let name, let pattern):
            record.contains(element, name, pattern, line)
        case .share(let share, let count): Self.share(line, record.range(of: .host), of: count) == share
        }
    }

    /// The share of what stands in `range`: the same in every process, so that a sender stays where it is (FNV-1a).
    private static func share(_ line: RawSpan, _ range: Range<Int>, of count: Int) -> Int {
        var hash: UInt32 = 2_166_136_261
        for offset in range { hash = (hash ^ UInt32(line.byte(offset))) &* 16_777_619 }
        // The lower bits alone know little of the last octets.
        return Int((hash ^ hash >> 16) % UInt32(count))
    }
}

/// Where the parts of a canonical line are (RFC 5424 section 6).
struct RecordParts: BitwiseCopyable {
    private(set) var facility = 0
    private(set) var severity = 0
    private var host = 0
    private var application = 0
    private var process = 0
    private var messageID = 0
    private var elements = 0
    private var elementsEnd = 0
    private let end: Int

    /// Nil if the line does not begin as canonical ones do.
    init?(_ line: RawSpan) {
        end = line.byteCount
        guard end > 0, line.byte(0) == UInt8(ascii: "<") else { return nil }
        var priority = 0
        var position = 1
        while position < end, line.byte(position) &- 0x30 < 10, priority < 192 {
            priority = priority * 10 + Int(line.byte(position) - 0x30)
            position += 1
        }
        (facility, severity) = (priority >> 3, priority & 7)
        var spaces = 0
        while position < end, spaces < 6 {
            if line.byte(position) == 0x20 {
                spaces += 1
                note(spaces, position + 1)
            }
            position += 1
        }
        guard spaces == 6 else { return nil }
        elements = position
        elementsEnd = position
        while let next = Self.endOfElement(line, from: elementsEnd) { elementsEnd = next }
    }

    private mutating func note(_ spaces: Int, _ start: Int) {
        switch spaces {
        case 2: host = start
        case 3: application = start
        case 4: process = start
        case 5: messageID = start
        default: break
        }
    }

    func range(of field: Condition.Field) -> Range<Int> {
        switch field {
        case .host: host..<application - 1
        case .application: application..<process - 1
        case .process: process..<messageID - 1
        case .messageID: messageID..<elements - 1
        case .message: min(elementsEnd + 1, end)..<end
        }
    }

    /// Whether the record is the relay's word about the log itself: a seal, or one with an element in front of its
    /// identity that only relays write.
    func isOfTheLog(_ line: RawSpan) -> Bool {
        if line.has(Self.relayElement, at: elements) { return true }
        var position = elements
        while let next = Self.endOfElement(line, from: position) {
            if line.has(Self.seal, at: position) { return true }
            position = next
        }
        return false
    }

    private static let relayElement = Array("[waxwing-".utf8)
    private static let seal = Array("[waxwing-seal@".utf8)

    // MARK: - Elements

    /// The offset behind the element that begins at `start`; nil if none does, or it does not end.
    private static func endOfElement(_ line: RawSpan, from start: Int) -> Int? {
        guard start < line.byteCount, line.byte(start) == UInt8(ascii: "[") else { return nil }
        var position = start + 1
        var isQuoted = false
        while position < line.byteCount {
            switch line.byte(position) {
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: "\\") where isQuoted: position += 1
            case UInt8(ascii: "]") where !isQuoted: return position + 1
            default: break
            }
            position += 1
        }
        return nil
    }

    /// Whether an element called `element` has a parameter called `name` whose value matches.
    func contains(_ element: [UInt8], _ name: [UInt8], _ pattern: Pattern, _ line: RawSpan) -> Bool {
        var start = elements
        while start < elementsEnd, let next = Self.endOfElement(line, from: start) {
            let behind = start + 1 + element.count
            if line.has(element, at: start + 1), line.byte(behind) == UInt8(ascii: "@") || line.byte(behind) == 0x20,
                Self.parameters(behind..<next - 1, name, pattern, line)
            {
                return true
            }
            start = next
        }
        return false
    }

    /// Whether one of the parameters in `range` is called `name` and matches.
    private static func parameters(
        _ range: Range<Int>, _ name: [UInt8], _ pattern: Pattern, _ line: RawSpan
    ) -> Bool {
        var position = range.lowerBound
        while position < range.upperBound {
            // In front of a name there is a space, and behind it an equals sign and a quotation mark.
            while position < range.upperBound, line.byte(position) != 0x20 { position += 1 }
            let start = position + 1
            while position < range.upperBound, line.byte(position) != UInt8(ascii: "\"") { position += 1 }
            let value = position + 1
            position = value
            while position < range.upperBound, line.byte(position) != UInt8(ascii: "\"") {
                position += line.byte(position) == UInt8(ascii: "\\") ? 2 : 1
            }
            guard position < range.upperBound else { return false }
            if value - start == name.count + 2, line.has(name, at: start), pattern.matches(line, value..<position) {
                return true
            }
            position += 1
        }
        return false
    }
}
