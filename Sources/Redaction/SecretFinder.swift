/// What the gates say of a line.
struct Candidate: Equatable {
    /// The patterns whose gates have matched, by bit.
    var patterns: UInt64
    /// Where the first of these matches ends, counted from the line's first byte, or less.
    var first: UInt32
    /// Where the last of them ends, or more.
    var last: UInt32

    static let none = Candidate(patterns: 0, first: .max, last: 0)

    /// The patterns may have matched anywhere.
    init(anywhere patterns: UInt64) {
        self.init(patterns: patterns, first: 0, last: .max)
    }

    init(patterns: UInt64, first: UInt32, last: UInt32) {
        self.patterns = patterns
        self.first = first
        self.last = last
    }

    /// Adds a match of `pattern` that ends at `end`.
    mutating func add(_ pattern: Int, end: Int) {
        patterns |= 1 << UInt64(pattern)
        first = min(first, UInt32(end))
        last = max(last, UInt32(end))
    }
}

/// Finds the secrets of one line at a time, with the patterns whose gates have matched in it.
struct SecretFinder: ~Copyable {
    /// Matches that are looked at in one line; one with more is replaced as a whole.
    static let matchLimit = 2048

    private let engine: RedactionEngine
    private(set) var hits = SecretHits()
    /// Whether the line without these secrets is sure to have no others: no guess was made about where a value ends
    /// that could turn out otherwise once something around it is gone.
    private(set) var isSettled = true
    private var matches = 0
    /// Makes the next line fail as if an engine had failed: for tests.
    var failsNext = false

    init(_ engine: RedactionEngine) {
        self.engine = engine
    }

    /// Finds secrets in `line`, whose first `split` bytes are header and structured data (0 for a text that is no
    /// record), and leaves them in ``hits``. False if the line could not be examined.
    mutating func find(in line: RawSpan, split: Int, _ candidate: Candidate) -> Bool {
        hits.removeAll()
        matches = 0
        isSettled = true
        if failsNext {
            failsNext = false
            return false
        }
        if split > 0, candidate.first <= split {
            guard let map = HeadMap(line, 0..<split), examine(line, .head(map), 0..<split, candidate) else {
                return false
            }
        }
        if split < line.byteCount, candidate.last > split {
            guard examine(line, .tail(nil), split..<line.byteCount, candidate) else { return false }
        }
        hits.normalize()
        return true
    }

    /// The part of a line that is examined, with what is known of its structure. A tail is only mapped when needed.
    private enum Part {
        case head(HeadMap)
        case tail(TextMap?)

        mutating func surroundings(of offset: Int, _ line: RawSpan, _ range: Range<Int>) -> Surroundings {
            switch self {
            case .head(var map):
                defer { self = .head(map) }
                return map.surroundings(of: offset, line)
            case .tail(let known):
                var map = known ?? TextMap(line, range)
                defer { self = .tail(map) }
                return map.surroundings(of: offset, line)
            }
        }

        func extended(_ range: Range<Int>) -> Range<Int> {
            guard case .tail(let map?) = self else { return range }
            return map.extended(range)
        }

        var isTail: Bool {
            if case .tail = self { return true }
            return false
        }
    }

    private mutating func examine(
        _ line: RawSpan, _ part: Part, _ range: Range<Int>, _ candidate: Candidate
    ) -> Bool {
        var part = part
        var rest = candidate.patterns
        while rest != 0 {
            let pattern = engine.patterns[rest.trailingZeroBitCount]
            rest &= rest - 1
            guard apply(pattern, line, &part, range, to: Int(candidate.last)) else { return false }
        }
        return true
    }

