/// RFC 3164, read as it is sent: `[number: ][origin: ][number: ][*|.]STAMP[:] [HOST] [TAG[[PID]]:] text`.
///
/// A message with a time stamp is RFC 3164, and so is one with a PRI that has none but begins with a sequence number or
/// a tag with its colon. Whatever is not certain to be a host or a tag stays in the text. A stamp with a log level
/// behind it is the beginning of an application's own line: the time is taken from it, and the line stays whole. A
/// stamp that names no time is noted, and the time of receipt stands in for it.
///
/// Spaces and HTs separate alike. A single word behind the stamp is the host, a last word behind the host is the tag.
extension Message {
    /// Reads the message from behind its PRI, or says that it has nothing of RFC 3164.
    mutating func readRFC3164(
        _ bytes: RawSpan, _ start: Int, _ receivedAt: Timestamp, _ zone: TimeZoneRule
    ) -> Bool {
        let hasPriority = start > 0
        var position = bytes.skipBlanks(start)
        let hasBOM = bytes.byteIfPresent(position) == 0xEF && bytes.has("\u{FEFF}", at: position)
        if hasBOM { position += 3 }
        if readStamp(bytes, &position, receivedAt, zone)
            || readPrefixedStamp(bytes, &position, receivedAt, zone, isNumberEnough: hasPriority)
        {
            readBehindStamp(bytes, position)
        } else if hasPriority, !sequence.isEmpty || Self.tag(bytes, position, isBareAllowed: false) != nil {
            problems.formUnion([.noTimestamp, .noHostname])
            timestamp = receivedAt
            readTag(bytes, position, isBareAllowed: false)
        } else {
            return false
        }
        format = .rfc3164
        if hasBOM { problems.insert(.leadingOctets) }
        return true
    }

    private mutating func readBehindStamp(_ bytes: RawSpan, _ start: Int) {
        var position = bytes.skipBlanks(start)
        if Self.isLevel(bytes, position) {
            problems.insert(.noHostname)
            elements = Field(Int(stamp.start), Int(stamp.start))
            text = Field(Int(stamp.start), bytes.byteCount)
            return
        }
        var isBareAllowed = false
        if BSDStamp.isColon(bytes, position) {
            // ` : ` behind the stamp: there is no host.
            position = bytes.skipBlanks(position + 1)
        } else if host.isEmpty {
            readForwarder(bytes, &position)
            isBareAllowed = !host.isEmpty || readHost(bytes, &position)
            readForwarder(bytes, &position)
        }
        if host.isEmpty { problems.insert(.noHostname) }
        readTag(bytes, position, isBareAllowed: isBareAllowed)
    }

    private static func isLevel(_ bytes: RawSpan, _ start: Int) -> Bool {
        let end = bytes.fieldEnd(from: start, to: bytes.byteCount)
        return HeaderWord.isLevel(bytes, start..<end)
    }

    // MARK: - In front of the host

    /// What stands before a time stamp and makes it a Cisco sender's.
    private enum Prefix { case none, number, name }

    /// Reads what Cisco's senders put before the time stamp, and the stamp: the message's number, the name that `logging
    /// origin-id` adds, the number in the device's own buffer, each with a colon. The first number is kept, if
    /// `isNumberEnough` even without a stamp; the name is only one in front of a stamp that itself ends in a colon.
    private mutating func readPrefixedStamp(
        _ bytes: RawSpan, _ position: inout Int, _ receivedAt: Timestamp, _ zone: TimeZoneRule, isNumberEnough: Bool
    ) -> Bool {
        var number = Field()
        var origin = Field()
        var next = position
        for _ in 0..<3 {
            guard let colon = Self.lastColon(bytes, next) else { return false }
            if HeaderWord.isNumber(bytes, next..<colon) {
                if number.isEmpty { number = Field(next, colon) }
            } else if origin.isEmpty, HeaderWord.isHost(bytes, next..<colon) {
                origin = Field(next, colon)
            } else if next < colon {
                return false
            }
            next = bytes.skipBlanks(colon + 1)
            if readStamp(bytes, &next, receivedAt, zone, behind: origin.isEmpty ? .number : .name) {
                sequence = number
                host = origin
                position = next
                return true
            }
            if isNumberEnough, sequence.isEmpty, origin.isEmpty, next > colon + 1 {
                sequence = number
                position = next
            }
        }
        return false
    }

    /// The last colon in the word at `start`.
    private static func lastColon(_ bytes: RawSpan, _ start: Int) -> Int? {
        let end = bytes.fieldEnd(from: start, to: min(bytes.byteCount, start + HeaderWord.lengthMax))
        return (start..<end).last { bytes.byte($0) == UInt8(ascii: ":") }
    }

