import Testing

@testable import Redaction

@Suite struct SecretHitsTests {
    private func normalized(_ hits: [SecretHit]) -> [SecretHit] {
        var all = SecretHits()
        let added = hits.map { all.append($0) }
        #expect(!added.contains(false))
        all.normalize()
        return (0..<all.count).map { all[$0] }
    }

    private func hit(_ range: Range<Int>, _ rule: Int, _ quotes: Int? = nil) -> SecretHit {
        SecretHit(range: range, rule: rule, quotes: quotes)
    }

    @Test func hitsAreSortedAndMerged() {
        #expect(normalized([]) == [])
        #expect(normalized([hit(5..<7, 1), hit(0..<2, 2)]) == [hit(0..<2, 2), hit(5..<7, 1)])
        #expect(normalized([hit(0..<9, 1), hit(2..<4, 0)]) == [hit(0..<9, 1)])
        #expect(normalized([hit(0..<4, 1), hit(2..<6, 0)]) == [hit(0..<6, 1)])
        #expect(normalized([hit(0..<4, 1), hit(4..<6, 0)]) == [hit(0..<6, 1)])
        #expect(normalized([hit(0..<4, 3), hit(0..<6, 2)]) == [hit(0..<6, 2)])
        #expect(normalized([hit(0..<4, 1), hit(0..<4, 2, 1)]) == [hit(0..<4, 1, 1)])
        #expect(normalized([hit(0..<4, 1, 0), hit(2..<6, 2)]) == [hit(0..<6, 1)])
    }

    @Test func thereIsALimit() {
        var hits = SecretHits()
        let added = (0...SecretHits.limit).map { hits.append(hit(2 * $0..<2 * $0 + 1, 0)) }
        #expect(added == Array(repeating: true, count: SecretHits.limit) + [false])
        hits.normalize()
        #expect(hits.count == SecretHits.limit)
    }

    @Test func rulesAreCountedInOrder() {
        var hits = SecretHits()
        for (index, rule) in [3, 1, 3, 3, 0].enumerated() { _ = hits.append(hit(9 * index..<9 * index + 1, rule)) }
        hits.normalize()
        var counts: [[Int]] = []
        hits.forEachRule { counts.append([$0, $1]) }
        #expect(counts == [[3, 3], [1, 1], [0, 1]])
    }
}
