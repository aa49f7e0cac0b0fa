/// A secret that is to be replaced.
struct SecretHit: Equatable {
    /// Its bytes, counted from the line's first.
    var range: Range<Int>
    /// The number of the rule that found it.
    var rule: Int
    /// The quotes that the replacement needs, as a number of backslashes before each; nil for none.
    var quotes: Int?

    /// The octets that take its place.
    var replacementLength: Int {
        Redactor.placeholder.utf8CodeUnitCount + (quotes.map { 2 * $0 + 2 } ?? 0)
    }
}

/// The secrets of one line.
struct SecretHits: Equatable {
    /// The most secrets that a line may have; one with more is replaced as a whole.
    static let limit = 256

    private var hits: [SecretHit] = []

    init() {
        hits.reserveCapacity(Self.limit)
    }

    var count: Int { hits.count }
    var isEmpty: Bool { hits.isEmpty }
    subscript(index: Int) -> SecretHit { hits[index] }

    mutating func removeAll() {
        hits.removeAll(keepingCapacity: true)
    }

    /// Adds a hit, unless there are too many.
    mutating func append(_ hit: SecretHit) -> Bool {
        guard hits.count < Self.limit else { return false }
        hits.append(hit)
        return true
    }

    /// Sorts by place and makes one of those that overlap or touch. The hit that begins first gives it its rule; of two
    /// that begin together, the one whose rule comes first.
    mutating func normalize() {
        for index in hits.indices.dropFirst() {
            let hit = hits[index]
            var place = index
            while place > 0, hit.isBefore(hits[place - 1]) {
                hits[place] = hits[place - 1]
                place -= 1
            }
            hits[place] = hit
        }
        var kept = 0
        for index in hits.indices.dropFirst() {
            let hit = hits[index]
            guard hit.range.lowerBound <= hits[kept].range.upperBound else {
                kept += 1
                hits[kept] = hit
                continue
            }
            if hit.range.upperBound > hits[kept].range.upperBound {
                hits[kept].quotes = hit.range.lowerBound == hits[kept].range.lowerBound ? hit.quotes : nil
                hits[kept].range = hits[kept].range.lowerBound..<hit.range.upperBound
            } else if hit.range == hits[kept].range {
                hits[kept].quotes = hits[kept].quotes ?? hit.quotes
            }
        }
        if !hits.isEmpty { hits.removeSubrange((kept + 1)...) }
    }

    /// The octets that take the place of the secrets, all together.
    var replacementLength: Int {
        hits.reduce(0) { $0 + $1.replacementLength }
    }

    /// Calls `body` with each rule, in the order of its first hit, and the number of its hits.
    func forEachRule(_ body: (_ rule: Int, _ count: Int) -> Void) {
        var seen: UInt64 = 0
        for (index, hit) in hits.enumerated() where seen & (1 << UInt64(hit.rule)) == 0 {
            seen |= 1 << UInt64(hit.rule)
            var count = 0
            for other in hits[index...] where other.rule == hit.rule { count += 1 }
            body(hit.rule, count)
        }
    }
}

extension SecretHit {
    fileprivate func isBefore(_ other: SecretHit) -> Bool {
        if range.lowerBound != other.range.lowerBound { return range.lowerBound < other.range.lowerBound }
        return rule < other.rule
    }
}
