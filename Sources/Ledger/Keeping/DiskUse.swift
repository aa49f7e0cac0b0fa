/// How much of the disk the ledger has, and how much it may have. All in bytes.
public struct DiskUse: Equatable, Sendable {
    /// How full it is.
    public enum Level: Int, Comparable, Sendable {
        case ample, warning, critical, full

        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// What everything in the ledger's folder takes.
    public let used: UInt64
    /// What it may take before records are refused: the budget, or what the disk has if that is less, without the
    /// room that is kept for seals, notices, the next segment, compression, and what was taken already and waits in the
    /// queue, which a stop writes.
    public let usable: UInt64

    /// Segments that are kept free.
    static let headroomSegments: UInt64 = 2
    private static let thresholds: [(share: UInt64, level: Level)] = [(100, .full), (95, .critical), (80, .warning)]
    /// Per cent that the use has to fall below a threshold before it counts as below it.
    private static let hysteresis: UInt64 = 5

    init(used: UInt64, usable: UInt64) {
        self.used = used
        self.usable = usable
    }

    /// - Parameters:
    ///   - budget: What everything may take; nil for no limit but the disk's.
    ///   - free: What the disk has left; nil if that is not known.
    ///   - queue: What may wait in front of the ledger.
    public init(used: UInt64, budget: UInt64?, free: UInt64?, segment: UInt64, queue: UInt64) {
        let limit = min(budget ?? .max, free.map { used &+ min($0, .max - used) } ?? .max)
        let headroom = Self.headroomSegments * segment + queue
        self.init(used: used, usable: limit > headroom ? limit - headroom : 0)
    }

    /// Bytes of a file, or of all that is in a folder. What cannot be looked at, or goes meanwhile, counts for nothing.
    /// Folders below `depth` are not looked into: links may lead in circles.
    public static func bytes(
        of path: String, depth: Int = 5, _ system: any FileSystem = DiskFileSystem()
    ) -> UInt64 {
        if depth > 0, let names = try? system.list(path) {
            return names.reduce(0) { $0 + bytes(of: "\(path)/\($1)", depth: depth - 1, system) }
        }
        return (try? system.open(path, .read).size()) ?? 0
    }

    /// Bytes that may still be written; less than none if there are too many.
    var room: Int64 { Int64(clamping: usable) - Int64(clamping: used) }

    /// How full it is in per cent.
    public var share: UInt64 { usable == 0 ? 100 : UInt64(Double(used) / Double(usable) * 100) }

    /// How full it is, where it was `before`: up at once, down when it is clearly below.
    func level(after before: Level) -> Level {
        for (threshold, level) in Self.thresholds {
            let bound = level <= before ? threshold - Self.hysteresis : threshold
            if share >= bound { return level }
        }
        return .ample
    }

    /// Bytes that have to go before it is less than critical.
    var excess: UInt64 {
        let bound = usable / 100 * 95
        return used > bound ? used - bound : 0
    }
}
