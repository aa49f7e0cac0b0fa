/// RFC 3164, read as it is sent: `[sequence: ][origin: ][*|.]STAMP[:] [HOST] [TAG[[PID]]:] text`.
///
/// A message with a time stamp is RFC 3164, and so is one with a PRI that has none but begins with a sequence number or
/// a tag with its colon. Whatever is not certain to be a host or a tag stays in the text. A stamp with a log level
/// behind it is the beginning of an application's own line: the time is taken from it, and the line stays whole.
extension Message {
    /// Reads the message from behind its PRI, or says that it has nothing of RFC 3164.
    mutating func readRFC3164(
        _ bytes: RawSpan, _ start: Int, _ receivedAt: Timestamp, _ zone: TimeZoneRule
    ) -> Bool {
        let hasPriority = start > 0
        var position = Self.skipSpaces(bytes, start)
        if hasPriority { readSequence(bytes, &position) }
        let hasStamp =
            readStamp(bytes, &position, receivedAt, zone)
            || (hasPriority && readOriginAndStamp(bytes, &position, receivedAt, zone))
        guard hasStamp else {
            guard hasPriority, !sequence.isEmpty || Self.tag(bytes, position, isBareAllowed: false) != nil else {
                return false
            }
            format = .rfc3164
            problems.formUnion([.noTimestamp, .noHostname])
            timestamp = receivedAt
            readTag(bytes, position, isBareAllowed: false)
            return true
        }
        format = .rfc3164
        position = Self.skipSpaces(bytes, position)
        if Self.isLevel(bytes, position) {
            problems.insert(.noHostname)
            elements = Field(Int(stamp.start), Int(stamp.start))
            text = Field(Int(stamp.start), bytes.byteCount)
            return true
        }
        let isHostKnown = !host.isEmpty
        if !isHostKnown { readForwarder(bytes, &position) }
        if host.isEmpty { readHost(bytes, &position) }
        if host.isEmpty { problems.insert(.noHostname) }
        readTag(bytes, position, isBareAllowed: !host.isEmpty && !isHostKnown)
        return true
    }

    private static func skipSpaces(_ bytes: RawSpan, _ start: Int) -> Int {
        var position = start
        while position < bytes.byteCount, bytes.byte(position) == 0x20 { position += 1 }
        return position
    }

    private static func isLevel(_ bytes: RawSpan, _ start: Int) -> Bool {
        let end = bytes.fieldEnd(from: start, to: bytes.byteCount)
        return HeaderWord.isLevel(bytes, start..<end)
    }

    // MARK: - In front of the host

    /// Reads Cisco's `12345: `, once or twice (the device's number and its buffer's), and keeps the first.
    private mutating func readSequence(_ bytes: RawSpan, _ position: inout Int) {
        for _ in 0..<2 {
            var end = position
            while end < bytes.byteCount, end - position <= 10, bytes.byte(end).isDigit { end += 1 }
            guard end > position, end - position <= 10, bytes.has(": ", at: end) else { break }
            if sequence.isEmpty { sequence = Field(position, end) }
            position = Self.skipSpaces(bytes, end + 2)
        }
        if sequence.isEmpty, bytes.has(": ", at: position) { position += 2 }
    }

    /// Reads the time stamp at `position`, with the mark and the colon that Cisco's senders put around it.
    private mutating func readStamp(
        _ bytes: RawSpan, _ position: inout Int, _ receivedAt: Timestamp, _ zone: TimeZoneRule
    ) -> Bool {
        guard let first = bytes.byteIfPresent(position) else { return false }
        let isMarked = first == UInt8(ascii: "*") || first == UInt8(ascii: ".")
        let start = isMarked ? position + 1 : position
        let end: Int
        if let iso = ISOStamp(bytes, from: start, to: bytes.byteCount) {
            guard let isoEnd = acceptWithZoneName(iso, bytes, receivedAt, zone) else { return false }
            end = isoEnd
        } else if let bsd = BSDStamp(bytes, from: start) {
            accept(bsd, receivedAt, zone)
            end = bsd.end
        } else {
            return false
        }
        if isMarked { problems.insert(.clockNotSynchronised) }
        stamp = Field(start, end)
        position = bytes.byteIfPresent(end) == UInt8(ascii: ":") ? end + 1 : end
        return true
    }

