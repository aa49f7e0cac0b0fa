/// Finds the secret in the value that follows a name, and decides whether it is one.
struct ValueFinder {
    /// A value and where to go on.
    struct Found {
        /// The secret; empty if there is none.
        var range: Range<Int>
        var quotes: Int?
        /// Nothing before this offset needs to be looked at again.
        var resume: Int
    }

    let style: ValueStyle

    /// Looks at the value behind `separatorEnd`, which lies in `surroundings`; `subject` is the part of the line that
    /// may be looked at.
    func find(
        _ line: RawSpan, nameStart: Int, separatorEnd: Int, _ surroundings: Surroundings, _ subject: Range<Int>
    ) -> Found {
        let nothing = Found(range: separatorEnd..<separatorEnd, quotes: nil, resume: separatorEnd)
        let limit: Int
        switch surroundings {
        case .text: limit = subject.upperBound
        case .string(let range), .json(let range), .word(let range): limit = range.upperBound
        case .structure:
            // A PARAM-VALUE follows, or nothing.
            guard separatorEnd < subject.upperBound, line.byte(separatorEnd) == UInt8(ascii: "\"") else {
                return nothing
            }
            limit = subject.upperBound
        }
        let grammar = ValueGrammar(limit: limit, style: style)
        guard var value = grammar.value(line, nameStart: nameStart, separatorEnd: separatorEnd) else { return nothing }
        let name = NameEnd(line, nameStart: nameStart, separatorEnd: separatorEnd)
        var hasScheme = false
        if style == .credentials {
            guard let credentials = credentials(line, value, limit) else { return nothing }
            hasScheme = credentials.lowerBound > value.range.lowerBound
            value.range = credentials
        }
        // Where a placeholder stands, all was removed that there was, even if the end can no longer be told.
        if line.has(Redactor.placeholder, at: value.range.lowerBound) {
            let end = value.range.lowerBound + Redactor.placeholder.utf8CodeUnitCount
            return Found(range: nothing.range, quotes: nil, resume: end)
        }
        if Harmless.isDirectory(line, value.range), name.isWorkingDirectory(line) { return nothing }
        if Harmless.contains(line, value.range) {
            return Found(range: nothing.range, quotes: nil, resume: value.range.upperBound)
        }
        if name.isLoose, value.form == .bare, !hasScheme, !isSecret(line, value, nameStart, subject) { return nothing }
        return Found(range: value.range, quotes: value.quotes, resume: value.range.upperBound)
    }

    /// Whether the word behind `name: `, which can be prose, is a secret all the same.
    private func isSecret(
        _ line: RawSpan, _ value: ValueGrammar.Value, _ nameStart: Int, _ subject: Range<Int>
    ) -> Bool {
        switch style {
        case .cookies: true
        case .credentials: Harmless.isRandom(line, value.range)
        case .plain:
            Harmless.isRandom(line, value.range) || isWholeLine(line, nameStart..<value.range.upperBound, subject)
        }
    }

    /// Whether there is nothing but `name: value` in `subject`, as in a dump of a configuration file.
    private func isWholeLine(_ line: RawSpan, _ pair: Range<Int>, _ subject: Range<Int>) -> Bool {
        guard pair.upperBound == subject.upperBound else { return false }
        for at in subject.lowerBound..<pair.lowerBound {
            let byte = line.byte(at)
            guard byte.isBlank || byte.isWord || byte == UInt8(ascii: "-") else { return false }
            if byte.isBlank, at > subject.lowerBound, !line.byte(at - 1).isBlank { return false }
        }
        return true
    }

    // MARK: - Credentials

    /// What follows the scheme, or all of it if there is no known scheme; nil if nothing follows.
    private func credentials(_ line: RawSpan, _ value: ValueGrammar.Value, _ limit: Int) -> Range<Int>? {
        let end = value.form == .bare ? limit : value.range.upperBound
        var word = value.range.lowerBound
        while word < end, line.byte(word).isWord || line.byte(word) == UInt8(ascii: "-") { word += 1 }
        guard word < end, line.byte(word).isBlank, let scheme = Scheme(line, value.range.lowerBound..<word) else {
            return Scheme(line, value.range) == nil ? value.range : nil
        }
        var start = word
        while start < end, line.byte(start).isBlank { start += 1 }
        if value.form != .bare { return start < end ? start..<end : nil }
        let textEnd = scheme == .parameters ? limit : BareText.end(line, from: start, limit: limit)
        return start < textEnd ? start..<textEnd : nil
    }

    /// A known authentication scheme (the IANA registry's, and what is used besides).
    private enum Scheme {
        /// One word follows.
        case token
        /// Parameters follow, up to the end.
        case parameters

        private static let tokens: [StaticString] = [
            "bearer", "basic", "token", "negotiate", "ntlm", "apikey", "api-key", "dpop",
        ]
        private static let parameterised: [StaticString] = [
            "digest", "hawk", "hoba", "mutual", "oauth", "vapid", "aws4-hmac-sha256",
        ]

        init?(_ line: RawSpan, _ range: Range<Int>) {
            for word in Self.tokens where line.isWord(word, range) {
                self = .token
                return
            }
            for word in Self.parameterised where line.isWord(word, range) {
                self = .parameters
                return
            }
            return nil
        }
    }
}
