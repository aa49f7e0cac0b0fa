/// The `TZ` rule in a TZif file's footer, such as `CET-1CEST,M3.5.0,M10.5.0/3` (POSIX.1-2017 section 8.3, with the
/// hours from -167 to 167 that RFC 9636 section 3.3.2 adds).
struct PosixTimeZone: Sendable, Equatable {
    /// A day of the year on which clocks change, and the local time at which they do.
    struct Change: Sendable, Equatable {
        enum Day: Sendable, Equatable {
            /// `Jn`: day 1 to 365, the leap day is never counted.
            case julian(Int)
            /// `n`: day 0 to 365, the leap day is counted.
            case zeroBased(Int)
            /// `Mm.w.d`: the `week`-th `weekday` (0 = Sunday) of `month`; week 5 is the last.
            case weekday(month: Int, week: Int, weekday: Int)
        }

        var day: Day
        /// Seconds after that day's midnight, which may lie on another day.
        var time: Int

        /// Seconds from 1970-01-01T00:00:00 to the change in `year`, on the local clock before it.
        func localSeconds(in year: Int) -> Int64 {
            let days: Int
            let newYear = CivilTime.daysSince1970(year: year, month: 1, day: 1)
            switch day {
            case .julian(let number): days = newYear + number - 1 + (number >= 60 && CivilTime.isLeap(year) ? 1 : 0)
            case .zeroBased(let number): days = newYear + number
            case .weekday(let month, let week, let weekday):
                let first = CivilTime.daysSince1970(year: year, month: month, day: 1)
                // 1970-01-01 was a Thursday, weekday 4.
                let firstWeekday = (first % 7 + 7 + 4) % 7
                var dayOfMonth = 1 + (weekday - firstWeekday + 7) % 7 + (week - 1) * 7
                if dayOfMonth > CivilTime.days(inMonth: month, of: year) { dayOfMonth -= 7 }
                days = first + dayOfMonth - 1
            }
            return Int64(days * 86_400 + time)
        }
    }

    /// Seconds that standard time is ahead of UTC.
    let standard: Int
    /// The same for the other time, with the changes to it and back; nil for a zone without.
    let summer: Summer?

    struct Summer: Sendable, Equatable {
        var offset: Int
        var begins: Change
        var ends: Change
    }

    /// Local time minus UTC at an instant, in seconds. The year is the one that standard time shows.
    func offsetSeconds(at seconds: Int64) -> Int {
        guard let summer else { return standard }
        let range = Timestamp.secondsRange
        let bounded = min(max(seconds, range.lowerBound), range.upperBound)
        let year = CivilTime(localSeconds: bounded + Int64(standard)).year
        let begins = summer.begins.localSeconds(in: year) - Int64(standard)
        let ends = summer.ends.localSeconds(in: year) - Int64(summer.offset)
        let isSummer =
            begins < ends ? begins <= seconds && seconds < ends : !(ends <= seconds && seconds < begins)
        return isSummer ? summer.offset : standard
    }

    // MARK: - Reading

    /// The range between the two LFs of the footer that begins at `from`, or nil if there is no footer.
    static func footer(_ bytes: RawSpan, from: Int) -> Range<Int>? {
        guard bytes.byteIfPresent(from) == 0x0A else { return nil }
        for end in from + 1..<bytes.byteCount where bytes.byte(end) == 0x0A { return from + 1..<end }
        return nil
    }

    /// The rule that the bytes in `range` are, all of them. Throws `bad-file`.
    init(_ bytes: RawSpan, _ range: Range<Int>) throws(TimeZoneError) {
        var reader = PosixTimeZoneReader(position: range.lowerBound, end: range.upperBound)
        guard reader.skipName(bytes), let west = reader.time(bytes, hoursMax: 24) else { throw TZifBlock.damaged }
        standard = min(max(-west, -86_399), 86_399)
        guard reader.position < range.upperBound else {
            summer = nil
            return
        }
        guard reader.skipName(bytes) else { throw TZifBlock.damaged }
        var offset = standard + 3_600
        if let next = bytes.byteIfPresent(reader.position), next != UInt8(ascii: ","),
            reader.position < range.upperBound
        {
            guard let west = reader.time(bytes, hoursMax: 24) else { throw TZifBlock.damaged }
            offset = -west
        }
        guard abs(offset) < 86_400, let begins = reader.change(bytes), let ends = reader.change(bytes),
            reader.position == range.upperBound
        else { throw TZifBlock.damaged }
        summer = Summer(offset: offset, begins: begins, ends: ends)
    }
}

private struct PosixTimeZoneReader {
    var position: Int
    let end: Int

    private func peek(_ bytes: RawSpan) -> UInt8 { position < end ? bytes.byte(position) : 0 }

    private mutating func take(_ byte: UInt8, _ bytes: RawSpan) -> Bool {
        guard peek(bytes) == byte else { return false }
        position += 1
        return true
    }

    /// Skips `CET` or `<+03>`.
    mutating func skipName(_ bytes: RawSpan) -> Bool {
        let start = position
        if take(UInt8(ascii: "<"), bytes) {
            while position < end, peek(bytes) != UInt8(ascii: ">") { position += 1 }
            return take(UInt8(ascii: ">"), bytes)
        }
        while peek(bytes).isLetter { position += 1 }
        return position - start >= 3
    }

    private mutating func number(_ bytes: RawSpan, max: Int) -> Int? {
        guard peek(bytes).isDigit else { return nil }
        var value = 0
        while peek(bytes).isDigit {
            value = value * 10 + peek(bytes).digitValue
            guard value <= max else { return nil }
            position += 1
        }
        return value
    }

    /// Seconds of `[+-]hh[:mm[:ss]]`.
    mutating func time(_ bytes: RawSpan, hoursMax: Int) -> Int? {
        let negative = take(UInt8(ascii: "-"), bytes)
        if !negative { _ = take(UInt8(ascii: "+"), bytes) }
        guard let hours = number(bytes, max: hoursMax) else { return nil }
        var seconds = hours * 3_600
        for unit in [60, 1] {
            guard take(UInt8(ascii: ":"), bytes) else { break }
            guard let value = number(bytes, max: 59) else { return nil }
            seconds += value * unit
        }
        return negative ? -seconds : seconds
    }

    /// `,M3.5.0/2` and its relatives.
    mutating func change(_ bytes: RawSpan) -> PosixTimeZone.Change? {
        guard take(UInt8(ascii: ","), bytes), let day = day(bytes) else { return nil }
        guard take(UInt8(ascii: "/"), bytes) else { return PosixTimeZone.Change(day: day, time: 7_200) }
        guard let time = time(bytes, hoursMax: 167) else { return nil }
        return PosixTimeZone.Change(day: day, time: time)
    }

    private mutating func day(_ bytes: RawSpan) -> PosixTimeZone.Change.Day? {
        if take(UInt8(ascii: "J"), bytes) {
            guard let number = number(bytes, max: 365), number >= 1 else { return nil }
            return .julian(number)
        }
        guard take(UInt8(ascii: "M"), bytes) else {
            return number(bytes, max: 365).map { .zeroBased($0) }
        }
        guard let month = number(bytes, max: 12), month >= 1, take(UInt8(ascii: "."), bytes),
            let week = number(bytes, max: 5), week >= 1, take(UInt8(ascii: "."), bytes),
            let weekday = number(bytes, max: 6)
        else { return nil }
        return .weekday(month: month, week: week, weekday: weekday)
    }
}
