/// One kind of secret: how it is found and by what name it is reported.
///
/// A rule has patterns. Each pattern has *gates*, simple expressions around a literal that are looked for in all bytes
/// at once, and one RE2 *expression*, which decides and says where the secret is. Every match of the expression must
/// contain a match of one of the gates; the reverse need not be so. That keeps a clean record at the price of one pass.
public struct RedactionRule: Sendable {
    /// In `kebab-case`, and stable: it appears in records as `[redacted@PEN rule="…" n="…"]`.
    public let name: String
    /// The pack that switches the rule on.
    public let pack: RedactionPack
    /// What is removed, in one line, for the manual.
    public let summary: String
    let patterns: [RedactionPattern]

    init(_ name: String, _ pack: RedactionPack, _ summary: String, _ patterns: RedactionPattern...) {
        self.name = name
        self.pack = pack
        self.summary = summary
        self.patterns = patterns
    }
}

/// A group of rules that is switched on or off as one.
public enum RedactionPack: String, CaseIterable, Sendable {
    /// Keys, tokens, passwords and whatever else lets its holder in.
    case credentials

    /// The pack's rules, in the order in which they are tried.
    public var rules: [RedactionRule] {
        switch self {
        case .credentials: RedactionRule.credentials
        }
    }
}

/// One way in which a rule's secret occurs.
struct RedactionPattern: Sendable {
    /// Where the secret is, given a match.
    enum Extent: Sendable {
        /// It is the group `secret`, if it is at least `minimum` bytes long and, with `random`, does not look like a
        /// word.
        case group(minimum: Int, random: Bool)
        /// The group `secret` is empty and marks where a value begins, which ``ValueGrammar`` delimits.
        case value(ValueStyle)
    }

    /// Vectorscan expressions.
    let gates: [StaticString]
    /// An RE2 expression with a group `secret`.
    let expression: StaticString
    let extent: Extent

    /// A pattern whose group is the secret.
    static func secret(
        gates: StaticString..., expression: StaticString, minimum: Int = 1, random: Bool = false
    ) -> RedactionPattern {
        RedactionPattern(gates: gates, expression: expression, extent: .group(minimum: minimum, random: random))
    }

    /// A pattern whose group marks the beginning of a value.
    static func value(gates: StaticString..., expression: StaticString, style: ValueStyle = .plain) -> RedactionPattern
    {
        RedactionPattern(gates: gates, expression: expression, extent: .value(style))
    }
}

/// What kind of value follows a name.
enum ValueStyle: Sendable {
    /// One value: quoted, or up to where it plausibly ends.
    case plain
    /// `Scheme credentials` (RFC 9110 section 11.4); a known scheme stays.
    case credentials
    /// `name=value; name=value` (RFC 6265).
    case cookies
}