    /// Reads `NAME: ` in front of a time stamp, which Cisco's `logging origin-id` sends.
    private mutating func readOriginAndStamp(
        _ bytes: RawSpan, _ position: inout Int, _ receivedAt: Timestamp, _ zone: TimeZoneRule
    ) -> Bool {
        let end = bytes.fieldEnd(from: position, to: bytes.byteCount)
        guard end - position > 1, bytes.byte(end - 1) == UInt8(ascii: ":"),
            HeaderWord.isHost(bytes, position..<end - 1)
        else { return false }
        var next = Self.skipSpaces(bytes, end)
        guard readStamp(bytes, &next, receivedAt, zone) else { return false }
        host = Field(position, end - 1)
        position = next
        return true
    }

    /// Takes over an ISO 8601 stamp, to which a space and the name of a zone may belong, and returns its end.
    private mutating func acceptWithZoneName(
        _ stamp: ISOStamp, _ bytes: RawSpan, _ receivedAt: Timestamp, _ zone: TimeZoneRule
    ) -> Int? {
        guard BSDStamp.isSeparator(bytes, stamp.end) else { return nil }
        var stamp = stamp
        if stamp.offsetMinutes == nil, bytes.byteIfPresent(stamp.end) == 0x20,
            let name = StampZone(bytes, from: stamp.end + 1)
        {
            stamp.offsetMinutes = name.offsetMinutes
            stamp.end = name.end
        }
        // Here any of its forms will do.
        stamp.deviations.formIntersection([.leapSecond, .longFraction])
        accept(stamp, receivedAt, zone)
        return stamp.end
    }

    private mutating func accept(_ stamp: BSDStamp, _ receivedAt: Timestamp, _ zone: TimeZoneRule) {
        var civil = stamp.civil
        if !stamp.hasYear { civil.year = YearGuess.year(for: civil, receivedAt, zone) }
        let offset =
            stamp.offsetMinutes.map { $0 * 60 }
            ?? zone.offsetSeconds(local: civil.localSeconds, near: receivedAt.seconds)
        timestamp = civil.timestamp(offsetSeconds: offset)
        timestampSource = !stamp.hasYear ? .guessedYear : stamp.offsetMinutes == nil ? .configuredZone : .message
        if stamp.isLeapSecond { problems.insert(.timestampLeapSecond) }
        if stamp.hasLongFraction { problems.insert(.timestampFractionTooLong) }
    }

    // MARK: - Host

    /// Reads AIX's `Message forwarded from HOST: `, also without its first word.
    private mutating func readForwarder(_ bytes: RawSpan, _ position: inout Int) {
        let phrase = bytes.hasIgnoringCase("message forwarded from ", at: position) ? 23 : 15
        guard phrase == 23 || bytes.hasIgnoringCase("forwarded from ", at: position) else { return }
        let start = position + phrase
        let end = bytes.fieldEnd(from: start, to: bytes.byteCount)
        guard end - start > 1, bytes.byte(end - 1) == UInt8(ascii: ":"), HeaderWord.isHost(bytes, start..<end - 1)
        else { return }
        host = Field(start, end - 1)
        position = Self.skipSpaces(bytes, end)
    }

    /// Reads the host, if the next word can be one and is not the whole text.
    private mutating func readHost(_ bytes: RawSpan, _ position: inout Int) {
        let end = bytes.fieldEnd(from: position, to: bytes.byteCount)
        guard bytes.byteIfPresent(end) == 0x20, !Self.isRepetition(bytes, position) else { return }
        if HeaderWord.isAddressWithColon(bytes, position..<end) {
            host = Field(position, end - 1)
        } else {
            guard HeaderWord.isHost(bytes, position..<end) else { return }
            host = Field(position, end)
        }
        position = Self.skipSpaces(bytes, end)
        // Cisco's ASA separates host and tag by ` : `.
        if bytes.has(": ", at: position) { position = Self.skipSpaces(bytes, position + 2) }
    }

    /// `last message repeated 3 times` and `message repeated 3 times: [...]` have neither host nor tag.
    private static func isRepetition(_ bytes: RawSpan, _ position: Int) -> Bool {
        bytes.has("last message repeated ", at: position) || bytes.has("message repeated ", at: position)
    }

