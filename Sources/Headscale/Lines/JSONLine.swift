/// Reads zerolog's JSON: one object, in which the order is level, context, fields, time and message.
enum JSONLine {
    /// Reads the object that begins at `range`'s first byte into `line`. A line that was cut gives what stands in front
    /// of the cut. False for what is no object of JSON from the start.
    static func read(_ text: RawSpan, _ range: Range<Int>, _ names: FieldNames, into line: inout LogLine) -> Bool {
        line.reset(.json)
        let end = range.upperBound
        var at = text.skippingBlanks(range.lowerBound + 1, end)
        while at < end, text.byte(at) == UInt8(ascii: "\"") {
            let name = at + 1
            let nameEnd = stringEnd(text, name, end)
            if nameEnd + 1 < end, text.byte(nameEnd + 1) == UInt8(ascii: ":") {
                at = text.skippingBlanks(nameEnd + 2, end)
            } else {
                at = text.skippingBlanks(min(nameEnd + 1, end), end)
                guard at < end else { return true }
                guard text.byte(at) == UInt8(ascii: ":") else { return false }
                at = text.skippingBlanks(at + 1, end)
            }
            guard let value = value(text, at, end) else { return false }
            if let found = names.find(text, name..<nameEnd) { line.set(found, value.range, value.form) }
            // As zerolog writes it, without blanks.
            if value.next + 1 < end, text.byte(value.next) == UInt8(ascii: ","),
                text.byte(value.next + 1) == UInt8(ascii: "\"")
            {
                at = value.next + 1
                continue
            }
            at = text.skippingBlanks(value.next, end)
            guard at < end else { return true }
            let separator = text.byte(at)
            if separator == UInt8(ascii: "}") { return true }
            guard separator == UInt8(ascii: ",") else { return false }
            at = text.skippingBlanks(at + 1, end)
        }
        return at >= end || text.byte(at) == UInt8(ascii: "}")
    }

    /// A value: where it stands, and where what follows begins; `limit` if it was cut.
    @inline(__always)
    private static func value(
        _ text: RawSpan, _ at: Int, _ limit: Int
    ) -> (range: Range<Int>, form: FieldValue.Form, next: Int)? {
        guard at < limit else { return (at..<at, .plain, limit) }
        switch text.byte(at) {
        case UInt8(ascii: "\""):
            let first = firstSpecial(text, at + 1, limit)
            if first < limit, text.byte(first) == UInt8(ascii: "\"") { return (at + 1..<first, .plain, first + 1) }
            let end = stringEnd(text, first, limit)
            return (at + 1..<end, .json, min(end + 1, limit))
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            let end = compositeEnd(text, at, limit) ?? limit
            return (at..<end, .plain, end)
        default:
            var end = at
            while end < limit, !text.byte(end).endsScalar { end += 1 }
            return end > at || limit == at ? (at..<end, .plain, end) : nil
        }
    }

    /// The quote that ends the string whose contents begin at `start`, or `limit`.
    @inline(__always)
    static func stringEnd(_ text: RawSpan, _ start: Int, _ limit: Int) -> Int {
        var at = firstSpecial(text, start, limit)
        while at < limit, text.byte(at) == UInt8(ascii: "\\") {
            at = at + 2 >= limit ? limit : firstSpecial(text, at + 2, limit)
        }
        return at
    }

    /// The end of the object or array that begins at `start`; nil if it does not end. Strings are skipped, nothing else
    /// is looked at: the program that wrote it balances its brackets.
    static func compositeEnd(_ text: RawSpan, _ start: Int, _ limit: Int) -> Int? {
        var depth = 0
        var at = start
        while at < limit {
            switch text.byte(at) {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return at + 1 }
            case UInt8(ascii: "\""): at = stringEnd(text, at + 1, limit)
            default: break
            }
            at += 1
        }
        return nil
    }

    /// The first quote or backslash.
    @inline(__always)
    private static func firstSpecial(_ text: RawSpan, _ start: Int, _ limit: Int) -> Int {
        text.stringSpecial(from: start, to: limit)
    }
}

extension UInt8 {
    /// A byte behind a number, `true`, `false` or `null`.
    fileprivate var endsScalar: Bool {
        self == UInt8(ascii: ",") || self == UInt8(ascii: "}") || self == UInt8(ascii: "]") || self == 0x20
    }
}
