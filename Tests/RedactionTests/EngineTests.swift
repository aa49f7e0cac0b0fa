import Testing

@testable import Redaction

@Suite struct EngineTests {
    @Test func aBadGateIsAnError() {
        #expect(throws: RedactionError(.badPattern, "")) { try PatternDatabase([("abc", 0), ("(", 1)]) }
        do {
            _ = try PatternDatabase([("abc", 0), ("a(", 1)])
        } catch {
            #expect(error.message.hasSuffix("in a("))
        }
    }

    @Test(arguments: ["(", "no group", "(?<secret"] as [StaticString]) func aBadExpressionIsAnError(
        _ text: StaticString
    ) {
        #expect(throws: RedactionError(.badPattern, "")) { try CaptureExpression(text) }
    }

    @Test func theNamedGroupIsReportedOrTheFirst() throws {
        let bytes = Array("xx ab".utf8)
        let named = try CaptureExpression("(a)(?P<secret>b)").find(in: unsafe bytes.span.bytes, from: 0)
        #expect(named == .match(CaptureExpression.Match(whole: 3..<5, secret: 4..<5)))
        let first = try CaptureExpression("(a)(b)").find(in: unsafe bytes.span.bytes, from: 0)
        #expect(first == .match(CaptureExpression.Match(whole: 3..<5, secret: 3..<4)))
    }

    @Test func aSearchGoesOnFromItsOffset() throws {
        let bytes = Array("ab ab".utf8)
        let expression = try CaptureExpression(#"\b(ab)"#)
        let outcomes = [1, 4, 6].map { expression.find(in: unsafe bytes.span.bytes, from: $0) }
        #expect(outcomes == [.match(.init(whole: 3..<5, secret: 3..<5)), .none, .failed])
    }

    @Test func aScanReportsEveryHitOrOverflow() throws {
        let database = try PatternDatabase([("ab", 3), ("b.", 5)])
        let bytes = Array("ab abc".utf8)
        var scanner = PatternScanner(database, capacity: 4)
        let outcome = scanner.scan(unsafe bytes.span.bytes)
        #expect(outcome == .complete)
        var hits: Set<Int> = []
        for index in 0..<scanner.count { hits.insert(scanner.hit(index).id * 100 + scanner.hit(index).end) }
        #expect(hits == [302, 503, 305, 506])
        var small = PatternScanner(database, capacity: 3)
        let overflow = small.scan(unsafe bytes.span.bytes)
        let count = small.count
        let patterns = small.patterns(in: unsafe bytes.span.bytes)
        #expect(overflow == .overflow)
        #expect(count == 3)
        #expect(patterns == 1 << 3 | 1 << 5)
    }

    /// The literal that only keeps compilation short is never reported.
    @Test func theSentinelIsNoHit() throws {
        let bytes = [0] + Array("cpattern".utf8) + [0]
        var scanner = PatternScanner(engine.database, capacity: 4)
        let outcome = scanner.scan(unsafe bytes.span.bytes)
        let count = scanner.count
        let patterns = scanner.patterns(in: unsafe bytes.span.bytes)
        #expect(outcome == .complete)
        #expect(count == 0)
        #expect(patterns == 0)
    }

    @Test func everyRuleIsListed() {
        #expect(RuleSet.all.rules.count == RuleSet([.credentials]).rules.count)
        #expect(RuleSet.all.rules.flatMap(\.patterns).count <= RuleSet.patternLimit)
        for rule in RuleSet.all.rules {
            #expect(!rule.summary.isEmpty && !rule.summary.contains("\n") && rule.summary.count <= 120)
        }
        #expect(RuleSet([]).rules.isEmpty)
    }
}
