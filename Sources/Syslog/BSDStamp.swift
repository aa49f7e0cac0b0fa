/// The time stamp of RFC 3164 section 4.1.2, `Nov 23 06:15:00`, with what senders add to it.
///
/// Months in any case, the day of the week before them, days of one or two digits, the year before or after, a
/// fraction, a zone behind it, and the colon with which Cisco's senders end it; or an ISO 8601 stamp in any of its
/// forms. What has the form of a stamp but names no time (Nov 31, 24:00:00) is one too.
struct BSDStamp: BitwiseCopyable {
    var civil = CivilTime()
    var hasYear = false
    /// Local time minus UTC in minutes, or nil when the stamp has no zone.
    var offsetMinutes: Int?
    var isLeapSecond = false
    var hasLongFraction = false
    /// Whether ``civil`` is a date and a time. Without a year, the day is checked against a leap year.
    var isReal = true
    var end: Int

    /// The stamp that begins at `from`, or nil.
    init?(_ bytes: RawSpan, from: Int) {
        end = from
        if let year = Self.year(bytes, from), bytes.byteIfPresent(from + 4) == 0x20 {
            take(year: year)
            end = from + 5
        }
        guard readDate(bytes), readTime(bytes) else { return nil }
        readTail(bytes)
        if !hasYear { civil.year = 2000 }
        isReal = civil.isValid
        guard Self.isSeparator(bytes, end) else { return nil }
    }

    /// The ISO 8601 stamp that begins at `from`, to which a space and the name of a zone may belong, or nil.
    init?(iso bytes: RawSpan, from: Int) {
        hasYear = true
        guard let stamp = ISOStamp(bytes, from: from, to: bytes.byteCount), Self.isSeparator(bytes, stamp.end) else {
            guard let end = ISOStamp.formEnd(bytes, from: from), Self.isSeparator(bytes, end) else { return nil }
            self.end = end
            isReal = false
            return
        }
        civil = stamp.civil
        offsetMinutes = stamp.offsetMinutes
        isLeapSecond = stamp.deviations.contains(.leapSecond)
        hasLongFraction = stamp.deviations.contains(.longFraction)
        end = stamp.end
        if offsetMinutes == nil { _ = readZone(bytes, from: end + 1) }
    }

    // MARK: - Parts

    /// Reads `Nov 23 `, `Nov 23 2026 `, or `Mon Nov 23 `.
    private mutating func readDate(_ bytes: RawSpan) -> Bool {
        var name = Self.month(bytes, end)
        if name == nil, Self.isWeekday(bytes, end) {
            end += 4
            name = Self.month(bytes, end)
        }
        guard let month = name, bytes.byteIfPresent(end + 3) == 0x20 else { return false }
        civil.month = month
        end += 4
        while bytes.byteIfPresent(end) == 0x20 { end += 1 }
        guard let day = Self.oneOrTwoDigits(bytes, &end), bytes.byteIfPresent(end) == 0x20 else { return false }
        civil.day = day
        end += 1
        while bytes.byteIfPresent(end) == 0x20 { end += 1 }
        if !hasYear, let year = Self.year(bytes, end), bytes.byteIfPresent(end + 4) == 0x20 {
            take(year: year)
            end += 5
        }
        return true
    }

    /// Reads `06:15:00` and a fraction.
    private mutating func readTime(_ bytes: RawSpan) -> Bool {
        guard let hour = Self.oneOrTwoDigits(bytes, &end), end + 6 <= bytes.byteCount,
            bytes.byte(end) == UInt8(ascii: ":"), let minute = bytes.twoDigits(end + 1),
            bytes.byte(end + 3) == UInt8(ascii: ":"), let second = bytes.twoDigits(end + 4)
        else { return false }
        civil.hour = hour
        civil.minute = minute
        isLeapSecond = second == 60
        civil.second = isLeapSecond ? 59 : second
        end += 6
        guard let mark = bytes.byteIfPresent(end), mark == UInt8(ascii: ".") || mark == UInt8(ascii: ",") else {
            return true
        }
        let fraction = Fraction(bytes, from: end + 1, to: bytes.byteCount)
        hasLongFraction = fraction.end - end - 1 > 6
        civil.microseconds = fraction.microseconds
        civil.fractionDigits = fraction.count
        end = fraction.end
        return true
    }

