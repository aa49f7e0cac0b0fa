import Batch
import Syslog

extension Timestamp {
    /// The time of the machine's clock, UTC.
    static func now() -> Timestamp {
        let nanoseconds = Clock.wall()
        return Timestamp(
            seconds: Int64(nanoseconds / 1_000_000_000), microseconds: Int(nanoseconds / 1000 % 1_000_000))
    }
}
