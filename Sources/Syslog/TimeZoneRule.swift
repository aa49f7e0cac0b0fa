/// How a zone's local time relates to UTC: for time stamps that do not say it (RFC 3164 section 4.1.2).
///
/// Either one fixed offset, or the transitions of a TZif file with the rule in its footer for the time after them. The
/// value is immutable and does no I/O; ``TimeZoneRule/named(_:directory:)`` reads the system's zone files.
public struct TimeZoneRule: Sendable {
    /// Instants, in seconds since 1970, at which ``offsets`` changes; ascending.
    let transitions: [Int64]
    /// `offsets[i]` holds before `transitions[i]`, the last one after all of them. Seconds, local time minus UTC.
    let offsets: [Int32]
    /// What holds from the last transition on.
    let rule: PosixTimeZone?

    /// UTC.
    public static let utc = TimeZoneRule(offsetSeconds: 0)

    /// A zone that is always `offsetSeconds` (less than 24 hours) ahead of UTC.
    public init(offsetSeconds: Int) {
        precondition(abs(offsetSeconds) < 86_400, "the offset must be less than a day")
        self.init(transitions: [], offsets: [Int32(offsetSeconds)], rule: nil)
    }

    init(transitions: [Int64], offsets: [Int32], rule: PosixTimeZone?) {
        precondition(offsets.count == transitions.count + 1)
        self.transitions = transitions
        self.offsets = offsets
        self.rule = rule
    }

    // MARK: - Conversion

    /// Local time minus UTC, in seconds, at an instant given in seconds since 1970.
    public func offsetSeconds(at seconds: Int64) -> Int {
        if transitions.isEmpty && rule == nil { return Int(offsets[0]) }
        if let rule, transitions.last.map({ seconds >= $0 }) ?? true { return rule.offsetSeconds(at: seconds) }
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= seconds { low = middle + 1 } else { high = middle }
        }
        return Int(offsets[low])
    }

    /// The offset at the moment at which a clock of this zone shows `localSeconds` (seconds since 1970-01-01T00:00:00
    /// on that clock).
    ///
    /// A time that is shown twice, when clocks are set back, is the one of the two that is nearer to the instant
    /// `near`. A time that is never shown, when clocks are set forward, is taken on the clock as it was before: 02:30
    /// becomes 03:30. Zones do not change twice within two days.
    public func offsetSeconds(local localSeconds: Int64, near: Int64) -> Int {
        if transitions.isEmpty && rule == nil { return Int(offsets[0]) }
        let before = offsetSeconds(at: localSeconds - 86_400)
        let after = offsetSeconds(at: localSeconds + 86_400)
        if before == after { return before }
        let early = localSeconds - Int64(before)
        let late = localSeconds - Int64(after)
        let earlyHolds = offsetSeconds(at: early) == before
        let lateHolds = offsetSeconds(at: late) == after
        if earlyHolds && lateHolds { return abs(late - near) < abs(early - near) ? after : before }
        return lateHolds ? after : before
    }
}

/// Why a zone cannot be used.
public struct TimeZoneError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong.
    public enum Code: String, Sendable {
        /// The name could not be one of a zone.
        case badName = "bad-name"
        /// There is no such zone file, or it cannot be read.
        case notFound = "not-found"
        /// The file is not a TZif file, or a damaged one.
        case badFile = "bad-file"
        /// The file counts leap seconds ("right/" zones), which system clocks do not.
        case leapSeconds = "leap-seconds"
    }

    public let code: Code
    private let reason: String

    init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    public static func == (one: TimeZoneError, other: TimeZoneError) -> Bool { one.code == other.code }
    public func hash(into hasher: inout Hasher) { hasher.combine(code) }

    /// What is wrong and what to do about it.
    public var description: String { reason }
}
