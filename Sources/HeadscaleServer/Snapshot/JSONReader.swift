/// Reads JSON (RFC 8259) from the front to the back and hands out only what is asked for, so that a large answer makes
/// nothing but the values that are kept, and a secret in it is passed over unread.
struct JSONReader {
    /// Levels of nesting.
    static let depthLimit = 64
    /// Strings in a list of ``texts()``.
    static let textLimit = 4096

    private let bytes: [UInt8]
    private var at = 0
    private var depth = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Calls `member` for each member of the object that comes next, with its name; it has to read, or to ``skip()``, the
    /// value. Nothing happens for `null`.
    mutating func object(
        _ member: (inout JSONReader, String) throws(ServerError) -> Void
    ) throws(ServerError) {
        guard try open(UInt8(ascii: "{")) else { return }
        guard !take(UInt8(ascii: "}")) else { return close() }
        repeat {
            let name = try text()
            guard take(UInt8(ascii: ":")) else { throw failure("a colon") }
            try member(&self, name)
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw failure("the end of an object") }
        close()
    }

    /// Calls `element` for each element of the array that comes next, which has to read it. Nothing happens for `null`.
    mutating func array(_ element: (inout JSONReader) throws(ServerError) -> Void) throws(ServerError) {
        guard try open(UInt8(ascii: "[")) else { return }
        guard !take(UInt8(ascii: "]")) else { return close() }
        repeat { try element(&self) } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw failure("the end of an array") }
        close()
    }

    /// Whether an object comes next.
    var isAtObject: Bool {
        mutating get { next == UInt8(ascii: "{") }
    }

    /// The string, number or truth value that comes next, as text; nil for `null`, and for an array or object, which is
    /// passed over.
    mutating func scalar() throws(ServerError) -> String? {
        switch next {
        case UInt8(ascii: "\""): return try text()
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            try skip()
            return nil
        default:
            let word = try word()
            return word == "null" ? nil : word
        }
    }

    /// The strings of the array that comes next.
    mutating func texts() throws(ServerError) -> [String] {
        var texts: [String] = []
        try array { (reader: inout JSONReader) throws(ServerError) in
            guard texts.count < Self.textLimit else { throw reader.failure("a shorter list") }
            if let text = try reader.scalar() { texts.append(text) }
        }
        return texts
    }

    /// Passes over the value that comes next.
    mutating func skip() throws(ServerError) {
        switch next {
        case UInt8(ascii: "{"):
            try object { (reader: inout JSONReader, _) throws(ServerError) in try reader.skip() }
        case UInt8(ascii: "["):
            try array { (reader: inout JSONReader) throws(ServerError) in try reader.skip() }
        case UInt8(ascii: "\""): try skipText()
        default: _ = try word()
        }
    }

    /// Makes sure that nothing comes any more.
    mutating func end() throws(ServerError) {
        skipBlanks()
        guard at == bytes.count else { throw failure("the end") }
    }

    // MARK: - Characters

    private var next: UInt8 {
        mutating get {
            skipBlanks()
            return at < bytes.count ? bytes[at] : 0
        }
    }

    private mutating func skipBlanks() {
        while at < bytes.count, bytes[at] == 0x20 || (0x09...0x0D).contains(bytes[at]) { at += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        at += 1
        return true
    }

    /// Begins an object or array; false for `null`.
    private mutating func open(_ bracket: UInt8) throws(ServerError) -> Bool {
        if take(bracket) {
            depth += 1
            guard depth <= Self.depthLimit else { throw failure("fewer levels") }
            return true
        }
        guard try word() == "null" else { throw failure(bracket == UInt8(ascii: "{") ? "an object" : "an array") }
        return false
    }

    private mutating func close() { depth -= 1 }

    /// A number, or one of `true`, `false` and `null`.
    private mutating func word() throws(ServerError) -> String {
        skipBlanks()
        let start = at
        while at < bytes.count, bytes[at].isPartOfWord { at += 1 }
        guard at > start, at - start <= 64 else { throw failure("a value") }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    private mutating func skipText() throws(ServerError) {
        guard take(UInt8(ascii: "\"")) else { throw failure("a string") }
        while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
            at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard at < bytes.count else { throw failure("the end of a string") }
        at += 1
    }

    private mutating func text() throws(ServerError) -> String {
        guard take(UInt8(ascii: "\"")) else { throw failure("a string") }
        let start = at
        while at < bytes.count, bytes[at] != UInt8(ascii: "\""), bytes[at] != UInt8(ascii: "\\") { at += 1 }
        guard at < bytes.count else { throw failure("the end of a string") }
        if bytes[at] == UInt8(ascii: "\"") {
            defer { at += 1 }
            return String(decoding: bytes[start..<at], as: UTF8.self)
        }
        return try escapedText(Array(bytes[start..<at]))
    }

    /// The rest of a string, from its first escape on, behind `beginning`.
    private mutating func escapedText(_ beginning: [UInt8]) throws(ServerError) -> String {
        var text = beginning
        while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
            if bytes[at] == UInt8(ascii: "\\") {
                at += 1
                try appendEscape(to: &text)
            } else {
                text.append(bytes[at])
                at += 1
            }
        }
        guard take(UInt8(ascii: "\"")) else { throw failure("the end of a string") }
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func appendEscape(to text: inout [UInt8]) throws(ServerError) {
        guard at < bytes.count else { throw failure("the end of a string") }
        let letter = bytes[at]
        at += 1
        switch letter {
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "u"): text.append(contentsOf: String(try character()).utf8)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        default: throw failure("an escape")
        }
    }

    /// The character behind `\u`, a pair of surrogates taken together; U+FFFD for half a pair.
    private mutating func character() throws(ServerError) -> Character {
        let first = try hexadecimal()
        if first >> 10 == 0x36, at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"),
            bytes[at + 1] == UInt8(ascii: "u")
        {
            at += 2
            let second = try hexadecimal()
            if second >> 10 == 0x37, let scalar = Unicode.Scalar(0x10000 + (first & 0x3FF) << 10 + second & 0x3FF) {
                return Character(scalar)
            }
            return "\u{FFFD}"
        }
        return Character(Unicode.Scalar(first) ?? "\u{FFFD}")
    }

    private mutating func hexadecimal() throws(ServerError) -> UInt32 {
        guard at + 4 <= bytes.count,
            let value = UInt32(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16)
        else { throw failure("four hexadecimal digits") }
        at += 4
        return value
    }

    private func failure(_ wanted: String) -> ServerError {
        ServerError("it is no JSON: \(wanted) was expected at octet \(at)")
    }
}

extension UInt8 {
    /// Whether numbers and the words of JSON have it.
    fileprivate var isPartOfWord: Bool {
        (0x30...0x39).contains(self) || (0x61...0x7A).contains(self) || self == UInt8(ascii: "-")
            || self == UInt8(ascii: "+") || self == UInt8(ascii: ".") || self == UInt8(ascii: "E")
    }
}
