public import Batch
import Seal
import Syslog

/// The record by which the log itself says that records of it are gone, MSGID `LOSS`:
///
///     <107>1 TIME HOST waxwing PID LOSS [waxwing-loss@PEN from="17" n="42" reason="damage"] records 17..41 are lost
///
/// `from` is the first index that is lost, `n` the one behind the last, as in a seal.
public struct LossRecord: Sendable {
    public enum Reason: String, Sendable {
        /// Their block is damaged, or their segment is gone.
        case damage
        /// They were deleted to make room before every destination had them.
        case retention
    }

    public let indexes: Range<UInt64>
    public let reason: Reason

    public init(_ indexes: Range<UInt64>, _ reason: Reason) {
        self.indexes = indexes
        self.reason = reason
    }

    /// A batch that holds this record alone. `options` say whose it is; `now` is in milliseconds since 1970.
    public func batch(_ options: LedgerOptions, now: Int64) -> Batch {
        var batch = Batch(byteCapacity: 2 * Batch.lineLimit, recordCapacity: 1)
        batch.append { writer in
            writer.append(Array(head(options, now).utf8))
            let split = writer.count
            writer.append(Array(" records \(indexes.lowerBound)..\(indexes.upperBound - 1) are lost".utf8))
            return (split, 0)
        }
        return batch
    }

    private func head(_ options: LedgerOptions, _ now: Int64) -> String {
        "<107>1 \(SealTime(clamping: now)) \(options.hostname) waxwing \(options.processID) LOSS "
            + "[waxwing-loss@\(options.enterpriseNumber) from=\"\(indexes.lowerBound)\" n=\"\(indexes.upperBound)\""
            + " reason=\"\(reason.rawValue)\"]"
    }
}
