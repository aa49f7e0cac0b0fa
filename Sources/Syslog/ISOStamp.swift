/// A date and time as RFC 3339 and ISO 8601 write it, `2026-11-23T06:15:00.123+01:00`, with what senders do to it.
///
/// Read leniently; ``deviations`` says what RFC 5424 section 6.2.3 would not have allowed.
struct ISOStamp: BitwiseCopyable {
    struct Deviations: OptionSet, BitwiseCopyable {
        let rawValue: UInt8
        /// A lower-case `t` or `z`.
        static let lowerCase = Deviations(rawValue: 1 << 0)
        /// More than six fraction digits; those behind the sixth are dropped.
        static let longFraction = Deviations(rawValue: 1 << 1)
        /// Second 60, read as 59.
        static let leapSecond = Deviations(rawValue: 1 << 2)
        /// Another form: a blank for `T`, a comma before the fraction, no zone, a zone without its colon.
        static let form = Deviations(rawValue: 1 << 3)
    }

    var civil = CivilTime()
    /// Local time minus UTC in minutes, or nil when the stamp has no zone.
    var offsetMinutes: Int?
    /// The offset one past the stamp.
    var end: Int
    var deviations: Deviations = []

    /// The stamp that begins at `from` and ends at or before `to`, or nil if there is none or it names no real time.
    @inline(__always)
    init?(_ bytes: RawSpan, from: Int, to: Int) {
        end = from + 19
        guard to - from >= 19, readDateAndTime(bytes, from) else { return nil }
        if end < to {
            let mark = bytes.byte(end)
            if mark == UInt8(ascii: ".") || mark == UInt8(ascii: ",") { readFraction(bytes, to, mark) }
        }
        readZone(bytes, to)
    }

    /// Where the characters end that begin like a stamp, `dddd-dd-ddTdd:dd:dd`, even if they name no real time; or nil.
    static func formEnd(_ bytes: RawSpan, from: Int) -> Int? {
        guard bytes.byteCount - from >= 19, case let mark = bytes.byte(from + 10),
            mark == UInt8(ascii: " ") || mark | 0x20 == UInt8(ascii: "t"), Digits(date: bytes, from).isValid,
            bytes.twoDigits(from + 8) != nil, Digits(time: bytes, from).isValid
        else { return nil }
        var end = from + 19
        while end < bytes.byteCount, isPart(bytes.byte(end)) { end += 1 }
        return bytes.byte(end - 1) == UInt8(ascii: ":") ? end - 1 : end
    }

    /// A fraction's or a zone's character.
    private static func isPart(_ byte: UInt8) -> Bool {
        byte.isDigit || byte | 0x20 == UInt8(ascii: "z") || byte &- UInt8(ascii: "+") < 4 || byte == UInt8(ascii: ":")
    }

    // MARK: - Parts

    /// Fills in ``civil`` from the 19 bytes at `from`, and says whether they are a date and a time.
    @inline(__always)
    private mutating func readDateAndTime(_ bytes: RawSpan, _ from: Int) -> Bool {
        let date = Digits(date: bytes, from)
        let time = Digits(time: bytes, from)
        guard date.isValid, time.isValid, let day = bytes.twoDigits(from + 8) else { return false }
        switch bytes.byte(from + 10) {
        case UInt8(ascii: "T"): break
        case UInt8(ascii: "t"): deviations.insert(.lowerCase)
        case UInt8(ascii: " "): deviations.insert(.form)
        default: return false
        }
        civil.year = date.pair(at: 0) &* 100 &+ date.pair(at: 2)
        civil.month = date.pair(at: 5)
        civil.day = day
        civil.hour = time.pair(at: 0)
        civil.minute = time.pair(at: 3)
        civil.second = time.pair(at: 6)
        if civil.second == 60 {
            civil.second = 59
            deviations.insert(.leapSecond)
        }
        return civil.isValid
    }

    /// Reads `.123` at ``end``; a mark without a digit behind it does not belong to the stamp.
    @inline(__always)
    private mutating func readFraction(_ bytes: RawSpan, _ to: Int, _ mark: UInt8) {
        let digits = Fraction(bytes, from: end + 1, to: to)
        guard digits.end > end + 1 else { return }
        if mark == UInt8(ascii: ",") { deviations.insert(.form) }
        if digits.end - end - 1 > 6 { deviations.insert(.longFraction) }
        civil.microseconds = digits.microseconds
        civil.fractionDigits = digits.count
        end = digits.end
    }

