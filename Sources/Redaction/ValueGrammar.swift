/// Delimits a value, given where it begins: behind the `=` or `:` of `name=value`.
///
/// Nobody says how the value is quoted, so the bytes must. What is understood, at any depth of escaping (a quote with
/// *k* backslashes before it is closed by the next one with *k*, once escaped ones inside are taken out):
///
///     name=value   name: "value"   "name":"value"   \"name\":\"value\"   'name': 'value'   name = value
///     "name":["one","two"]   name:[one two]   "name":12345   Name: (string) (len=5) "value"
///
/// Where it is a guess, the guess is towards removing more, but never past ``limit``.
struct ValueGrammar {
    /// A value.
    struct Value: Equatable {
        /// Its bytes, without quotes; of a list, from the first item's to the last one's.
        var range: Range<Int>
        /// The quotes with which its replacement must be surrounded, as a number of backslashes before each; nil for
        /// none. A number in JSON needs quotes to become a text.
        var quotes: Int?
        /// How it was written.
        var form: Form
    }

    enum Form { case bare, quoted, list }

    /// The most backslashes before a quote that is written: four levels of escaping.
    static let backslashLimit = 15

    /// Where the value, its quotes included, must end.
    let limit: Int
    let style: ValueStyle

    // MARK: - Value

    /// The value behind the separator that ends at `separatorEnd`; `nameStart` is the first byte of the match. Nil if
    /// there is none.
    func value(_ bytes: RawSpan, nameStart: Int, separatorEnd: Int) -> Value? {
        let name = NameEnd(bytes, nameStart: nameStart, separatorEnd: separatorEnd)
        guard let start = start(bytes, separatorEnd, name) else { return nil }
        switch bytes.byte(start) {
        case UInt8(ascii: "["):
            return list(bytes, start, name)
        case UInt8(ascii: "{"):
            let backslashes = bytes.backslashes(from: start + 1, to: limit)
            let next = start + 1 + backslashes
            if next < limit, bytes.byte(next) == UInt8(ascii: "\"") || bytes.byte(next) == UInt8(ascii: "}") {
                return nil
            }
            return bare(bytes, start, name)
        default:
            if let quote = Quote(bytes, at: start, limit: limit) {
                return quoted(bytes, quote).map { Value(range: $0.content, quotes: nil, form: .quoted) }
            }
            return bare(bytes, start, name)
        }
    }

    /// Where the value's first byte or its opening quote is.
    private func start(_ bytes: RawSpan, _ separatorEnd: Int, _ name: NameEnd) -> Int? {
        var at = separatorEnd
        while at < limit, at - separatorEnd < 8, bytes.byte(at).isBlank { at += 1 }
        // `name= next=…` has no value, `name = value` has one.
        if name.separator == .equals, at > separatorEnd, !name.isSpaced, Quote(bytes, at: at, limit: limit) == nil {
            return nil
        }
        // Go's spew prints the type and the length before the value.
        if at + 9 <= limit, bytes.has("(string) ", at: at) {
            at += 9
            if bytes.has("(len=", at: at) {
                let close = bytes.first(UInt8(ascii: ")"), in: at..<min(limit, at + 40))
                if close + 2 <= limit, bytes.has(") ", at: close) { at = close + 2 }
            }
        }
        return at < limit ? at : nil
    }

    // MARK: - Quoted

    /// A quoted text: its content, and where the closing quote ends.
    private func quoted(_ bytes: RawSpan, _ quote: Quote) -> (content: Range<Int>, end: Int)? {
        let start = quote.end
        let close = quote.close(bytes, limit: limit)
        guard start < close.contentEnd else { return nil }
        // A quote that looks like an opening one can be the closing one of a text that ends in `name=`.
        if bytes.byte(start).isAfterText, close.isFound, close.end < limit, bytes.byte(close.end).isWord { return nil }
        return (start..<close.contentEnd, close.end)
    }

    // MARK: - Lists

    /// `["one","two"]` at any depth of escaping, or Go's `[one two]`.
    private func list(_ bytes: RawSpan, _ start: Int, _ name: NameEnd) -> Value? {
        var at = start + 1
        while at < limit, bytes.byte(at).isBlank { at += 1 }
        guard let first = Quote(bytes, at: at, limit: limit) else {
            if name.isJSON { return nil }
            // Quotes inside belong to whatever the list is part of.
            var end = start + 1
            while end < limit, bytes.byte(end) != UInt8(ascii: "]"), bytes.byte(end) != UInt8(ascii: "\"") { end += 1 }
            end -= end < limit ? bytes.backslashes(before: end, from: start + 1) : 0
            return end > start + 1 ? Value(range: start + 1..<end, quotes: nil, form: .list) : nil
        }
        var item = first
        var end = first.end
        while true {
            let close = item.close(bytes, limit: limit)
            end = close.contentEnd
            at = close.end
            while at < limit, bytes.byte(at).isBlank { at += 1 }
            guard close.isFound, at < limit, bytes.byte(at) == UInt8(ascii: ",") else { break }
            at += 1
            while at < limit, bytes.byte(at).isBlank { at += 1 }
            guard let next = Quote(bytes, at: at, limit: limit), next.backslashes == first.backslashes,
                next.mark == first.mark
            else { break }
            item = next
        }
        return end > first.end ? Value(range: first.end..<end, quotes: nil, form: .list) : nil
    }

