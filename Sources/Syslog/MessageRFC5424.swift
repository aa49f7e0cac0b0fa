/// RFC 5424: `VERSION SP TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID SP STRUCTURED-DATA [SP MSG]`.
///
/// What begins like this is kept as RFC 5424 as long as its fields can be told apart:
/// - a field that is too long, empty or not PRINTUSASCII is kept and noted;
/// - a TIMESTAMP that has the shape of a date but names no time (month 13, hour 25) is noted, and the time of receipt
///   stands in for it; the text stays at ``Message/timestampText``;
/// - structured data that cannot be read stays in the MSG, together with everything behind it;
/// - a header that ends early leaves the missing fields nil;
/// - without a PRI, `1 `, a real TIMESTAMP and a whole header will do.
/// Without the shape of a date behind the version it is not RFC 5424 at all, and no part of it is taken for a header.
extension Message {
    /// Reads the message from behind its PRI, or says that it is not RFC 5424.
    @inline(__always)
    mutating func readRFC5424(
        _ bytes: RawSpan, _ start: Int, _ receivedAt: Timestamp, _ zone: TimeZoneRule
    ) -> Bool {
        var position = start
        guard start > 0 || Self.isHeaderWithoutPriority(bytes), readVersion(bytes, &position) else { return false }
        guard readTimestamp(bytes, &position, receivedAt, zone) else {
            problems.remove(.unknownVersion)
            if versionNumber == 1 { problems.insert(.headerMalformed) }
            return false
        }
        format = .rfc5424
        let end = bytes.byteCount
        guard position < end else {
            endEarly(position)
            return true
        }
        host = readField(bytes, &position, limit: 255, .hostnameTooLong)
        app = readField(bytes, &position, limit: 48, .appNameTooLong)
        process = readField(bytes, &position, limit: 128, .procIDTooLong)
        identifier = readField(bytes, &position, limit: 32, .msgIDTooLong)
        readStructuredData(bytes, position)
        return true
    }

    // MARK: - Header

    /// Reads one to three digits and the space behind them.
    @inline(__always)
    private mutating func readVersion(_ bytes: RawSpan, _ position: inout Int) -> Bool {
        guard bytes.byteCount - position >= 3 else { return false }
        if bytes.byte(position) == UInt8(ascii: "1"), bytes.byte(position + 1) == 0x20 {
            versionNumber = 1
            position += 2
            return true
        }
        var value = 0
        var end = position
        while end < bytes.byteCount, end - position < 3, bytes.byte(end).isDigit {
            value = value * 10 + bytes.byte(end).digitValue
            end += 1
        }
        guard end > position, bytes.byteIfPresent(end) == 0x20 else { return false }
        versionNumber = UInt16(value)
        problems.insert(.unknownVersion)
        position = end + 1
        return true
    }

    /// Reads TIMESTAMP and the space behind it.
    @inline(__always)
    private mutating func readTimestamp(
        _ bytes: RawSpan, _ position: inout Int, _ receivedAt: Timestamp, _ zone: TimeZoneRule
    ) -> Bool {
        let start = position
        guard let stamp = ISOStamp(bytes, from: start, to: bytes.byteCount),
            stamp.end == bytes.byteCount || bytes.byte(stamp.end) == 0x20
        else { return readUnusualTimestamp(bytes, &position, receivedAt) }
        accept(stamp, receivedAt, zone)
        self.stamp = Field(start, stamp.end)
        position = min(stamp.end + 1, bytes.byteCount)
        return true
    }

    /// Reads a NILVALUE, or what has the shape of a date but names none.
    private mutating func readUnusualTimestamp(
        _ bytes: RawSpan, _ position: inout Int, _ receivedAt: Timestamp
    ) -> Bool {
        let start = position
        let end = bytes.fieldEnd(from: start, to: bytes.byteCount)
        guard end == bytes.byteCount || bytes.byte(end) == 0x20 else { return false }
        if end - start == 1, bytes.byte(start) == UInt8(ascii: "-") {
            guard Self.fields(bytes, from: end + 1) != .other else { return false }
        } else {
            guard Self.looksLikeDate(bytes, start, end) else { return false }
            problems.insert(.timestampInvalid)
            timestamp = receivedAt
            stamp = Field(start, end)
        }
        position = min(end + 1, bytes.byteCount)
        return true
    }

