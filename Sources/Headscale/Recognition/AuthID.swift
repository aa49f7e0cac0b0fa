/// Finds the id of a pending registration or login. Its holder can take the node over, so it is in no record; what
/// stands for it is, so that the steps of one registration can be told from those of others.
enum AuthID {
    /// What ids begin with since 0.29.
    private static let prefix: StaticString = "hskey-authreq-"
    /// Characters of an id, behind the prefix.
    private static let length = 24

    /// The id, without its prefix, in a field of its own, a path, an error or the message.
    @inline(__always)
    static func find(_ text: RawSpan, _ line: borrowing LogLine, _ meaning: Meaning) -> Range<Int>? {
        if let value = line[.authID] { return identifier(text, value.range) }
        if let path = line[.path], isPath(text, path.range) { return inPath(text, path.range) }
        guard meaning.isSecurityRelevant else { return nil }
        if let error = line[.error], let id = prefixed(text, error.range) { return id }
        return line[.message].flatMap { prefixed(text, $0.range) ?? behindColon(text, $0.range) }
    }

    private static func isPath(_ text: RawSpan, _ path: Range<Int>) -> Bool {
        text.has("/register/", at: path.lowerBound) || text.has("/auth/", at: path.lowerBound)
    }

    /// The last part of `/register/ID`, `/register/confirm/ID`, `/auth/ID` and so on.
    private static func inPath(_ text: RawSpan, _ path: Range<Int>) -> Range<Int>? {
        var start = path.upperBound
        while start > path.lowerBound, text.byte(start - 1) != UInt8(ascii: "/") { start -= 1 }
        return identifier(text, start..<path.upperBound)
    }

    /// An id that is all of `range`.
    private static func identifier(_ text: RawSpan, _ range: Range<Int>) -> Range<Int>? {
        if text.has(prefix, at: range.lowerBound) { return prefixed(text, range) }
        return range.count == length && isIdentifier(text, range) ? range : nil
    }

    /// An id with its prefix somewhere in `range`.
    private static func prefixed(_ text: RawSpan, _ range: Range<Int>) -> Range<Int>? {
        guard let at = text.first(prefix, in: range) else { return nil }
        let start = at + prefix.utf8CodeUnitCount
        guard start + length <= range.upperBound, isIdentifier(text, start..<start + length) else { return nil }
        return start..<start + length
    }

    /// `… using key: ID`, as up to 0.28.
    private static func behindColon(_ text: RawSpan, _ range: Range<Int>) -> Range<Int>? {
        let start = range.upperBound - length
        guard start - 6 > range.lowerBound, text.has(" key: ", at: start - 6) else { return nil }
        return identifier(text, start..<range.upperBound)
    }

    private static func isIdentifier(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        range.allSatisfy { at in
            let byte = text.byte(at)
            return byte.isWord || byte == UInt8(ascii: "-")
        }
    }
}
