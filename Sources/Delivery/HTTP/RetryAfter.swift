import NIOHTTP1

/// How long a server asks to be left alone (RFC 9110 §10.2.3).
public enum RetryAfter {
    /// Nanoseconds from `now` (seconds since 1970), nil if the answer has no such field or it cannot be read.
    public static func nanoseconds(_ answer: HTTPAnswer, now: UInt64) -> UInt64? {
        answer.headers.first(name: "retry-after").flatMap { nanoseconds($0, now: now) }
    }

    /// The field's value: a number of seconds, or a date such as `Fri, 27 Nov 2026 20:05:00 GMT`.
    static func nanoseconds(_ value: String, now: UInt64) -> UInt64? {
        let text = value.drop { $0 == " " }
        if let seconds = UInt64(text) { return min(seconds, 86_400) * 1_000_000_000 }
        guard let time = httpDate(text) else { return nil }
        return min(time > now ? time - now : 0, 86_400) * 1_000_000_000
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Seconds since 1970 of an IMF-fixdate (RFC 9110 §5.6.7); nil for the obsolete forms.
    private static func httpDate(_ text: Substring) -> UInt64? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let day = Int(words[1]), (1...31).contains(day),
            let month = months.firstIndex(of: String(words[2])), let year = Int(words[3]), (1970...9999).contains(year)
        else { return nil }
        let clock = words[4].split(separator: ":").compactMap { UInt64($0) }
        guard clock.count == 3, clock[0] < 24, clock[1] < 60, clock[2] <= 60 else { return nil }
        return UInt64(days(year, month + 1, day)) * 86_400 + clock[0] * 3_600 + clock[1] * 60 + clock[2]
    }

    /// Days from 1970-01-01, with the months counted from March, so that the leap day is a year's last.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }
}
