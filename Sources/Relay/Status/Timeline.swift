/// When records became durable, and how many octets there were by then: what it takes to say how far a destination is
/// behind, in time and in octets. Remembers a moment a second, and fewer the longer ago they are.
struct Timeline {
    struct Moment: Equatable {
        /// Index behind the newest durable record.
        var nextIndex: UInt64
        /// Octets written to the ledger since the relay was started.
        var octets: UInt64
        /// Milliseconds since 1970.
        var time: UInt64
    }

    /// Moments remembered at most.
    static let limit = 4096

    private var moments: [Moment]
    /// The least time between two of them, in milliseconds.
    private var spacing: UInt64 = 1000

    /// A timeline that begins with the relay.
    init(_ start: Moment) { moments = [start] }

    /// Notes how things stand.
    mutating func note(_ moment: Moment) {
        guard let last = moments.last, moment.nextIndex > last.nextIndex, moment.time >= last.time + spacing else {
            return
        }
        moments.append(moment)
        guard moments.count > Self.limit else { return }
        // The first one stays: with it the relay began.
        moments = moments.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
        spacing *= 2
    }

    /// Octets of the records from `index` on, of `total` written since the start, and when the first of them became
    /// durable; nil for records that were there before.
    func find(_ index: UInt64, total: UInt64) -> (octets: UInt64, time: UInt64)? {
        guard index >= moments[0].nextIndex else { return nil }
        var (low, high) = (0, moments.count)
        while low < high {
            let middle = (low + high) / 2
            if moments[middle].nextIndex <= index { low = middle + 1 } else { high = middle }
        }
        let before = moments[low - 1]
        return (total - min(total, before.octets), low < moments.count ? moments[low].time : before.time)
    }
}

/// How fast a counter grows, over the last minute.
struct RateMeter {
    /// Milliseconds over which the rate is taken.
    static let window: UInt64 = 60_000

    private var samples: [(time: UInt64, count: UInt64)] = []

    /// Notes the count at `time`, in milliseconds of a clock that never goes back.
    mutating func note(_ count: UInt64, at time: UInt64) {
        // Whoever asks often makes no more of them.
        if samples.count > 1, time < samples[samples.count - 2].time + 1000 { samples.removeLast() }
        samples.append((time, count))
        while samples.count > 2, samples[1].time + Self.window <= time { samples.removeFirst() }
    }

    /// How much it grows in a second.
    var perSecond: UInt64 {
        guard let first = samples.first, let last = samples.last, last.time > first.time else { return 0 }
        return (last.count - first.count) * 1000 / (last.time - first.time)
    }
}
