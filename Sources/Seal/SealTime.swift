/// The time of a seal: UTC in milliseconds, from 1970 to 9999, written `2026-11-23T06:15:00.000Z` (RFC 5424 §6.2.3).
public struct SealTime: BitwiseCopyable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Characters of a time.
    public static let length = 24
    /// The last time there is, the end of the year 9999.
    public static let limit = SealTime(clamping: .max)

    /// Milliseconds since 1970-01-01T00:00:00Z, not counting leap seconds.
    public let milliseconds: Int64

    /// The time nearest to `milliseconds` since 1970 that can be written.
    public init(clamping milliseconds: Int64) {
        self.milliseconds = min(max(milliseconds, 0), 253_402_300_799_999)
    }

    /// The time that `text` spells in the one way it can be.
    public init?(_ text: RawSpan) {
        guard text.byteCount == Self.length else { return nil }
        func number(_ offset: Int, _ length: Int) -> Int64? {
            var value: Int64 = 0
            for position in offset..<offset + length {
                let digit = text.byte(position) &- 0x30
                guard digit < 10 else { return nil }
                value = value * 10 + Int64(digit)
            }
            return value
        }
        let marks: [(Int, UInt8)] = [(4, 0x2D), (7, 0x2D), (10, 0x54), (13, 0x3A), (16, 0x3A), (19, 0x2E), (23, 0x5A)]
        guard marks.allSatisfy({ text.byte($0.0) == $0.1 }),
            let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
            let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2),
            let millisecond = number(20, 3),
            year >= 1970, (1...12).contains(month), (1...Calendar.days(in: month, of: year)).contains(day),
            hour < 24, minute < 60, second < 60
        else { return nil }
        let days = Calendar.days(before: year, month, day)
        milliseconds = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + millisecond
    }

    public var description: String {
        let (days, time) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        let (year, month, day) = Calendar.date(days)
        func padded(_ value: Int64, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        let clock = "\(padded(time / 3_600_000, 2)):\(padded(time / 60_000 % 60, 2)):\(padded(time / 1000 % 60, 2))"
        return "\(date)T\(clock).\(padded(time % 1000, 3))Z"
    }

    public static func < (left: SealTime, right: SealTime) -> Bool { left.milliseconds < right.milliseconds }
}

/// The proleptic Gregorian calendar, by Howard Hinnant's day-count algorithm (years that begin in March).
private enum Calendar {
    static func days(in month: Int64, of year: Int64) -> Int64 {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// Days from 1970-01-01 to the given date, for years from 1.
    static func days(before year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The date so many days after 1970-01-01.
    static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9)
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