    /// Finds all matches of one pattern in one part. Behind `last`, where the last gate matched, none can begin.
    private mutating func apply(
        _ pattern: RedactionEngine.Pattern, _ line: RawSpan, _ part: inout Part, _ range: Range<Int>, to last: Int
    ) -> Bool {
        let subject = line.extracting(range)
        let end = min(range.count, last - range.lowerBound)
        var offset = 0
        while offset < end {
            let match: CaptureExpression.Match
            switch pattern.expression.find(in: subject, from: offset) {
            case .none: return true
            case .failed: return false
            case .match(let found): match = found
            }
            matches += 1
            guard matches <= Self.matchLimit else { return false }
            let whole = match.whole.lowerBound + range.lowerBound..<match.whole.upperBound + range.lowerBound
            let secret = match.secret.lowerBound + range.lowerBound..<match.secret.upperBound + range.lowerBound
            var resume = whole.upperBound
            switch pattern.extent {
            case .group(let minimum, let random):
                guard
                    !isSecret(line, secret, minimum: minimum, random: random)
                        || addGroup(line, secret, pattern.rule, &part, range)
                else { return false }
            case .value(let style):
                let surroundings = part.surroundings(of: secret.lowerBound, line, range)
                isSettled = isSettled && surroundings.areExact
                let value = ValueFinder(style: style).find(
                    line, nameStart: whole.lowerBound, separatorEnd: secret.lowerBound, surroundings, range)
                resume = max(resume, value.resume)
                guard value.range.isEmpty || addValue(line, value, pattern.rule, &part, range) else { return false }
            }
            offset = max(resume - range.lowerBound, match.whole.lowerBound + 1)
        }
        return true
    }

    private func isSecret(_ line: RawSpan, _ secret: Range<Int>, minimum: Int, random: Bool) -> Bool {
        // A group stops in front of a mask, without which a key's public prefix cannot be told.
        let mask =
            line.has(Redactor.placeholder, at: secret.upperBound) ? 10 : line.has("***", at: secret.upperBound) ? 3 : 0
        return secret.count >= minimum && !Harmless.contains(line, secret.lowerBound..<secret.upperBound + mask)
            && (!random || Harmless.isRandom(line, secret))
    }

    // MARK: - Putting a secret in its place

    /// Adds what a group captured, cut so that the structure around it stays. False if that cannot be.
    private mutating func addGroup(
        _ line: RawSpan, _ secret: Range<Int>, _ rule: Int, _ part: inout Part, _ range: Range<Int>
    ) -> Bool {
        if part.isTail, Self.isSelfContained(line, secret) {
            return hits.append(SecretHit(range: secret, rule: rule, quotes: nil))
        }
        switch part.surroundings(of: secret.lowerBound, line, range) {
        case .structure:
            return false
        case .word(let word):
            return hits.append(SecretHit(range: word, rule: rule, quotes: nil))
        case .string(let string):
            let end = Self.withoutEscape(line, secret.lowerBound..<min(secret.upperBound, string.upperBound))
            guard end > secret.lowerBound else { return true }
            return hits.append(SecretHit(range: secret.lowerBound..<end, rule: rule, quotes: nil))
        case .json:
            return hits.append(SecretHit(range: secret, rule: rule, quotes: 0))
        case .text:
            isSettled = false
            let end = Self.withoutEscape(line, secret)
            guard end > secret.lowerBound else { return true }
            return hits.append(
                SecretHit(range: part.extended(secret.lowerBound..<end), rule: rule, quotes: nil))
        }
    }

    /// Adds a value, whose extent already respects the structure around it.
    private mutating func addValue(
        _ line: RawSpan, _ value: ValueFinder.Found, _ rule: Int, _ part: inout Part, _ range: Range<Int>
    ) -> Bool {
        var hit = SecretHit(range: value.range, rule: rule, quotes: value.quotes)
        switch part.surroundings(of: value.range.lowerBound, line, range) {
        case .structure: return false
        case .word(let word): hit = SecretHit(range: word, rule: rule, quotes: nil)
        case .text: hit.range = part.extended(value.range)
        case .string, .json: break
        }
        return hits.append(hit)
    }

    /// Whether `secret` cannot reach over the end of a string, and is no number.
    private static func isSelfContained(_ line: RawSpan, _ secret: Range<Int>) -> Bool {
        var isNumber = true
        for at in secret {
            let byte = line.byte(at)
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte <= 0x20 { return false }
            isNumber = isNumber && byte.isJSONNumber
        }
        return !isNumber
    }

    /// The end of `range` without the backslashes that escape a quote behind it.
    private static func withoutEscape(_ line: RawSpan, _ range: Range<Int>) -> Int {
        let end = range.upperBound
        guard end < line.byteCount, line.byte(end) == UInt8(ascii: "\"") else { return end }
        return end - line.backslashes(before: end, from: range.lowerBound)
    }
}
