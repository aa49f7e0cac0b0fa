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

extension PeerAddress {
    /// The address as a string, for people.
    var text: String {
        let span = bytes
        return String(
            decoding: (0..<span.byteCount).map { unsafe span.unsafeLoad(fromByteOffset: $0, as: UInt8.self) },
            as: UTF8.self)
    }
}
