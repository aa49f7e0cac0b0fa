/// A date and a time of day in the proleptic Gregorian calendar, without a zone.
struct CivilTime: Equatable, BitwiseCopyable {
    var year = 1970
    var month = 1
    var day = 1
    var hour = 0
    var minute = 0
    /// 0 to 59: a leap second is read as second 59 and noted apart.
    var second = 0
    var microseconds = 0
    var fractionDigits = 0

    init() {}

    /// Whether the date exists and the time is one of a day.
    @inline(__always)
    var isValid: Bool {
        month >= 1 && month <= 12 && day >= 1 && hour <= 23 && minute <= 59 && second <= 59
            && (day <= 28 || day <= Self.days(inMonth: month, of: year))
    }

    static func isLeap(_ year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    static func days(inMonth month: Int, of year: Int) -> Int {
        month == 2 ? (isLeap(year) ? 29 : 28) : 30 + ((month + (month >> 3)) & 1)
    }

    /// Days from 1970-01-01 to this date. Months are counted from March, so that the leap day is a year's last
    /// (Howard Hinnant, "chrono-compatible low-level date algorithms").
    @inline(__always)
    static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// Seconds since 1970-01-01T00:00:00 on the same clock, whatever its zone.
    @inline(__always)
    var localSeconds: Int64 {
        let days = Self.daysSince1970(year: year, month: month, day: day)
        return Int64(days * 86_400 + hour * 3_600 + minute * 60 + second)
    }

    /// The inverse of ``localSeconds``.
    init(localSeconds: Int64) {
        let total = Int(localSeconds)
        let days = (total >= 0 ? total : total - 86_399) / 86_400
        let secondOfDay = total - days * 86_400
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        hour = secondOfDay / 3_600
        minute = secondOfDay / 60 % 60
        second = secondOfDay % 60
    }

    /// The instant at which a clock that is `offsetSeconds` ahead of UTC shows this. The offset is printed in whole
    /// minutes; the instant takes all of it.
    @inline(__always)
    func timestamp(offsetSeconds: Int) -> Timestamp {
        Timestamp(
            seconds: localSeconds - Int64(offsetSeconds), microseconds: microseconds,
            offsetMinutes: offsetSeconds / 60, fractionDigits: fractionDigits)
    }
}
