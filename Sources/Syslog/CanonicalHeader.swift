/// Where the header's fields stand in a canonical line: one that ``CanonicalEncoder`` wrote, so that nothing needs to be
/// checked.
///
/// `<PRI>1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID `, and behind it STRUCTURED-DATA, which a ``StructuredDataReader``
/// reads. Of a line that is not canonical it finds what stands between the spaces.
public struct CanonicalHeader: Sendable, BitwiseCopyable {
    /// PRI, or 13 where the line has no valid one.
    public let priority: Priority
    private let fields: InlineArray<5, Message.Field>
    /// The offset at which STRUCTURED-DATA begins.
    private let body: UInt32
    private let length: UInt32

    public init(_ line: RawSpan) {
        var position = 0
        priority = Self.readPriority(line, &position)
        let end = min(line.byteCount, Message.inputLimit)
        // VERSION says nothing.
        position = min(line.fieldEnd(from: position, to: end) + 1, end)
        var fields = InlineArray<5, Message.Field>(repeating: Message.Field())
        for number in fields.indices {
            let fieldEnd = line.fieldEnd(from: position, to: end)
            let isNil = fieldEnd == position + 1 && line.byte(position) == UInt8(ascii: "-")
            if !isNil { fields[number] = Message.Field(position, fieldEnd) }
            position = min(fieldEnd + 1, end)
        }
        self.fields = fields
        body = UInt32(position)
        length = UInt32(end)
    }

    /// Facility, 0 to 23.
    public var facility: Int { priority.facility }
    /// Severity, 0 to 7.
    public var severity: Int { priority.severity }
    /// TIMESTAMP, nil for a NILVALUE; likewise the others.
    public var timestamp: Range<Int>? { fields[0].range }
    public var hostname: Range<Int>? { fields[1].range }
    public var appName: Range<Int>? { fields[2].range }
    public var procID: Range<Int>? { fields[3].range }
    public var msgID: Range<Int>? { fields[4].range }

    /// From where STRUCTURED-DATA begins to the end of the line: what a ``StructuredDataReader`` is to be given. It stops
    /// behind the last element.
    public var structuredData: Range<Int> { Int(body)..<Int(length) }

    /// The text, without a BOM, of `line`, whose elements end at `offset`: that of the reader, at its end.
    public func message(_ line: RawSpan, behind offset: Int) -> Range<Int> {
        var start = offset
        if start == Int(body), line.byteIfPresent(start) == UInt8(ascii: "-") { start += 1 }
        if line.byteIfPresent(start) == 0x20 { start += 1 }
        if line.has("\u{FEFF}", at: start) { start += 3 }
        return start..<max(start, Int(length))
    }

    /// The time that TIMESTAMP is; nil for a NILVALUE.
    public func time(_ line: RawSpan) -> Timestamp? {
        guard let range = timestamp, let stamp = ISOStamp(line, from: range.lowerBound, to: range.upperBound) else {
            return nil
        }
        return stamp.civil.timestamp(offsetSeconds: (stamp.offsetMinutes ?? 0) * 60)
    }

    /// Reads `<PRI>`.
    @inline(__always)
    private static func readPriority(_ line: RawSpan, _ position: inout Int) -> Priority {
        guard line.byteIfPresent(0) == UInt8(ascii: "<") else { return .unknown }
        var (value, end) = (0, 1)
        while let byte = line.byteIfPresent(end), byte.isDigit, end < 4 {
            value = value * 10 + byte.digitValue
            end += 1
        }
        guard end > 1, value <= 191, line.byteIfPresent(end) == UInt8(ascii: ">") else { return .unknown }
        position = end + 1
        return Priority(value: UInt8(value))
    }
}