    /// `dddd-d`: enough to tell a broken date from a word.
    private static func looksLikeDate(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Bool {
        guard end - start >= 6, bytes.byte(start + 4) == UInt8(ascii: "-") else { return false }
        return bytes.twoDigits(start) != nil && bytes.twoDigits(start + 2) != nil && bytes.byte(start + 5).isDigit
    }

    /// What follows a TIMESTAMP.
    private enum Fields {
        /// Four fields, and then `-` or `[`.
        case whole
        /// The message ends within the header.
        case short
        /// More likely a sentence.
        case other
    }

    private static func fields(_ bytes: RawSpan, from start: Int) -> Fields {
        var position = start
        for _ in 0..<4 {
            while position < bytes.byteCount, bytes.byte(position) != 0x20 { position += 1 }
            guard position < bytes.byteCount else { return .short }
            position += 1
        }
        guard let next = bytes.byteIfPresent(position) else { return .short }
        return next == UInt8(ascii: "-") || next == UInt8(ascii: "[") ? .whole : .other
    }

    private static func isHeaderWithoutPriority(_ bytes: RawSpan) -> Bool {
        guard bytes.has("1 ", at: 0), let stamp = ISOStamp(bytes, from: 2, to: bytes.byteCount),
            bytes.byteIfPresent(stamp.end) == 0x20
        else { return false }
        return fields(bytes, from: stamp.end + 1) == .whole
    }

    /// Whether behind the PRI stand a number and a date, but not as RFC 5424 has them: `<13> 1 2026-…`, `<13>1000 2026-…`.
    static func isMalformedHeader(_ bytes: RawSpan, _ start: Int) -> Bool {
        var position = bytes.skipBlanks(start)
        let number = position
        while position < bytes.byteCount, bytes.byte(position).isDigit { position += 1 }
        let date = bytes.skipBlanks(position)
        return start > 0 && position > number && date > position && looksLikeDate(bytes, date, bytes.byteCount)
    }

    /// Takes over a stamp and what is odd about it.
    @inline(__always)
    private mutating func accept(_ stamp: ISOStamp, _ receivedAt: Timestamp, _ zone: TimeZoneRule) {
        if let offset = stamp.offsetMinutes {
            timestamp = stamp.civil.timestamp(offsetSeconds: offset * 60)
            timestampSource = .message
        } else {
            let local = stamp.civil.localSeconds
            timestamp = stamp.civil.timestamp(
                offsetSeconds: zone.offsetSeconds(local: local, near: receivedAt.seconds))
            timestampSource = .configuredZone
        }
        guard !stamp.deviations.isEmpty else { return }
        if stamp.deviations.contains(.lowerCase) { problems.insert(.timestampLowerCase) }
        if stamp.deviations.contains(.longFraction) { problems.insert(.timestampFractionTooLong) }
        if stamp.deviations.contains(.leapSecond) { problems.insert(.timestampLeapSecond) }
        if stamp.deviations.contains(.form) { problems.insert(.timestampForm) }
    }

    /// Reads a field and the space behind it; empty for `-` and at the end of the message.
    @inline(__always)
    private mutating func readField(
        _ bytes: RawSpan, _ position: inout Int, limit: Int, _ tooLong: Problems
    ) -> Field {
        let start = position
        var end = bytes.fieldEnd(from: start, to: bytes.byteCount)
        if end < bytes.byteCount, bytes.byte(end) != 0x20 { end = fieldWithOddOctets(bytes, end) }
        position = end < bytes.byteCount ? end + 1 : end
        if end - start > limit { problems.insert(tooLong) }
        if end - start <= 1 {
            if end == start {
                problems.insert(end < bytes.byteCount ? .emptyField : .headerShort)
                return Field()
            }
            if bytes.byte(start) == UInt8(ascii: "-") { return Field() }
        }
        return Field(start, end)
    }

    private mutating func fieldWithOddOctets(_ bytes: RawSpan, _ start: Int) -> Int {
        problems.insert(.headerNotPrintable)
        var end = start
        while end < bytes.byteCount, bytes.byte(end) != 0x20 { end += 1 }
        return end
    }

    private mutating func endEarly(_ position: Int) {
        problems.insert(.headerShort)
        elements = Field(position, position)
        text = Field(position, position)
    }

    // MARK: - Structured data and MSG

    /// Reads STRUCTURED-DATA at `start`, and the MSG.
    @inline(__always)
    private mutating func readStructuredData(_ bytes: RawSpan, _ start: Int) {
        let end = bytes.byteCount
        var position = start
        switch start < end ? bytes.byte(start) : 0 {
        case UInt8(ascii: "-"):
            position = start + 1
            guard position == end || bytes.byte(position) == 0x20 else { return leaveInMessage(start, end) }
            elements = Field(start, start)
        case UInt8(ascii: "["):
            let scan = StructuredDataScan(bytes, from: start, to: end)
            guard scan.isWellFormed else { return leaveInMessage(start, end) }
            position = scan.end
            elements = Field(start, position)
            problems.formUnion(scan.problems)
            hasReservedID = scan.hasReservedID
        default:
            guard start < end else { return endEarly(start) }
            return leaveInMessage(start, end)
        }
        if position < end {
            if bytes.byte(position) == 0x20 { position += 1 } else { problems.insert(.noSpaceBeforeMessage) }
        }
        if end - position >= 3, bytes.byte(position) == 0xEF, bytes.has("\u{FEFF}", at: position) {
            hasBOM = true
            position += 3
        }
        text = Field(position, end)
    }

    private mutating func leaveInMessage(_ start: Int, _ end: Int) {
        problems.insert(.structuredDataMalformed)
        elements = Field(start, start)
        text = Field(start, end)
    }
}
