/// Goes through a JSON text (RFC 8259) from left to right, without recursion and without making anything of what
/// nobody asks for. A method that finds something else than it expects throws; the text is then no longer of use.
///
/// For answers of peers: linear, and bounded in depth.
struct JSONScan: ~Escapable {
    struct Malformed: Error {}

    /// Containers within one another.
    private static let depthLimit = 64

    private let text: RawSpan
    private(set) var position = 0

    @_lifetime(copy text)
    init(_ text: RawSpan) {
        self.text = text
    }

    /// The next byte that is not white space, nil at the end.
    @_lifetime(self: copy self)
    mutating func peek() -> UInt8? {
        while position < text.byteCount {
            let byte = text.byte(position)
            guard byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D else { return byte }
            position += 1
        }
        return nil
    }

    /// Takes `byte`, if it is next.
    @_lifetime(self: copy self)
    mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    /// Goes to the next member of the object, or element of the array, that `close` ends; false at its end. `isFirst`
    /// says whether there was none before.
    @_lifetime(self: copy self)
    mutating func next(before close: UInt8, _ isFirst: inout Bool) throws(Malformed) -> Bool {
        defer { isFirst = false }
        if take(close) { return false }
        if !isFirst, !take(UInt8(ascii: ",")) { throw Malformed() }
        return true
    }

    /// Takes a member's name and the colon behind it. Returns where the name is, without quotation marks, as it stands.
    @_lifetime(self: copy self)
    mutating func name() throws(Malformed) -> Range<Int> {
        let name = try string()
        guard take(UInt8(ascii: ":")) else { throw Malformed() }
        return name
    }

    /// Takes a string. Returns where it is, without quotation marks, as it stands.
    @_lifetime(self: copy self)
    mutating func string() throws(Malformed) -> Range<Int> {
        guard take(UInt8(ascii: "\"")) else { throw Malformed() }
        let start = position
        while true {
            position = text.jsonSpecial(from: position, to: text.byteCount)
            guard position < text.byteCount, text.byte(position) >= 0x20 else { throw Malformed() }
            let isEnd = text.byte(position) == UInt8(ascii: "\"")
            position += isEnd ? 1 : 2
            if isEnd { return start..<position - 1 }
            guard position <= text.byteCount else { throw Malformed() }
        }
    }

    /// Takes a whole number that is not negative.
    @_lifetime(self: copy self)
    mutating func number() throws(Malformed) -> Int {
        _ = peek()
        let start = position
        var value = 0
        while position < text.byteCount, text.byte(position) &- 0x30 < 10, position - start < 18 {
            value = value * 10 + Int(text.byte(position) - 0x30)
            position += 1
        }
        guard position > start else { throw Malformed() }
        return value
    }

    /// Takes an object as far as the value of its member `name`; false if it has none, or is no object.
    @_lifetime(self: copy self)
    mutating func enter(_ name: StaticString) throws(Malformed) -> Bool {
        guard take(UInt8(ascii: "{")) else { return false }
        var isFirst = true
        while try next(before: UInt8(ascii: "}"), &isFirst) {
            if text.equals(name, try self.name()) { return true }
            try skip()
        }
        return false
    }

    /// Takes any value.
    @_lifetime(self: copy self)
    mutating func skip() throws(Malformed) {
        var depth = 0
        repeat {
            switch peek() {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                guard depth <= Self.depthLimit else { throw Malformed() }
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard depth > 0 else { throw Malformed() }
                depth -= 1
                position += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard depth > 0 else { throw Malformed() }
                position += 1
            case UInt8(ascii: "\""): _ = try string()
            case .some: try skipWord()
            case .none: throw Malformed()
            }
        } while depth > 0
    }

    /// Takes a number, or `true`, `false`, `null`.
    private mutating func skipWord() throws(Malformed) {
        let start = position
        while position < text.byteCount {
            let byte = text.byte(position)
            guard byte &- 0x30 < 10 || byte | 0x20 &- 0x61 < 26 || byte == 0x2D || byte == 0x2B || byte == 0x2E else {
                break
            }
            position += 1
        }
        guard position > start else { throw Malformed() }
    }

    /// What the string in `range` says, as far as `limit` bytes of it go; of escapes only those of one character are
    /// undone.
    func text(_ range: Range<Int>, limit: Int) -> String {
        var bytes: [UInt8] = []
        var position = range.lowerBound
        while position < range.upperBound, bytes.count < limit {
            var byte = text.byte(position)
            if byte == UInt8(ascii: "\\"), position + 1 < range.upperBound {
                position += 1
                switch text.byte(position) {
                case UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"): byte = 0x20
                case UInt8(ascii: "u"):
                    bytes.append(byte)
                    byte = UInt8(ascii: "u")
                case let other: byte = other
                }
            }
            bytes.append(byte)
            position += 1
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
