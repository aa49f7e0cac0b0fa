import Batch
import Ledger
import Logging
import Settings
import Telemetry

/// Makes the keeper of the ledger, and logs what it does.
struct KeeperSetup {
    let logger: Logger

    func make(
        _ settings: Settings, ledger: Ledger, queue: BatchQueue, ledgerCounters: LedgerCounters,
        counters: KeeperCounters
    ) throws -> Keeper {
        let logger = logger
        let folder = ledger.access.layout.directory
        if let problem = Self.budgetProblem(settings, freeBytes: FreeSpace.bytes) {
            logger.warning("\(problem)", metadata: ["remedy": "make retention.disk smaller, or the disk larger"])
        }
        return try Keeper(
            Relay.ledgerOptions(settings), Self.policy(settings.retention),
            destinations: settings.destinations.flatMap { SharedCursors.names($0.name, shares: $0.shares) },
            ledger: ledger, queue: queue,
            ledgerCounters: ledgerCounters, counters: counters,
            freeBytes: { FreeSpace.bytes(of: folder) }, report: { Self.log($0, logger) })
    }

    /// What is wrong with the disk budget, given what the disk of the ledger has; nil if nothing is.
    static func budgetProblem(_ settings: Settings, freeBytes: (String) -> UInt64?) -> String? {
        guard let budget = settings.retention.diskBytes, let free = freeBytes(settings.data) else { return nil }
        let used = DiskUse.bytes(of: settings.data)
        guard used + free < UInt64(budget) else { return nil }
        return "retention.disk is \(budget) bytes, but the ledger has \(used) and its disk only \(free) more"
    }

    static func policy(_ settings: Settings.Retention) -> RetentionPolicy {
        var policy = RetentionPolicy()
        policy.age = settings.age.map { $0.nanoseconds / 1_000_000 }
        policy.textBytes = settings.sizeBytes.map { UInt64($0) }
        policy.hashes = settings.hashes.nanoseconds / 1_000_000
        policy.diskBytes = settings.diskBytes.map { UInt64($0) }
        policy.whenFull = settings.whenFull == .stop ? .stop : .dropOldest
        policy.compresses = settings.compresses
        return policy
    }

    private static func log(_ event: Keeper.Event, _ logger: Logger) {
        switch event {
        case .deleted(let indexes, let reason):
            logger.info("records were deleted", metadata: metadata(indexes, ["reason": "\(reason)"]))
        case .lost(let indexes, let destinations):
            logger.error(
                "the disk is full: records were deleted although destinations do not have them",
                metadata: metadata(indexes, ["destinations": "\(destinations.joined(separator: ", "))"]))
        case .compressed(let first, let before, let after):
            logger.debug(
                "a segment was compressed",
                metadata: ["first_index": "\(first)", "before": "\(before)", "after": "\(after)"])
        case .damaged(let path):
            logger.error(
                "a segment is damaged; it stays as it is",
                metadata: ["segment": "\(path)", "remedy": "waxwing ledger repair"])
        case .level(let level, let use): log(level, use, logger)
        case .failed(let error):
            logger.error("looking after the ledger failed; it is tried again", metadata: ["error": "\(error)"])
        }
    }

    private static func log(_ level: DiskUse.Level, _ use: DiskUse, _ logger: Logger) {
        let metadata: Logger.Metadata = [
            "used_octets": "\(use.used)", "usable_octets": "\(use.usable)", "per_cent": "\(use.share)",
        ]
        switch level {
        case .ample: logger.notice("the ledger has ample room again", metadata: metadata)
        case .warning: logger.warning("the ledger has used 80 % of its disk budget", metadata: metadata)
        case .critical: logger.error("the ledger has used 95 % of its disk budget", metadata: metadata)
        case .full:
            logger.critical(
                "the ledger's disk budget is used up: no records are taken until there is room", metadata: metadata)
        }
    }

    private static func metadata(_ indexes: Range<UInt64>, _ more: Logger.Metadata) -> Logger.Metadata {
        more.merging(["first_index": "\(indexes.lowerBound)", "last_index": "\(indexes.upperBound - 1)"]) { $1 }
    }
}
