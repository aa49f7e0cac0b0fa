/// What one thread has read in Headscale's access log since it handed on its last tally: how many requests ended with
/// which class of status, and how long they took. Adding a request costs no allocation and no lock.
///
/// Headscale's own metrics cannot tell: from 0.29 on they count OPTIONS requests only.
public struct AccessLogTally: Sendable, BitwiseCopyable {
    /// Upper ends of the ranges of durations in microseconds, each about half as long again as the one before: 0.1 ms to
    /// 100 s. What takes longer is in one more range.
    public static let bounds: InlineArray<37, UInt64> = [
        100, 150, 220, 330, 470, 680,
        1_000, 1_500, 2_200, 3_300, 4_700, 6_800,
        10_000, 15_000, 22_000, 33_000, 47_000, 68_000,
        100_000, 150_000, 220_000, 330_000, 470_000, 680_000,
        1_000_000, 1_500_000, 2_200_000, 3_300_000, 4_700_000, 6_800_000,
        10_000_000, 15_000_000, 22_000_000, 33_000_000, 47_000_000, 68_000_000,
        100_000_000,
    ]
    /// The longest duration that is believed, in microseconds: one line must not spoil the sum.
    private static let longest: UInt64 = 3_600_000_000

    /// Requests by the first digit of their status, 0 for one that is none; those that are held open are not among them.
    public private(set) var requests = InlineArray<6, UInt64>(repeating: 0)
    /// The same of requests that are held open for as long as a node is connected.
    public private(set) var longPolls = InlineArray<6, UInt64>(repeating: 0)
    /// Requests by the range in which their duration lies; without long polls, and those that wait for a user.
    public private(set) var durations = InlineArray<38, UInt64>(repeating: 0)
    /// The sum of those durations, in microseconds.
    public private(set) var microseconds: UInt64 = 0
    public private(set) var isEmpty = true

    public init() {}

    /// Adds a request. `isLongPoll` is for those that last as long as a node is connected (`/machine/map`, `/ts2021`);
    /// `elapsedMicroseconds` is nil if the duration says nothing about the server.
    @inline(__always)
    public mutating func note(status: Int, elapsedMicroseconds: UInt64?, isLongPoll: Bool) {
        isEmpty = false
        let statusClass = 100..<600 ~= status ? status / 100 : 0
        guard !isLongPoll else {
            longPolls[statusClass] &+= 1
            return
        }
        requests[statusClass] &+= 1
        guard let elapsedMicroseconds else { return }
        durations[Self.range(of: elapsedMicroseconds)] &+= 1
        microseconds &+= min(elapsedMicroseconds, Self.longest)
    }

    /// The range in which a duration lies: the first whose end is not below it.
    @inline(__always)
    static func range(of microseconds: UInt64) -> Int {
        // No more than three ranges end between two powers of two.
        var range = Int(firstRanges[64 - microseconds.leadingZeroBitCount])
        while range < 37, bounds[range] < microseconds { range += 1 }
        return range
    }

    /// By the number of binary digits, the range of the smallest duration that has so many.
    private static let firstRanges: InlineArray<65, UInt8> = {
        var ranges = InlineArray<65, UInt8>(repeating: 0)
        for digits in 1...64 {
            let smallest = UInt64(1) << UInt64(digits - 1)
            while ranges[digits] < 37, bounds[Int(ranges[digits])] < smallest { ranges[digits] += 1 }
        }
        return ranges
    }()
}

extension RawSpan {
    /// The milliseconds in `range`, with or without a fraction, in whole microseconds; nil if that is not what it is, or
    /// there are too many.
    func microseconds(ofMilliseconds range: Range<Int>) -> UInt64? {
        let point = first(UInt8(ascii: "."), in: range)
        guard let whole = decimal(range.lowerBound..<point), whole < 1 << 50 else { return nil }
        var (microseconds, unit) = (whole * 1_000, UInt64(100))
        for at in range.dropFirst(point + 1 - range.lowerBound) {
            guard byte(at).isDigit else { return nil }
            microseconds += UInt64(byte(at) &- 0x30) * unit
            unit /= 10
        }
        return microseconds
    }
}
