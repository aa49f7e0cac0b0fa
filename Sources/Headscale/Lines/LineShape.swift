/// What a line looks like, found out from its first bytes: by the line itself, never by what somebody has configured,
/// since one Headscale writes several formats.
enum LineShape: Equatable {
    /// zerolog's JSON, from the offset of its brace.
    case json(Int)
    /// A line of any shape in the JSON of docker's `json-file` driver; the offset of the string that holds it.
    case docker(Int)
    /// The console writer's, from the offset of its time.
    case text(Int)
    /// The console writer's with colours, from the offset of the first of them.
    case colours(Int)
    /// Go's standard logger; the offset of what follows date and time.
    case stdlib(Int)
    /// The logger of gRPC; the offset of what follows word, date and time.
    case grpclog(Int)
    /// gin's access log; the offset of its date.
    case gin(Int)
    /// The first line of a crash, or one of its stack.
    case panic
    /// A value of a dumped structure: `Name: (type) …`.
    case spew
    /// Nothing of that.
    case plain

    /// The shape of the text in `range`.
    @inline(__always)
    init(_ text: RawSpan, _ range: Range<Int>) {
        let start = range.lowerBound
        guard range.count >= 10 else {
            self = .plain
            return
        }
        switch text.byte(start) {
        case UInt8(ascii: "{"):
            if let log = Self.log(text, range) {
                self = .docker(log)
            } else {
                self = text.byte(start + 1) == UInt8(ascii: "\"") ? .json(start) : .plain
            }
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            self = Self.dated(text, range)
        case UInt8(ascii: "#"), UInt8(ascii: "\\"), UInt8(ascii: "^"):
            self = Self.colour(text, start) != nil ? .colours(start) : .plain
        case UInt8(ascii: "["):
            self = text.has("[GIN] ", at: start) ? .gin(start + 6) : .plain
        case 0x20:
            self = Self.isDump(text, range) ? .spew : .plain
        case UInt8(ascii: "p"), UInt8(ascii: "f"), UInt8(ascii: "g"), UInt8(ascii: "E"), UInt8(ascii: "W"),
            UInt8(ascii: "I"):
            self = Self.worded(text, range)
        default:
            self = .plain
        }
    }

    /// Where the string begins in which docker's `json-file` driver keeps a line. Agents that read its files write `time` or
    /// `stream` first, as often as not.
    @inline(__always)
    private static func log(_ text: RawSpan, _ range: Range<Int>) -> Int? {
        // zerolog's begin with `{"le`.
        let second = text.byte(range.lowerBound + 3)
        return second == UInt8(ascii: "e") ? nil : logOfDocker(text, range)
    }

    private static func logOfDocker(_ text: RawSpan, _ range: Range<Int>) -> Int? {
        let start = range.lowerBound
        if text.has("{\"log\":\"", at: start) { return start + 8 }
        guard text.has("{\"stream\":\"", at: start) || text.has("{\"time\":\"", at: start) else { return nil }
        return text.first("\"log\":\"", in: start..<min(start + 128, range.upperBound)).map { $0 + 7 }
    }

    /// What begins with a digit.
    private static func dated(_ text: RawSpan, _ range: Range<Int>) -> LineShape {
        if ConsoleLine.timeEnd(text, range) != nil { return .text(range.lowerBound) }
        guard let end = stdlibTimeEnd(text, range.lowerBound) else { return .plain }
        // gRPC's logger has its word in front of the time or behind it, as its version will.
        for word in severities where text.has(word, at: end) { return .grpclog(end + word.utf8CodeUnitCount) }
        return .stdlib(end)
    }

    /// The words of gRPC's logger.
    private static let severities: [StaticString] = ["ERROR: ", "WARNING: ", "INFO: ", "FATAL: "]

    /// What begins with a word that Go's own loggers and crashes begin with.
    private static func worded(_ text: RawSpan, _ range: Range<Int>) -> LineShape {
        let start = range.lowerBound
        for word: StaticString in ["panic: ", "fatal error: ", "goroutine "] where text.has(word, at: start) {
            return .panic
        }
        for word in severities where text.has(word, at: start) {
            if let end = stdlibTimeEnd(text, start + word.utf8CodeUnitCount) { return .grpclog(end) }
        }
        return .plain
    }

    /// Whether ` Name: (type) ` stands at the start of `range`.
    private static func isDump(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        let limit = min(range.upperBound, range.lowerBound + 128)
        var at = text.skippingBlanks(range.lowerBound, limit)
        let name = at
        while at < limit, text.byte(at).isWord { at += 1 }
        return at > name && text.has(": (", at: at)
            && text.first(") ", in: at..<limit).map { end in (at + 3..<end).allSatisfy { text.byte($0) != 0x20 } }
                ?? false
    }

    /// What follows `2006/01/02 15:04:05 ` at `start`.
    private static func stdlibTimeEnd(_ text: RawSpan, _ start: Int) -> Int? {
        guard start + 20 <= text.byteCount, text.byte(start + 4) == UInt8(ascii: "/"),
            text.byte(start + 7) == UInt8(ascii: "/"), text.byte(start + 10) == 0x20,
            text.byte(start + 13) == UInt8(ascii: ":"), text.byte(start + 16) == UInt8(ascii: ":"),
            text.byte(start).isDigit, text.byte(start + 18).isDigit
        else { return nil }
        // With microseconds, if the program asked for them.
        var end = start + 19
        while end < text.byteCount, text.byte(end) != 0x20, end - start < 27 { end += 1 }
        return end < text.byteCount && text.byte(end) == 0x20 ? end + 1 : nil
    }

    /// Where the text begins that tells what happened, and the line's format, of what is not zerolog's.
    func text(_ range: Range<Int>) -> (start: Int, LineFormat) {
        switch self {
        case .stdlib(let start): (start, .stdlib)
        case .grpclog(let start): (start, .grpclog)
        case .gin(let start): (start, .gin)
        case .panic: (range.lowerBound, .panic)
        case .spew: (range.lowerBound, .spew)
        default: (range.lowerBound, .plain)
        }
    }

    // MARK: - Colours

    /// How rsyslog (`#033[`), journald's readers (`\^[[`) and others spell what a colour begins with.
    private static let escapes: [StaticString] = [
        "#033[", "\\^[[", "\\033[", "\\x1b[", "\\x1B[", "\\u001b[", "\\u001B[", "\\e[", "^[[",
    ]

    /// The end of the colour (an SGR sequence, ECMA-48) at `start`; nil if there is none.
    static func colour(_ text: RawSpan, _ start: Int) -> Int? {
        let first = text.byte(start)
        guard first == UInt8(ascii: "#") || first == UInt8(ascii: "\\") || first == UInt8(ascii: "^") else {
            return nil
        }
        for escape in escapes where text.has(escape, at: start) {
            var at = start + escape.utf8CodeUnitCount
            while at < text.byteCount, text.byte(at).isDigit || text.byte(at) == UInt8(ascii: ";") { at += 1 }
            return at < text.byteCount && text.byte(at) == UInt8(ascii: "m") ? at + 1 : nil
        }
        return nil
    }
}
