import Batch
import Logging
import Telemetry

/// Says that the queue in front of the ledger fills up, before it is full and something bites.
enum QueueWarnings {
    /// A queue of `byteLimit` that warns in the log and on the metrics.
    static func queue(byteLimit: Int, _ registry: MetricsRegistry, _ logger: Logger) -> BatchQueue {
        let warnings = registry.counter(
            "waxwing_queue_warnings_total", "Times the queue in front of the ledger came to 70 or 90 % of its limit.")
        return BatchQueue(byteLimit: byteLimit) { percent in
            warnings.add()
            logger.warning(
                "the queue in front of the ledger fills up: the disk or the processor does not keep pace",
                metadata: ["percent": "\(percent)", "limit_octets": "\(byteLimit)", "remedy": "\(remedy)"])
        }
    }

    private static let remedy =
        "when it is full, listeners do what when_full says; raise queue for bursts, or look at waxwing_ledger_* and the disk"

    static func observe(_ queue: BatchQueue, _ registry: MetricsRegistry) {
        registry.observe("waxwing_queue_octets", "Octets that wait for the ledger.") { Int64(queue.byteCount) }
        registry.observe("waxwing_queue_limit_octets", "Octets at which the queue is full.") { Int64(queue.byteLimit) }
        registry.observe("waxwing_lost_records_total", "Records lost before the ledger.", type: "counter") {
            Int64(queue.lostRecords)
        }
    }
}