    /// Reads the time stamp at `position`, with the mark, the zone and the colon that Cisco's senders put around it.
    private mutating func readStamp(
        _ bytes: RawSpan, _ position: inout Int, _ receivedAt: Timestamp, _ zone: TimeZoneRule,
        behind prefix: Prefix = .none
    ) -> Bool {
        guard let first = bytes.byteIfPresent(position) else { return false }
        let isMarked = first == UInt8(ascii: "*") || first == UInt8(ascii: ".")
        let start = isMarked ? position + 1 : position
        guard var found = BSDStamp(bytes, from: start) ?? BSDStamp(iso: bytes, from: start) else { return false }
        found.skipUnknownZone(bytes, isCertain: isMarked || prefix != .none)
        guard prefix != .name || BSDStamp.isColon(bytes, bytes.skipBlanks(found.end)) else { return false }
        accept(found, receivedAt, zone)
        if isMarked { problems.insert(.clockNotSynchronised) }
        stamp = Field(start, found.end)
        position = bytes.byteIfPresent(found.end) == UInt8(ascii: ":") ? found.end + 1 : found.end
        return true
    }

    private mutating func accept(_ stamp: BSDStamp, _ receivedAt: Timestamp, _ zone: TimeZoneRule) {
        guard stamp.isReal else {
            problems.insert(.timestampInvalid)
            timestamp = receivedAt
            return
        }
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

    /// Reads AIX's `Message forwarded from HOST: `, which names the origin, also behind the host of a relay; in the
    /// host's place also without its first word.
    private mutating func readForwarder(_ bytes: RawSpan, _ position: inout Int) {
        guard case let first = (bytes.byteIfPresent(position) ?? 0) | 0x20,
            first == UInt8(ascii: "m") || first == UInt8(ascii: "f")
        else { return }
        let phrase = bytes.hasIgnoringCase("message forwarded from ", at: position) ? 23 : 15
        guard phrase == 23 || (host.isEmpty && bytes.hasIgnoringCase("forwarded from ", at: position)) else { return }
        let start = position + phrase
        let end = bytes.fieldEnd(from: start, to: bytes.byteCount)
        guard end - start > 1, bytes.byte(end - 1) == UInt8(ascii: ":"), HeaderWord.isHost(bytes, start..<end - 1)
        else { return }
        host = Field(start, end - 1)
        position = bytes.skipBlanks(end)
    }

    /// Reads the host, if the next word can be one, or a NILVALUE in its place with a tag behind it. Says whether a
    /// tag without punctuation may follow: not behind a colon, with which Cisco's ASA ends the host (` : `).
    private mutating func readHost(_ bytes: RawSpan, _ position: inout Int) -> Bool {
        let end = bytes.fieldEnd(from: position, to: bytes.byteCount)
        guard bytes.byteIfPresent(end)?.isBlank ?? true, !Self.isRepetition(bytes, position) else { return false }
        let next = bytes.skipBlanks(end)
        if HeaderWord.isAddressWithColon(bytes, position..<end) {
            host = Field(position, end - 1)
            position = next
            return false
        }
        if HeaderWord.isHost(bytes, position..<end) {
            host = Field(position, end)
            let hasColon = BSDStamp.isColon(bytes, next)
            position = hasColon ? bytes.skipBlanks(next + 1) : next
            return !hasColon
        }
        let isNil = end == position + 1 && bytes.byte(position) == UInt8(ascii: "-")
        if isNil, Self.tag(bytes, next, isBareAllowed: false) != nil { position = next }
        return false
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
        let end = HeaderWord.tagEnd(bytes, start..<min(bytes.byteCount, start + HeaderWord.lengthMax + 1))
        guard end > start, end - start <= HeaderWord.lengthMax else { return nil }
        switch bytes.byteIfPresent(end) {
        case UInt8(ascii: ":"):
            return isTagColon(bytes, start, end) ? Tag(name: start..<end, process: nil, end: end + 1) : nil
        case UInt8(ascii: "["):
            return tagWithProcess(bytes, start..<end)
        case 0x20, 0x09, nil:
            guard isBareAllowed, HeaderWord.isBareTag(bytes, start..<end) else { return nil }
            return Tag(name: start..<end, process: nil, end: end)
        default:
            return nil
        }
    }

    /// Whether the colon at `colon` ends a tag. Nothing need separate it from the text (RFC 3164 section 4.1.3); but
    /// then it may as well be inside a URL, a path, a C++ name, a time or an address.
    private static func isTagColon(_ bytes: RawSpan, _ start: Int, _ colon: Int) -> Bool {
        guard let next = bytes.byteIfPresent(colon + 1), !next.isBlank else { return true }
        guard !bytes.byte(start).isDigit, next != UInt8(ascii: ":"), next != UInt8(ascii: "\\"),
            !bytes.has("//", at: colon + 1)
        else { return false }
        let word = start..<bytes.fieldEnd(from: colon, to: bytes.byteCount)
        return !HeaderWord.isIPv6(bytes, word) && !HeaderWord.isAddressWithColon(bytes, word)
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
