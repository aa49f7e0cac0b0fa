import Testing

@testable import Redaction

@Suite struct RuleSetTests {
    @Test func namesAreKebabCaseAndUnique() {
        let names = RuleSet.all.rules.map(\.name)
        #expect(Set(names).count == names.count)
        for name in names {
            #expect(name.allSatisfy { $0.isLowercase || $0 == "-" } && !name.hasPrefix("-") && !name.hasSuffix("-"))
        }
    }
}