    // MARK: - Bare

    /// A value without quotes.
    private func bare(_ bytes: RawSpan, _ start: Int, _ name: NameEnd) -> Value? {
        if style == .cookies { return cookies(bytes, start) }
        if name.isLoose, isAnotherName(bytes, start) { return nil }
        let end = BareText.end(bytes, from: start, limit: limit)
        guard end > start else { return nil }
        if name.isJSON {
            var number = start
            while number < end, bytes.byte(number).isJSONNumber { number += 1 }
            if number == end, name.backslashes <= Self.backslashLimit {
                return Value(range: start..<end, quotes: name.backslashes, form: .bare)
            }
        }
        return Value(range: start..<end, quotes: nil, form: .bare)
    }

    /// `name: other=…` or `name: other: …`: a name without a value, and the next one.
    private func isAnotherName(_ bytes: RawSpan, _ start: Int) -> Bool {
        var at = start
        while at < limit, at - start < 64, bytes.byte(at).isWord || bytes.byte(at) == 0x2E || bytes.byte(at) == 0x2D {
            at += 1
        }
        return at > start && at < limit && (bytes.byte(at) == UInt8(ascii: ":") || bytes.byte(at) == UInt8(ascii: "="))
    }

    /// `name=value; name=value`; the first pair must have a `=`.
    private func cookies(_ bytes: RawSpan, _ start: Int) -> Value? {
        var at = start
        var end = start
        while at < limit {
            let pair = at
            while at < limit, !bytes.byte(at).isBlank, !bytes.byte(at).isCookieEnd { at += 1 }
            if pair == start, bytes.first(UInt8(ascii: "="), in: pair..<at) == at { return nil }
            end = at
            guard at < limit, bytes.byte(at) == UInt8(ascii: ";") else { break }
            at += 1
            while at < limit, bytes.byte(at).isBlank { at += 1 }
        }
        end -= bytes.backslashes(before: end, from: start)
        return end > start ? Value(range: start..<end, quotes: nil, form: .bare) : nil
    }
}

/// What stands between a name and its value: closing quote, blanks, separator.
struct NameEnd {
    enum Separator { case equals, colon }

    let separator: Separator
    /// There are blanks before the separator.
    let isSpaced: Bool
    /// The name is in double quotes and followed by a colon: a member of a JSON object.
    let isJSON: Bool
    /// The number of backslashes before the name's closing quote.
    let backslashes: Int
    /// It is `name: …` with a blank, as in prose.
    let isLoose: Bool
    /// Where the name itself ends.
    private let end: Int

    init(_ bytes: RawSpan, nameStart: Int, separatorEnd: Int) {
        var at = separatorEnd
        if at > nameStart, bytes.byte(at - 1) == UInt8(ascii: ">") { at -= 1 }
        let mark = at > nameStart ? bytes.byte(at - 1) : 0
        separator = mark == UInt8(ascii: ":") ? .colon : .equals
        at -= 1
        if at > nameStart, bytes.byte(at - 1) == UInt8(ascii: ":") { at -= 1 }
        let blanksEnd = at
        while at > nameStart, bytes.byte(at - 1).isBlank { at -= 1 }
        isSpaced = at < blanksEnd
        if at > nameStart, bytes.byte(at - 1) == UInt8(ascii: "]") { at -= 1 }
        let isQuoted = at > nameStart && bytes.byte(at - 1) == UInt8(ascii: "\"")
        backslashes = isQuoted ? bytes.backslashes(before: at - 1, from: nameStart) : 0
        end = isQuoted ? at - 1 - backslashes : at
        isJSON = isQuoted && separator == .colon
        let isFollowedByBlank = separatorEnd < bytes.byteCount && bytes.byte(separatorEnd).isBlank
        isLoose = separator == .colon && !isQuoted && (isFollowedByBlank || mark != UInt8(ascii: ":"))
    }

    /// Whether the name is the shell's `PWD` (and `OLDPWD`, which no rule takes for a secret), and not the password of a
    /// connection string: `UID=sa;PWD=…`.
    func isWorkingDirectory(_ bytes: RawSpan) -> Bool {
        guard bytes.has("PWD", at: end - 3) else { return false }
        guard end > 3, case let before = bytes.byte(end - 4) else { return true }
        return !before.isWord && before != UInt8(ascii: ";")
    }
}

extension UInt8 {
    /// A byte that follows a text rather than begins one.
    fileprivate var isAfterText: Bool {
        switch self {
        case 0x20, 0x09, UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"), UInt8(ascii: "}"), UInt8(ascii: ")"),
            UInt8(ascii: "]"):
            true
        default:
            false
        }
    }

    fileprivate var isCookieEnd: Bool { self == UInt8(ascii: ";") || self == UInt8(ascii: "\"") }
}