    // MARK: - Tag and text

    private struct Tag {
        var name: Range<Int>
        var process: Range<Int>?
        var end: Int
    }

    /// Reads the tag at `position`, if there is one, and what follows as the text.
    private mutating func readTag(_ bytes: RawSpan, _ position: Int, isBareAllowed: Bool) {
        var start = position
        if let tag = Self.tag(bytes, position, isBareAllowed: isBareAllowed) {
            app = Self.field(bytes, tag.name)
            if tag.name.count > 48 { problems.insert(.appNameTooLong) }
            if let process = tag.process {
                self.process = Self.field(bytes, process)
                if process.count > 128 { problems.insert(.procIDTooLong) }
            }
            start = tag.end
            // The space behind the tag separates; further ones belong to the text.
            if bytes.byteIfPresent(start) == 0x20 { start += 1 }
        }
        elements = Field(start, start)
        text = Field(start, bytes.byteCount)
    }

    /// A field for `range`, empty when there stands a `-`.
    private static func field(_ bytes: RawSpan, _ range: Range<Int>) -> Field {
        range.count == 1 && bytes.byte(range.lowerBound) == UInt8(ascii: "-")
            ? Field() : Field(range.lowerBound, range.upperBound)
    }

    /// `tag:`, `tag[pid]:`, `tag[pid]`, and the bare word where that is allowed.
    private static func tag(_ bytes: RawSpan, _ start: Int, isBareAllowed: Bool) -> Tag? {
        guard !isRepetition(bytes, start) else { return nil }
        let limit = min(bytes.byteCount, start + HeaderWord.lengthMax + 1)
        guard start < limit, case let end = HeaderWord.tagEnd(bytes, start..<limit), end > start, end < limit else {
            return nil
        }
        let isCisco = bytes.byte(start) == UInt8(ascii: "%")
        switch bytes.byte(end) {
        case UInt8(ascii: ":"):
            guard isCisco || end + 1 == bytes.byteCount || bytes.byte(end + 1) == 0x20 else { return nil }
            return Tag(name: start..<end, process: nil, end: end + 1)
        case UInt8(ascii: "["):
            return tagWithProcess(bytes, start..<end)
        case 0x20:
            guard isBareAllowed, HeaderWord.isBareTag(bytes, start..<end) else { return nil }
            return Tag(name: start..<end, process: nil, end: end)
        default:
            return nil
        }
    }

    /// `[pid]` and a colon, or nothing, behind the name.
    private static func tagWithProcess(_ bytes: RawSpan, _ name: Range<Int>) -> Tag? {
        let start = name.upperBound + 1
        let limit = min(bytes.byteCount, start + HeaderWord.lengthMax)
        var end = start
        while end < limit, bytes.byte(end).isPrintable, bytes.byte(end) != UInt8(ascii: "]") { end += 1 }
        guard end < limit, bytes.byte(end) == UInt8(ascii: "]") else { return nil }
        let next = bytes.byteIfPresent(end + 1)
        let isColon = next == UInt8(ascii: ":")
        guard isColon || next == 0x20 || next == nil else { return nil }
        return Tag(name: name, process: start < end ? start..<end : nil, end: isColon ? end + 2 : end + 1)
    }
}

/// The year of a time stamp that has none.
enum YearGuess {
    /// How far a sender's clock may be ahead.
    static let secondsAheadMax: Int64 = 31 * 86_400

    /// The latest year in which `civil` lies at most 31 days after the time of receipt: last year's for December's
    /// messages in January, next year's for January's in December. For a leap day, the latest leap year of those.
    static func year(for civil: CivilTime, _ receivedAt: Timestamp, _ zone: TimeZoneRule) -> Int {
        let now = receivedAt.seconds + Int64(zone.offsetSeconds(at: receivedAt.seconds))
        let current = CivilTime(localSeconds: now).year
        var candidate = civil
        candidate.year = min(current + 1, 9999)
        while candidate.year >= 0 {
            if candidate.isValid, candidate.localSeconds - now <= secondsAheadMax { return candidate.year }
            candidate.year -= 1
        }
        return current
    }
}
