/// What is wrong with an expression, and where.
public struct ExpressionError: Error, Hashable, Sendable {
    /// Unicode scalars in front of the place.
    public let offset: Int
    /// What is wrong, as a clause.
    public let message: String
    /// What to do about it.
    public let remedy: String
}

/// The language in which conditions are written:
///
///     severity >= warning and (app = headscale or host = "hs*") and not headscale.event = "poll.*"
///
///     expression = and *("or" and)
///     and        = not *("and" not)
///     not        = "not" not / "(" expression ")" / comparison
///     comparison = "severity" ("=" / "!=" / ">=" / "<=" / ">" / "<") SEVERITY
///                / "facility" ("=" / "!=") FACILITY
///                / ("host" / "app" / "procid" / "msgid" / "message" / ELEMENT "." PARAMETER) ("=" / "!=") PATTERN
///
/// `>=` means as severe or more. A pattern is a word, or text in quotation marks with `\"` and `\\`; `*` stands for
/// anything.
public struct Expression: ~Copyable {
    /// Octets of an expression at most.
    public static let lengthLimit = 4096
    /// Comparisons of an expression at most.
    public static let comparisonLimit = 64
    /// Parentheses and `not`s within one another at most.
    public static let depthLimit = 16

    private var tokens: Tokens
    private var comparisons = 0

    /// The condition that `text` spells.
    public static func parse(_ text: String) throws(ExpressionError) -> Condition {
        guard text.utf8.count <= lengthLimit else {
            throw ExpressionError(
                offset: 0, message: "the expression is longer than \(lengthLimit) octets",
                remedy: "make two destinations of it, or a simpler one")
        }
        var parser = Expression(tokens: try Tokens(text))
        let condition = try parser.expression(depth: 0)
        if let rest = parser.tokens.next {
            throw ExpressionError(
                offset: rest.offset, message: "\(rest.text) is not expected here", remedy: "write and, or or nothing")
        }
        return condition
    }

    private init(tokens: Tokens) { self.tokens = tokens }

    // MARK: - Grammar

    private mutating func expression(depth: Int) throws(ExpressionError) -> Condition {
        var parts = [try conjunction(depth: depth)]
        while tokens.takes(word: "or") { parts.append(try conjunction(depth: depth)) }
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private mutating func conjunction(depth: Int) throws(ExpressionError) -> Condition {
        var parts = [try negation(depth: depth)]
        while tokens.takes(word: "and") { parts.append(try negation(depth: depth)) }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private mutating func negation(depth: Int) throws(ExpressionError) -> Condition {
        let offset = tokens.offset
        guard depth <= Self.depthLimit else {
            throw ExpressionError(
                offset: offset, message: "there are more than \(Self.depthLimit) parentheses and nots in one another",
                remedy: "write it flatter")
        }
        if tokens.takes(word: "not") { return .not(try negation(depth: depth + 1)) }
        guard tokens.takes(sign: "(") else { return try comparison() }
        let inner = try expression(depth: depth + 1)
        guard tokens.takes(sign: ")") else {
            throw ExpressionError(
                offset: tokens.offset, message: "the parenthesis is not closed", remedy: "write a ) here")
        }
        return inner
    }

    // MARK: - Comparisons

    private mutating func comparison() throws(ExpressionError) -> Condition {
        comparisons += 1
        guard let subject = tokens.takeWord() else {
            throw ExpressionError(
                offset: tokens.offset, message: "a comparison is missing", remedy: "write one, such as app = headscale")
        }
        guard comparisons <= Self.comparisonLimit else {
            throw ExpressionError(
                offset: subject.offset, message: "there are more than \(Self.comparisonLimit) comparisons",
                remedy: "use * in a pattern, or make two destinations of it")
        }
        guard let sign = tokens.takeComparison() else {
            throw ExpressionError(
                offset: tokens.offset, message: "a comparison is missing behind \(subject.text)",
                remedy: "write = or != and a value")
        }
        guard let value = tokens.takeValue() else {
            throw ExpressionError(
                offset: tokens.offset, message: "there is nothing to compare \(subject.text) with",
                remedy: "write a word, or text in quotation marks")
        }
        if subject.text == "severity" { return try severity(sign, value) }
        guard sign.text == "=" || sign.text == "!=" else {
            throw ExpressionError(
                offset: sign.offset, message: "\(sign.text) is for severities only", remedy: "write = or !=")
        }
        let condition = try equality(subject, value)
        return sign.text == "=" ? condition : .not(condition)
    }

    private func severity(_ sign: Token, _ value: Token) throws(ExpressionError) -> Condition {
        guard let severity = Condition.severity(named: value.text) else {
            throw ExpressionError(
                offset: value.offset, message: "\(value.text) is no severity",
                remedy: "there are \(Condition.severityNames.joined(separator: ", "))")
        }
        switch sign.text {
        case "=": return .severity(severity)
        case "!=": return .not(.severity(severity))
        case ">=": return .atLeast(severity: severity)
        case ">": return .all([.atLeast(severity: severity), .not(.severity(severity))])
        case "<=": return .any([.not(.atLeast(severity: severity)), .severity(severity)])
        default: return .not(.atLeast(severity: severity))
        }
    }

    private func equality(_ subject: Token, _ value: Token) throws(ExpressionError) -> Condition {
        if subject.text == "facility" {
            guard let facility = Condition.facility(named: value.text) else {
                throw ExpressionError(
                    offset: value.offset, message: "\(value.text) is no facility",
                    remedy: "there are \(Condition.facilityNames.joined(separator: ", "))")
            }
            return .facility(facility)
        }
        guard let pattern = Pattern(value.text) else {
            throw ExpressionError(
                offset: value.offset, message: "the pattern is longer than \(Pattern.lengthLimit) octets",
                remedy: "write a shorter one with * in it")
        }
        if let field = Condition.Field(rawValue: subject.text) { return .field(field, pattern) }
        let names = subject.text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard names.count == 2, names.allSatisfy({ !$0.isEmpty }) else {
            let fields = Condition.Field.allCases.map(\.rawValue).joined(separator: ", ")
            throw ExpressionError(
                offset: subject.offset, message: "\(subject.text) is no field",
                remedy: "there are severity, facility, \(fields), and ELEMENT.PARAMETER such as headscale.event")
        }
        return .parameter(element: Array(names[0].utf8), name: Array(names[1].utf8), pattern.escaped)
    }
}
