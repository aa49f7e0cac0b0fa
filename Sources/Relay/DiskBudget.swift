public import Ledger
public import Settings

/// The disk budget of a configuration.
public enum DiskBudget {
    /// How much of it is used, as far as that shows from outside.
    public static func use(_ settings: Settings) -> DiskUse {
        DiskUse(
            used: DiskUse.bytes(of: settings.data), budget: settings.retention.diskBytes.map { UInt64($0) },
            free: FreeSpace.bytes(of: settings.data), segment: UInt64(settings.stream.segmentBytes),
            queue: UInt64(settings.queueBytes))
    }
}
