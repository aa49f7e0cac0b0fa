/// How full a queue is, in what matters to somebody: warnings before it is full, and what is left out first.
struct FillLevel {
    /// Parts of the limit, in hundredths, that are worth a warning.
    static let thresholds = [70, 90]
    /// A threshold counts as passed again only when the queue was this much, in hundredths of its limit, below it.
    private static let slack = 20

    private var passed = Array(repeating: false, count: thresholds.count)

    /// Notes that `byteCount` of `limit` are in use. Returns the highest threshold that was passed by that.
    mutating func note(_ byteCount: Int, of limit: Int) -> Int? {
        let percent = Self.percent(byteCount, of: limit)
        var new: Int?
        for (place, threshold) in Self.thresholds.enumerated() {
            if percent >= threshold, !passed[place] {
                passed[place] = true
                new = threshold
            } else if percent < threshold - Self.slack {
                passed[place] = false
            }
        }
        return new
    }

    /// The least severe severity (RFC 5424 table 2) that still gets in where the least severe records are left out
    /// first: all below 70 %, then one less with each 5 %, so that from 95 % on only alerts and emergencies do; -1, which
    /// none is, for a full queue.
    static func leastSevere(_ byteCount: Int, of limit: Int) -> Int {
        let percent = percent(byteCount, of: limit)
        switch percent {
        case ..<70: return 7
        case 100...: return -1
        default: return 6 - (percent - 70) / 5
        }
    }

    private static func percent(_ byteCount: Int, of limit: Int) -> Int { byteCount * 100 / limit }
}
