/// Decides which lines of a log are written, so that whoever can cause an event cannot flood the log with it.
///
/// Each kind of line may come ``burst`` times at once and then once a second; what is left out is counted and said with
/// the next line of its kind.
struct LogLimiter {
    static let burst = 10
    /// Kinds that are told apart; with more, all begin anew.
    static let kindLimit = 256
    private static let interval: UInt64 = 1_000_000_000

    private struct Kind {
        /// When as many lines will be allowed again as have been written too early.
        var paidUntil: UInt64
        var suppressed = 0
    }

    private var kinds: [Int: Kind] = [:]

    /// Whether a line of `kind` is to be written at `now` (nanoseconds of a clock that does not go back): nil if not,
    /// else how many of its kind were left out before.
    mutating func admit(_ kind: Int, at now: UInt64) -> Int? {
        if kinds.count >= Self.kindLimit, kinds[kind] == nil { kinds.removeAll() }
        var entry = kinds[kind] ?? Kind(paidUntil: now)
        defer { kinds[kind] = entry }
        let next = max(entry.paidUntil, now) + Self.interval
        guard next <= now + UInt64(Self.burst) * Self.interval else {
            entry.suppressed += 1
            return nil
        }
        entry.paidUntil = next
        defer { entry.suppressed = 0 }
        return entry.suppressed
    }
}
