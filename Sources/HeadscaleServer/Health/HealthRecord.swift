import Headscale
import Syslog

/// How grave a record about the server's health is.
enum HealthSeverity: Int {
    case critical = 2
    case error = 3
    case warning = 4
    /// Something has got well, or has changed for no worse.
    case good = 5

    /// zerolog's word for it.
    fileprivate var level: String {
        switch self {
        case .critical: "fatal"
        case .error: "error"
        case .warning: "warn"
        case .good: "info"
        }
    }
}

extension StateRecord {
    /// A record about the server's health: an event of the list of events, what it concerns, and what a person reads.
    static func health(
        _ event: String, _ severity: HealthSeverity, _ parameters: [(name: String, value: String)], _ text: String,
        category: String = "internal"
    ) -> StateRecord {
        StateRecord(
            severity: severity.rawValue, event: event,
            parameters: [
                ("outcome", severity == .good ? "success" : "failure"), ("category", category), ("service", "health"),
                ("level", severity.level),
            ] + parameters, text: text)
    }
}

/// Dates in records.
enum DateText {
    /// Seconds since 1970 in the form of RFC 3339, in UTC.
    static func utc(_ seconds: Int64) -> String {
        let capacity = 32
        return unsafe String(unsafeUninitializedCapacity: capacity) { buffer in
            guard let start = buffer.baseAddress else { return 0 }
            var writer = unsafe ByteWriter(unsafeOver: start, capacity: capacity)
            Timestamp(seconds: seconds, fractionDigits: 0).write(into: &writer)
            return writer.count
        }
    }
}
