/// Rules, compiled once at start and then shared by every ``Redactor``. It takes a few tens of milliseconds to build
/// and about 200 KiB.
public final class RedactionEngine: Sendable {
    /// The rules that it applies.
    public let ruleSet: RuleSet
    /// The private enterprise number in `[redacted@PEN …]`.
    public let pen: UInt32

    /// A pattern with what is needed to apply it; its place in ``patterns`` is the number of its gates.
    struct Pattern: Sendable {
        let rule: Int
        let expression: CaptureExpression
        let extent: RedactionPattern.Extent
    }

    let patterns: [Pattern]
    /// Nil if there are no rules: then nothing is ever redacted.
    let database: PatternDatabase?

    /// An engine for the rules of `packs`, which marks records under the private enterprise number `pen` (32473 is the
    /// documentation's, RFC 5612). Throws if the processor or memory does not allow it.
    public convenience init(_ packs: [RedactionPack], pen: UInt32 = 32473) throws(RedactionError) {
        try self.init(RuleSet(packs), pen: pen)
    }

    /// An engine for `ruleSet`.
    public init(_ ruleSet: RuleSet, pen: UInt32 = 32473) throws(RedactionError) {
        self.ruleSet = ruleSet
        self.pen = pen
        var patterns: [Pattern] = []
        var gates: [(expression: StaticString, id: Int)] = []
        for (number, rule) in ruleSet.rules.enumerated() {
            for pattern in rule.patterns {
                for gate in pattern.gates { gates.append((gate, patterns.count)) }
                patterns.append(
                    Pattern(
                        rule: number, expression: try CaptureExpression(pattern.expression), extent: pattern.extent))
            }
        }
        guard patterns.count <= RuleSet.patternLimit else {
            throw RedactionError(
                .tooManyPatterns,
                "\(patterns.count) redaction patterns are more than \(RuleSet.patternLimit): switch a pack off")
        }
        self.patterns = patterns
        database = patterns.isEmpty ? nil : try PatternDatabase(gates)
    }
}
