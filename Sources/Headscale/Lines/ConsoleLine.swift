/// Reads the text of zerolog's console writer:
///
///     TIME LVL [CALLER >] [MESSAGE] [key=value …]
///
/// Nothing separates the message from the fields: where it ends is for the caller to say, who knows Headscale's
/// messages. Strings in fields have quotes, and Go's escapes, if they hold a blank, a quote, a backslash or anything
/// that is not printable ASCII; arrays and objects are JSON without quotes around them.
struct ConsoleLine {
    let time: Range<Int>
    let level: Level?
    /// The part of the path behind which nothing differs from build to build, and the line's number: `hscontrol/app.go:480`.
    let caller: Range<Int>?
    /// Message and fields.
    let rest: Range<Int>

    /// The head of the line in `range`; nil if it has none.
    init?(_ text: RawSpan, _ range: Range<Int>) {
        guard let timeEnd = Self.timeEnd(text, range) else { return nil }
        let levelEnd = timeEnd + 4
        guard levelEnd <= range.upperBound, let level = Self.level(text, timeEnd + 1) else { return nil }
        guard levelEnd == range.upperBound || text.byte(levelEnd) == 0x20 else { return nil }
        time = range.lowerBound..<timeEnd
        self.level = level
        let start = min(levelEnd + 1, range.upperBound)
        if let (caller, next) = Self.caller(text, start..<range.upperBound) {
            self.caller = caller
            rest = next..<range.upperBound
        } else {
            caller = nil
            rest = start..<range.upperBound
        }
    }

    /// The end of a time as zerolog writes it, RFC 3339 in whole seconds, behind which a space stands.
    static func timeEnd(_ text: RawSpan, _ range: Range<Int>) -> Int? {
        let start = range.lowerBound
        guard range.count >= 24, isTime(text, start) else { return nil }
        let end: Int
        switch text.byte(start + 19) {
        case UInt8(ascii: "Z"): end = start + 20
        case UInt8(ascii: "+"), UInt8(ascii: "-"): end = start + 25
        default: return nil
        }
        return end + 3 < range.upperBound && text.byte(end) == 0x20 ? end : nil
    }

    /// The end of a time with a fraction of a second, which is not zerolog's, behind which a space and more stands.
    static func fractionalTimeEnd(_ text: RawSpan, _ range: Range<Int>) -> Int? {
        guard range.count >= 24, isTime(text, range.lowerBound), text.byte(range.lowerBound + 19) == UInt8(ascii: ".")
        else { return nil }
        var end = range.lowerBound + 20
        while end < range.upperBound, text.byte(end).isDigit { end += 1 }
        guard end < range.upperBound else { return nil }
        switch text.byte(end) {
        case UInt8(ascii: "Z"): end += 1
        case UInt8(ascii: "+"), UInt8(ascii: "-"): end += 6
        default: return nil
        }
        return end + 1 < range.upperBound && text.byte(end) == 0x20 ? end : nil
    }

    /// Whether `2006-01-02T15:04:05` stands at `start`, 19 bytes in front of the end at least.
    private static func isTime(_ text: RawSpan, _ start: Int) -> Bool {
        text.byte(start).isDigit && text.byte(start + 4) == UInt8(ascii: "-")
            && text.byte(start + 7) == UInt8(ascii: "-") && text.byte(start + 10) == UInt8(ascii: "T")
            && text.byte(start + 13) == UInt8(ascii: ":") && text.byte(start + 16) == UInt8(ascii: ":")
            && text.byte(start + 18).isDigit
    }

    /// The level whose three letters stand at `start`: nil if there are none, `.some(nil)` for zerolog's `???`.
    private static func level(_ text: RawSpan, _ start: Int) -> Level?? {
        for level in Level.allCases where text.has(level.letters, at: start) { return .some(level) }
        return text.has("???", at: start) ? .some(nil) : nil
    }

    /// The caller at the start of `range`, and where the message begins behind it.
    private static func caller(_ text: RawSpan, _ range: Range<Int>) -> (Range<Int>, next: Int)? {
        let limit = min(range.upperBound, range.lowerBound + 256)
        let end = text.first(0x20, in: range.lowerBound..<limit)
        guard end + 1 < range.upperBound, text.byte(end + 1) == UInt8(ascii: ">") else { return nil }
        guard end + 2 == range.upperBound || text.byte(end + 2) == 0x20 else { return nil }
        guard text.first(".go:", in: range.lowerBound..<end) != nil else { return nil }
        return (short(text, range.lowerBound..<end), min(end + 3, range.upperBound))
    }

    /// A caller from the folder on that is the same in all builds.
    static func short(_ text: RawSpan, _ caller: Range<Int>) -> Range<Int> {
        for folder: StaticString in ["hscontrol/", "cmd/headscale/"] {
            if let start = text.first(folder, in: caller) { return start..<caller.upperBound }
        }
        return caller
    }

    // MARK: - Fields

    /// Where the first field begins in `range`, the space in front of it included; the end if there is none.
    static func fieldsStart(_ text: RawSpan, _ range: Range<Int>) -> Int {
        var at = range.lowerBound
        while true {
            at = text.first(UInt8(ascii: "="), in: at..<range.upperBound)
            guard at < range.upperBound else { return at }
            var name = at
            while name > range.lowerBound, at - name <= 64, text.byte(name - 1).isFieldName { name -= 1 }
            if name < at, name > range.lowerBound, text.byte(name - 1) == 0x20,
                text.byte(name).isLetter || text.byte(name) == UInt8(ascii: "_")
            {
                return name - 1
            }
            if name < at, name == range.lowerBound, text.byte(name).isLetter { return name }
            at += 1
        }
    }

    /// Reads the fields in `range` into `line`.
    static func readFields(_ text: RawSpan, _ range: Range<Int>, _ names: FieldNames, into line: inout LogLine) {
        let end = range.upperBound
        var at = range.lowerBound
        // What brackets that do not close may cost in all.
        var budget = 4 * range.count
        while at < end {
            at = text.skippingBlanks(at, end)
            let name = at
            while at < end, text.byte(at).isFieldName { at += 1 }
            guard at < end, at > name, text.byte(at) == UInt8(ascii: "=") else {
                at = text.first(0x20, in: at..<end)
                continue
            }
            let (value, form, next) = value(text, at + 1, end, &budget)
            if let found = names.find(text, name..<at) { line.set(found, value, form) }
            at = next
        }
    }

    private static func value(
        _ text: RawSpan, _ start: Int, _ limit: Int, _ budget: inout Int
    ) -> (Range<Int>, FieldValue.Form, next: Int) {
        guard start < limit else { return (start..<start, .plain, limit) }
        switch text.byte(start) {
        case UInt8(ascii: "\""):
            let end = JSONLine.stringEnd(text, start + 1, limit)
            return (start + 1..<end, .quoted, min(end + 1, limit))
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard budget > 0 else { break }
            if let end = JSONLine.compositeEnd(text, start, limit), end == limit || text.byte(end) == 0x20 {
                return (start..<end, .plain, end)
            }
            budget -= limit - start
        default: break
        }
        let end = text.first(0x20, in: start..<limit)
        return (start..<end, .plain, end)
    }
}
