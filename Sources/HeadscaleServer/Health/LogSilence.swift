/// Notices that Headscale's log has gone silent: no record for five times as long as there usually is none, and for five
/// minutes at least, while the server itself is up. Either the way of the records is broken, or somebody has cut it.
///
/// How long there usually is none is the median of the last gaps. Time is looked at in steps of ten seconds, so that the
/// many lines that one event leaves do not count as a chatty log.
struct LogSilence: Sendable {
    /// Seconds of a step.
    static let step: Int64 = 10
    /// Seconds of silence that are always fine.
    static let leastLimit: Int64 = 300
    /// Times the usual gap.
    static let factor: Int64 = 5
    /// Gaps that are remembered, and gaps without which nothing is known.
    static let gapLimit = 64
    static let gapsNeeded = 8

    enum Change: Equatable {
        /// For so many seconds there is no record, where there usually is one within `limit`.
        case began(seconds: Int64, limit: Int64)
        /// A record has come after so many seconds.
        case ended(seconds: Int64)
    }

    private(set) var isSilent = false
    private var lastRecord: Int64?
    /// From when on silence counts: the server came up then.
    private var start: Int64 = 0
    private var gaps: [Int64] = []

    /// The server has come up, and starts to write.
    mutating func restart(at now: Int64) {
        start = now
    }

    /// Takes when the last record came. All times are seconds of the monotonic clock.
    mutating func tick(lastRecord new: Int64?, isUp: Bool, at now: Int64) -> Change? {
        guard let new else { return nil }
        let before = lastRecord
        if before.map({ $0 < new }) ?? true {
            lastRecord = new
            if isSilent, let before {
                isSilent = false
                return .ended(seconds: new - before)
            }
            if let before { note(gap: new / Self.step - before / Self.step) }
        }
        let silent = now - max(new, start)
        guard isUp, !isSilent, let limit, silent > limit else { return nil }
        isSilent = true
        return .began(seconds: now - new, limit: limit)
    }

    private mutating func note(gap steps: Int64) {
        guard steps > 0 else { return }
        if gaps.count == Self.gapLimit { gaps.removeFirst() }
        gaps.append(steps * Self.step)
    }

    /// Seconds of silence beyond which something is wrong; nil while that is not known.
    var limit: Int64? {
        guard gaps.count >= Self.gapsNeeded else { return nil }
        return max(Self.leastLimit, Self.factor * gaps.sorted()[gaps.count / 2])
    }
}