    /// Reads a year and a zone behind the time, in either order.
    private mutating func readTail(_ bytes: RawSpan) {
        _ = readZone(bytes, from: end)
        while bytes.byteIfPresent(end) == 0x20 {
            let item = end + 1
            if !hasYear, let year = Self.year(bytes, item), Self.isSeparator(bytes, item + 4) {
                take(year: year)
                end = item + 4
            } else if offsetMinutes != nil || !readZone(bytes, from: item) {
                return
            }
        }
    }

    private mutating func readZone(_ bytes: RawSpan, from start: Int) -> Bool {
        guard let zone = StampZone(bytes, from: start) else { return false }
        offsetMinutes = zone.offsetMinutes
        end = zone.end
        return true
    }

    /// Skips the space and the abbreviation of a zone that nobody else knows, which Cisco's senders write in front of
    /// their colon: `IST:`, `GMT+1:`, and from those that are `certain` to be Cisco's also `IST :`.
    mutating func skipUnknownZone(_ bytes: RawSpan, isCertain: Bool) {
        guard offsetMinutes == nil, bytes.byteIfPresent(end) == 0x20 else { return }
        var name = end + 1
        while name < bytes.byteCount, name - end <= 5, bytes.byte(name).isUpper { name += 1 }
        guard name - end > 2 else { return }
        if let sign = bytes.byteIfPresent(name), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
            name += 1
            while name < bytes.byteCount, bytes.byte(name).isDigit { name += 1 }
        }
        if isCertain ? Self.isColon(bytes, bytes.skipBlanks(name)) : bytes.has(": %", at: name) { end = name }
    }

    private mutating func take(year: Int) {
        civil.year = year
        hasYear = true
    }

    // MARK: - Words

    /// A stamp and each of its parts ends before a blank, the end of the message, or a colon that stands alone.
    static func isSeparator(_ bytes: RawSpan, _ offset: Int) -> Bool {
        guard let next = bytes.byteIfPresent(offset), !next.isBlank else { return true }
        return isColon(bytes, offset)
    }

    /// A colon with a blank or the end of the message behind it, or the `%` of a Cisco tag. (`2001:db8::1` is not a
    /// year.)
    static func isColon(_ bytes: RawSpan, _ offset: Int) -> Bool {
        guard bytes.byteIfPresent(offset) == UInt8(ascii: ":") else { return false }
        guard let next = bytes.byteIfPresent(offset + 1) else { return true }
        return next.isBlank || next == UInt8(ascii: "%")
    }

    private static func year(_ bytes: RawSpan, _ offset: Int) -> Int? {
        guard offset + 4 <= bytes.byteCount, let century = bytes.twoDigits(offset), century >= 19, century <= 21,
            let year = bytes.twoDigits(offset + 2)
        else { return nil }
        return century * 100 + year
    }

    private static func oneOrTwoDigits(_ bytes: RawSpan, _ offset: inout Int) -> Int? {
        guard let first = bytes.byteIfPresent(offset), first.isDigit else { return nil }
        offset += 1
        guard let second = bytes.byteIfPresent(offset), second.isDigit else { return first.digitValue }
        offset += 1
        return first.digitValue * 10 + second.digitValue
    }

    /// Three letters at `offset` as a number, in lower case; 0 behind the end.
    private static func letters(_ bytes: RawSpan, _ offset: Int) -> UInt32 {
        guard offset + 3 <= bytes.byteCount else { return 0 }
        return (0..<3).reduce(0) { $0 << 8 | UInt32(bytes.byte(offset + $1) | 0x20) }
    }

    /// Whether a day's English abbreviation and a space stand at `offset`.
    private static func isWeekday(_ bytes: RawSpan, _ offset: Int) -> Bool {
        switch letters(bytes, offset) {
        case 0x6D6F6E, 0x747565, 0x776564, 0x746875, 0x667269, 0x736174, 0x73756E:
            bytes.byteIfPresent(offset + 3) == 0x20
        default: false
        }
    }

    /// The month whose English abbreviation stands at `offset`, in any case.
    private static func month(_ bytes: RawSpan, _ offset: Int) -> Int? {
        switch letters(bytes, offset) {
        case 0x6A616E: return 1
        case 0x666562: return 2
        case 0x6D6172: return 3
        case 0x617072: return 4
        case 0x6D6179: return 5
        case 0x6A756E: return 6
        case 0x6A756C: return 7
        case 0x617567: return 8
        case 0x736570: return 9
        case 0x6F6374: return 10
        case 0x6E6F76: return 11
        case 0x646563: return 12
        default: return nil
        }
    }
}

