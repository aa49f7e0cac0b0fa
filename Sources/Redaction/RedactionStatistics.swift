/// What one ``Redactor`` has done since it was made.
public struct RedactionStatistics: Equatable, Sendable {
    /// Records from which at least one secret was removed.
    public var recordsRedacted: UInt64 = 0
    /// Records that were replaced as a whole, because an engine failed or the record had too many secrets.
    public var engineErrors: UInt64 = 0
    /// Secrets removed, by the number of the rule in ``RuleSet/rules``.
    public var secretsByRule: [UInt64]

    init(rules: Int) {
        secretsByRule = Array(repeating: 0, count: rules)
    }

    /// Secrets removed in all.
    public var secrets: UInt64 { secretsByRule.reduce(0, +) }
}

/// What was done to one line of text.
public struct RedactionReport: Equatable, Sendable {
    /// One rule's part in it.
    public struct Entry: Equatable, Sendable {
        /// The rule's name.
        public var rule: String
        /// How many secrets it removed.
        public var count: Int
    }

    /// The rules that found something, in the order of their first secret in the line.
    public var entries: [Entry] = []
    /// The line could not be examined and was replaced as a whole.
    public var isEngineError = false

    mutating func add(_ count: Int, of rule: String) {
        if let index = entries.firstIndex(where: { $0.rule == rule }) {
            entries[index].count += count
        } else {
            entries.append(Entry(rule: rule, count: count))
        }
    }
}
