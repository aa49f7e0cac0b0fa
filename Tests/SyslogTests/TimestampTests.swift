import Testing

@testable import Syslog

@Suite struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0, 0, 0), ("1985-04-12T23:20:50.52Z", 482_196_050, 520_000, 0),
        ("1985-04-12T19:20:50.52-04:00", 482_196_050, 520_000, -240),
        ("2003-10-11T22:14:15.003Z", 1_065_910_455, 3_000, 0),
        ("2003-08-24T05:14:15.000003-07:00", 1_061_727_255, 3, -420),
        ("2000-02-29T12:00:00+05:30", 951_805_800, 0, 330),
        ("0000-01-01T00:00:00Z", -62_167_219_200, 0, 0), ("9999-12-31T23:59:59.999999Z", 253_402_300_799, 999_999, 0),
        ("1969-12-31T23:59:59.9Z", -1, 900_000, 0), ("2026-11-23T06:15:00+23:59", 1_795_328_160, 0, 1439),
    ])
    func readsAndPrints(text: String, seconds: Int64, microseconds: UInt32, offset: Int16) throws {
        let timestamp = try #require(Timestamp(rfc3339: text))
        #expect(timestamp.seconds == seconds)
        #expect(timestamp.microseconds == microseconds)
        #expect(timestamp.offsetMinutes == offset)
        #expect(timestamp.text == text)
    }

    @Test(arguments: [
        "", "2026", "2026-11-23", "2026-11-23T06:15:00", "2026-11-23T06:15:00z", "2026-11-23t06:15:00Z",
        "2026-11-23 06:15:00Z", "2026-11-23T06:15Z", "2026-11-23T06:15:00.Z", "2026-11-23T06:15:00.1234567Z",
        "2026-11-23T06:15:00,5Z", "2026-11-23T06:15:60Z", "2026-11-23T24:00:00Z", "2026-11-23T06:60:00Z",
        "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-04-31T00:00:00Z",
        "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-11-23T06:15:00+0100", "2026-11-23T06:15:00+01",
        "2026-11-23T06:15:00+24:00", "2026-11-23T06:15:00+01:60", "2026-11-23T06:15:00Z ", " 2026-11-23T06:15:00Z",
        "02026-11-23T06:15:00Z", "2026-11-23T06:15:00Zx", "+026-11-23T06:15:00Z", "2026/11/23T06:15:00Z",
        "2026-11-2:T06:15:00Z",
    ])
    func refuses(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    /// Each of the 19 octets replaced by each other: valid exactly when RFC 3339's grammar and the calendar say so.
    @Test func everyOctetCounts() {
        let text = Array("2026-11-23T06:15:00Z".utf8)
        let digits = Set([0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18])
        for place in 0..<19 {
            for byte in UInt8.min...UInt8.max {
                var changed = text
                changed[place] = byte
                let timestamp = unsafe Timestamp(rfc3339: changed.span.bytes)
                if digits.contains(place), byte.isDigit {
                    if let timestamp { #expect(timestamp.text == String(decoding: changed, as: UTF8.self)) }
                } else {
                    #expect((timestamp != nil) == (byte == text[place]), "\(byte) at \(place)")
                }
            }
        }
    }

    @Test func everyDayOfTenThousandYears() {
        var days = CivilTime.daysSince1970(year: 0, month: 1, day: 1)
        for year in 0...9999 {
            for month in 1...12 {
                let length = CivilTime.days(inMonth: month, of: year)
                for day in [1, 15, length] {
                    let expected = days + day - 1
                    let civil = CivilTime(localSeconds: Int64(expected) * 86_400 + 86_399)
                    guard CivilTime.daysSince1970(year: year, month: month, day: day) == expected, civil.year == year,
                        civil.month == month, civil.day == day, civil.hour == 23, civil.minute == 59, civil.second == 59
                    else {
                        Issue.record("\(year)-\(month)-\(day)")
                        return
                    }
                }
                days += length
            }
        }
        #expect(days == 2_932_897)
    }

    @Test func monthLengths() {
        #expect(
            (1...12).map { CivilTime.days(inMonth: $0, of: 2026) } == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
        #expect([1900, 2000, 2024, 2100].map { CivilTime.days(inMonth: 2, of: $0) } == [28, 29, 29, 28])
    }

    @Test func printsWithItsOwnPrecision() {
        for digits in 0...6 {
            let timestamp = Timestamp(seconds: 0, microseconds: 123_456, fractionDigits: digits)
            #expect(timestamp.text == "1970-01-01T00:00:00" + (digits == 0 ? "" : ".") + "123456".prefix(digits) + "Z")
            #expect(Timestamp(rfc3339: timestamp.text)?.text == timestamp.text)
        }
    }

    @Test func instantsOutOfRangeAreKeptInIt() {
        #expect(Timestamp(seconds: .max, fractionDigits: 0).text == "9999-12-31T23:59:59Z")
        #expect(Timestamp(seconds: .min, fractionDigits: 0).text == "0000-01-01T00:00:00Z")
        #expect(Timestamp(seconds: .max, offsetMinutes: 60, fractionDigits: 0).text == "9999-12-31T23:59:59Z")
        #expect(Timestamp(seconds: .min, offsetMinutes: -60, fractionDigits: 0).text == "0000-01-01T00:00:00Z")
    }

    @Test func ownTimesAreInUTCWithMilliseconds() {
        let timestamp = Timestamp(rfc3339: "2026-11-23T07:15:00.123456+01:00")!
        #expect(timestamp.utcMilliseconds.text == "2026-11-23T06:15:00.123Z")
    }

    @Test func randomRoundTrips() {
        var random = SplitMix(state: 7)
        for _ in 0..<20_000 {
            let timestamp = Timestamp(
                seconds: Int64.random(in: -62_167_000_000...253_402_000_000, using: &random),
                microseconds: Int.random(in: 0...999_999, using: &random),
                offsetMinutes: Int.random(in: -1439...1439, using: &random), fractionDigits: 6)
            #expect(Timestamp(rfc3339: timestamp.text) == timestamp)
        }
    }
}