/// A zone behind a time stamp: `Z`, `UTC`, `CET`, `+01:00`, `TZ-6`.
///
/// Of the abbreviations only those that mean one offset to nearly everybody are known; the others, such as IST, are
/// left alone and so taken for a host name, as any word could be one, but in front of a Cisco sender's colon.
struct StampZone: BitwiseCopyable {
    var offsetMinutes: Int
    var end: Int

    init?(_ bytes: RawSpan, from: Int) {
        if let zone = NumericZone(bytes, from: from, to: bytes.byteCount) {
            offsetMinutes = zone.offsetMinutes
            end = zone.end
        } else if bytes.has("TZ", at: from), let hours = Self.hours(bytes, from + 2) {
            offsetMinutes = hours * 60
            end = from + 3
            while end < bytes.byteCount, bytes.byte(end).isDigit { end += 1 }
        } else {
            end = from
            while end < bytes.byteCount, end - from < 5, bytes.byte(end).isUpper { end += 1 }
            guard end > from, let minutes = Self.minutes(name: bytes, from..<end) else { return nil }
            offsetMinutes = minutes
        }
        guard BSDStamp.isSeparator(bytes, end) else { return nil }
    }

    /// `-6`, `+11`.
    private static func hours(_ bytes: RawSpan, _ offset: Int) -> Int? {
        guard let sign = bytes.byteIfPresent(offset), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
            let first = bytes.byteIfPresent(offset + 1), first.isDigit
        else { return nil }
        var value = first.digitValue
        if let second = bytes.byteIfPresent(offset + 2), second.isDigit { value = value * 10 + second.digitValue }
        guard value < 24 else { return nil }
        return sign == UInt8(ascii: "-") ? -value : value
    }

    private static let names: [(StaticString, minutes: Int)] = [
        ("Z", 0), ("UTC", 0), ("GMT", 0), ("UT", 0), ("WET", 0), ("WEST", 60), ("CET", 60), ("CEST", 120), ("EET", 120),
        ("EEST", 180), ("MSK", 180), ("JST", 540), ("KST", 540), ("AEST", 600), ("AEDT", 660), ("ACST", 570),
        ("ACDT", 630), ("AWST", 480), ("NZST", 720), ("NZDT", 780), ("EST", -300), ("EDT", -240), ("CST", -360),
        ("CDT", -300), ("MST", -420), ("MDT", -360), ("PST", -480), ("PDT", -420), ("AKST", -540), ("AKDT", -480),
        ("HST", -600),
    ]

    private static func minutes(name bytes: RawSpan, _ range: Range<Int>) -> Int? {
        for name in names
        where name.0.utf8CodeUnitCount == range.count && bytes.has(name.0, at: range.lowerBound) {
            return name.minutes
        }
        return nil
    }
}
