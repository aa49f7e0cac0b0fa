/// Finds the JSON objects and arrays in a text, and the strings in them.
///
/// Where a text is JSON, there is no guessing: a value lies inside one string, and replacing it must leave JSON.
enum JSONText {
    /// The deepest nesting that is followed.
    static let depthLimit = 64

    /// The end of the object or array that begins at `start`, or nil if there is none (RFC 8259, without the checks
    /// that do not matter for where strings are: number syntax and the contents of `\u`).
    static func end(_ bytes: RawSpan, from start: Int, limit: Int) -> Int? {
        guard start < limit, bytes.byte(start) == UInt8(ascii: "{") || bytes.byte(start) == UInt8(ascii: "[") else {
            return nil
        }
        var parser = Parser(at: start)
        while parser.at < limit {
            guard parser.step(bytes, limit) else { return nil }
            if parser.depth == 0 { return parser.at }
        }
        return nil
    }

    /// The end of the string whose opening quote is at `start`, which is the offset of its closing quote.
    static func stringEnd(_ bytes: RawSpan, from start: Int, limit: Int) -> Int? {
        var at = start + 1
        while at < limit {
            switch bytes.byte(at) {
            case UInt8(ascii: "\""): return at
            case UInt8(ascii: "\\"): at += 2
            case 0..<0x20: return nil
            default: at += 1
            }
        }
        return nil
    }

    private struct Parser {
        private enum Expected { case value, valueOrEnd, key, keyOrEnd, colon, commaOrEnd }

        var at: Int
        var depth = 0
        /// One bit a level, the innermost last: 1 for an object.
        private var objects: UInt64 = 0
        private var expected = Expected.value

        init(at start: Int) {
            at = start
        }

        private var isInObject: Bool { objects & 1 == 1 }

        /// Takes one token; false if it may not stand here.
        mutating func step(_ bytes: RawSpan, _ limit: Int) -> Bool {
            let byte = bytes.byte(at)
            switch byte {
            case 0x20, 0x09:
                at += 1
                return true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                return open(isObject: byte == UInt8(ascii: "{"))
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                return close(isObject: byte == UInt8(ascii: "}"))
            case UInt8(ascii: ","):
                guard expected == .commaOrEnd else { return false }
                expected = isInObject ? .key : .value
                at += 1
                return true
            case UInt8(ascii: ":"):
                guard expected == .colon else { return false }
                expected = .value
                at += 1
                return true
            case UInt8(ascii: "\""):
                return string(bytes, limit)
            default:
                return scalar(bytes, limit)
            }
        }

        private mutating func open(isObject: Bool) -> Bool {
            guard expected == .value || expected == .valueOrEnd, depth < depthLimit else { return false }
            depth += 1
            objects = objects << 1 | (isObject ? 1 : 0)
            expected = isObject ? .keyOrEnd : .valueOrEnd
            at += 1
            return true
        }

        private mutating func close(isObject: Bool) -> Bool {
            let isEmpty = isObject ? expected == .keyOrEnd : expected == .valueOrEnd
            guard expected == .commaOrEnd || isEmpty, isObject == isInObject else { return false }
            depth -= 1
            objects >>= 1
            expected = .commaOrEnd
            at += 1
            return true
        }

        private mutating func string(_ bytes: RawSpan, _ limit: Int) -> Bool {
            switch expected {
            case .key, .keyOrEnd: expected = .colon
            case .value, .valueOrEnd: expected = .commaOrEnd
            case .colon, .commaOrEnd: return false
            }
            guard let end = JSONText.stringEnd(bytes, from: at, limit: limit) else { return false }
            at = end + 1
            return true
        }

        /// A number, `true`, `false` or `null`.
        private mutating func scalar(_ bytes: RawSpan, _ limit: Int) -> Bool {
            guard expected == .value || expected == .valueOrEnd else { return false }
            let start = at
            while at < limit, bytes.byte(at).isJSONNumber { at += 1 }
            if at == start {
                while at < limit, bytes.byte(at).isLower { at += 1 }
                let word = start..<at
                guard bytes.isWord("true", word) || bytes.isWord("false", word) || bytes.isWord("null", word) else {
                    return false
                }
            }
            expected = .commaOrEnd
            return true
        }
    }
}