    /// Reads `Z`, `+01:00`, `+0100` or `+01` at ``end``.
    @inline(__always)
    private mutating func readZone(_ bytes: RawSpan, _ to: Int) {
        switch end < to ? bytes.byte(end) : 0 {
        case UInt8(ascii: "Z"):
            offsetMinutes = 0
            end += 1
        case UInt8(ascii: "z"):
            deviations.insert(.lowerCase)
            offsetMinutes = 0
            end += 1
        default:
            guard let zone = NumericZone(bytes, from: end, to: to) else {
                deviations.insert(.form)
                return
            }
            if zone.end - end != 6 { deviations.insert(.form) }
            offsetMinutes = zone.offsetMinutes
            end = zone.end
        }
    }
}

/// Eight octets of digits and marks, checked all at once.
private struct Digits {
    /// Digits as their values, marks as 0.
    private let values: UInt64
    let isValid: Bool

    /// `template` has `0` where a digit is to be, and the marks themselves; the first octet is the lowest. `limits` has
    /// 0x76 for a digit and 0x7F for a mark: adding it sets the top bit of a value beyond 9 and of one beyond 0. A sum
    /// that carries into the next octet comes from one that has its top bit set itself.
    @inline(__always)
    init(_ octets: UInt64, template: UInt64, limits: UInt64) {
        values = octets ^ template
        isValid = (values | (values &+ limits)) & 0x8080_8080_8080_8080 == 0
    }

    /// `YYYY-MM-` of the stamp at `from`.
    @inline(__always)
    init(date bytes: RawSpan, _ from: Int) {
        self.init(bytes.eightBytes(from), template: 0x2D30_302D_3030_3030, limits: 0x7F76_767F_7676_7676)
    }

    /// `HH:MM:SS` of the stamp at `from`.
    @inline(__always)
    init(time bytes: RawSpan, _ from: Int) {
        self.init(bytes.eightBytes(from + 11), template: 0x3030_3A30_303A_3030, limits: 0x7676_7F76_767F_7676)
    }

    /// The number whose two digits begin at octet `index`.
    @inline(__always)
    func pair(at index: UInt64) -> Int {
        let shifted = values >> (index &* 8)
        return Int(truncatingIfNeeded: (shifted & 0xFF) &* 10 &+ (shifted >> 8 & 0xFF))
    }
}

// MARK: - Parts that other stamps have as well

/// The digits behind a second's decimal mark: the first six count, the others are skipped.
struct Fraction: BitwiseCopyable {
    var microseconds = 0
    /// Digits taken, 0 to 6.
    var count = 0
    var end: Int

    @inline(__always)
    init(_ bytes: RawSpan, from: Int, to: Int) {
        end = from
        while end < to, bytes.byte(end).isDigit {
            if count < 6 {
                microseconds = microseconds * 10 + bytes.byte(end).digitValue
                count += 1
            }
            end += 1
        }
        for _ in count..<6 { microseconds *= 10 }
    }
}

/// A zone given as a distance from UTC: `+01:00`, `+0100`, `+01`, less than 24 hours.
struct NumericZone: BitwiseCopyable {
    var offsetMinutes: Int
    var end: Int

    init?(_ bytes: RawSpan, from: Int, to: Int) {
        guard to - from >= 3, let hours = bytes.twoDigits(from + 1), hours <= 23 else { return nil }
        let sign = bytes.byte(from)
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
        end = from + 3
        var minutes = 0
        let digits = end < to && bytes.byte(end) == UInt8(ascii: ":") ? end + 1 : end
        if to - digits >= 2, let value = bytes.twoDigits(digits), value <= 59 {
            minutes = value
            end = digits + 2
        }
        offsetMinutes = (sign == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes)
    }
}

extension RawSpan {
    /// The number that two decimal digits at `offset` are, or nil; both bytes must lie in the span (checked).
    @inline(__always)
    func twoDigits(_ offset: Int) -> Int? {
        let tens = byte(offset) &- 0x30
        let ones = byte(offset + 1) &- 0x30
        guard tens < 10 && ones < 10 else { return nil }
        return Int(tens) * 10 + Int(ones)
    }
}
