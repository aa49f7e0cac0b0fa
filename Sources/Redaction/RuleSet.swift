/// The rules that a ``RedactionEngine`` applies, in the order in which they are tried and, for equal places, reported.
public struct RuleSet: Sendable {
    /// The most patterns that the rules may have between them.
    public static let patternLimit = 64

    /// The rules. Their place in this array is their number in ``RedactionStatistics``.
    public let rules: [RedactionRule]

    /// The rules of `packs`.
    public init(_ packs: [RedactionPack]) {
        rules = RedactionPack.allCases.filter(packs.contains).flatMap(\.rules)
    }

    /// Every rule there is, with its pack and a one-line summary: for the manual and for `check`.
    public static let all = RuleSet(RedactionPack.allCases)
}
