/// A point in time and the way it was written: RFC 5424 section 6.2.3, a profile of RFC 3339.
///
/// Years 0000 to 9999, microseconds, a UTC offset in whole minutes, and as many fraction digits as the sender wrote, so
/// that printing gives back what was read. Two values are equal when all of these are; compare ``seconds`` and
/// ``microseconds`` to compare instants.
public struct Timestamp: Sendable, Hashable, BitwiseCopyable {
    /// Seconds since 1970-01-01T00:00:00Z, without leap seconds (POSIX).
    public let seconds: Int64
    /// Microseconds within the second, 0 to 999,999.
    public let microseconds: UInt32
    /// Local time minus UTC in minutes, -1439 to 1439; 0 is printed as `Z`.
    public let offsetMinutes: Int16
    /// Digits of the second's fraction to print, 0 to 6.
    public let fractionDigits: UInt8

    /// The smallest and largest values of ``seconds``: the years 0000 and 9999, in UTC.
    public static let secondsRange: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

    /// A timestamp of `seconds` since 1970 (kept within ``secondsRange``), `microseconds` below a million,
    /// an offset of less than 24 hours, and 0 to 6 fraction digits.
    public init(seconds: Int64, microseconds: Int = 0, offsetMinutes: Int = 0, fractionDigits: Int = 6) {
        precondition(microseconds >= 0 && microseconds < 1_000_000, "microseconds must be less than a second")
        precondition(abs(offsetMinutes) < 1440, "the offset must be less than a day")
        precondition(fractionDigits >= 0 && fractionDigits <= 6, "there are 0 to 6 fraction digits")
        self.seconds = min(max(seconds, Self.secondsRange.lowerBound), Self.secondsRange.upperBound)
        self.microseconds = UInt32(microseconds)
        self.offsetMinutes = Int16(offsetMinutes)
        self.fractionDigits = UInt8(fractionDigits)
    }

    /// The same instant in UTC with milliseconds, the form in which the relay writes times of its own.
    public var utcMilliseconds: Timestamp {
        Timestamp(seconds: seconds, microseconds: Int(microseconds), offsetMinutes: 0, fractionDigits: 3)
    }

    // MARK: - RFC 3339

    /// The timestamp that `text` is, all of it: RFC 3339 as RFC 5424 narrows it (upper-case `T` and `Z`, at most six
    /// fraction digits, no second 60), or nil.
    public init?(rfc3339 text: RawSpan) {
        guard let stamp = ISOStamp(text, from: 0, to: text.byteCount),
            stamp.end == text.byteCount, stamp.deviations.isEmpty, let offset = stamp.offsetMinutes
        else { return nil }
        self = stamp.civil.timestamp(offsetSeconds: offset * 60)
    }

    /// The timestamp that `text` is; see ``init(rfc3339:)-(RawSpan)``.
    public init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        self.init(rfc3339: unsafe bytes.span.bytes)
    }

    /// Appends the timestamp in the form of RFC 5424, at most 32 octets. A local time outside of the years 0000 to 9999
    /// is printed in UTC.
    public func write(into out: inout ByteWriter) {
        var offset = Int64(offsetMinutes)
        if !Self.secondsRange.contains(seconds + offset * 60) { offset = 0 }
        let civil = CivilTime(localSeconds: seconds + offset * 60)
        guard let target = unsafe out.claim(19) else { return }
        // The claim covers the 19 octets of date and time.
        unsafe target.storeTwoDigits(civil.year / 100, at: 0)
        unsafe target.storeTwoDigits(civil.year % 100, at: 2)
        unsafe target.storeTwoDigits(civil.month, at: 5, after: UInt8(ascii: "-"))
        unsafe target.storeTwoDigits(civil.day, at: 8, after: UInt8(ascii: "-"))
        unsafe target.storeTwoDigits(civil.hour, at: 11, after: UInt8(ascii: "T"))
        unsafe target.storeTwoDigits(civil.minute, at: 14, after: UInt8(ascii: ":"))
        unsafe target.storeTwoDigits(civil.second, at: 17, after: UInt8(ascii: ":"))
        writeFraction(into: &out)
        guard offset != 0 else { return out.append(UInt8(ascii: "Z")) }
        out.append(offset < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
        out.append(digits: Int(abs(offset)) / 60, count: 2)
        out.append(UInt8(ascii: ":"))
        out.append(digits: Int(abs(offset)) % 60, count: 2)
    }

    private func writeFraction(into out: inout ByteWriter) {
        guard fractionDigits > 0 else { return }
        out.append(UInt8(ascii: "."))
        var value = Int(microseconds)
        for _ in fractionDigits..<6 { value /= 10 }
        out.append(digits: value, count: Int(fractionDigits))
    }
}

extension UnsafeMutableRawPointer {
    /// Stores a number below 100 at `offset`, and `mark` in front of it.
    @inline(__always)
    fileprivate func storeTwoDigits(_ value: Int, at offset: Int, after mark: UInt8) {
        unsafe storeBytes(of: mark, toByteOffset: offset - 1, as: UInt8.self)
        unsafe storeTwoDigits(value, at: offset)
    }

    @inline(__always)
    fileprivate func storeTwoDigits(_ value: Int, at offset: Int) {
        let number = UInt32(truncatingIfNeeded: value)
        let digits = UInt16(truncatingIfNeeded: 0x3030 &+ (number / 10 | (number % 10) << 8))
        unsafe storeBytes(of: digits.littleEndian, toByteOffset: offset, as: UInt16.self)
    }
}

extension ByteWriter {
    /// Appends the last `count` (at most 8) decimal digits of `value`, which is not negative.
    @inline(__always)
    mutating func append(digits value: Int, count: Int) {
        guard let target = unsafe claim(count) else { return }
        var rest = UInt32(truncatingIfNeeded: value)
        var position = count
        while position > 0 {
            position &-= 1
            // The claim above covers `count` bytes.
            unsafe target.storeBytes(
                of: 0x30 &+ UInt8(truncatingIfNeeded: rest % 10), toByteOffset: position, as: UInt8.self)
            rest /= 10
        }
    }
}
