import Seal

// The status for people: a block of lines for each part, names first.
extension RelayStatus {
    var text: String {
        var lines = ["waxwing \(version), up \(Self.duration(uptime * 1000))"]
        lines.append("ledger \(ledger.origin): \(ledger.hindrance.map { "takes nothing, \($0)" } ?? "takes records")")
        lines.append(
            "  durable \(ledger.durableIndex), sealed \(ledger.sealedIndex), \(Self.octets(ledger.octets)) on disk, "
                + "queue \(Self.octets(UInt64(ledger.queueOctets))) of \(Self.octets(UInt64(ledger.queueLimit)))")
        if ledger.keepingFailures > 0 {
            lines.append(
                "  old records could not be deleted or compressed \(ledger.keepingFailures) times: the log says why")
        }
        for listener in listeners {
            lines.append(
                "listener \(listener.name): received \(listener.received), dropped \(listener.dropped), "
                    + "connections \(listener.connections)")
        }
        for destination in destinations { lines += Self.lines(destination, at: time) }
        if let headscale { lines += Self.lines(headscale, at: time) }
        return lines.map { "\($0)\n" }.joined()
    }

    private static func lines(_ destination: Destination, at now: UInt64) -> [String] {
        let acknowledged = destination.acknowledged.map { "\(duration(age($0, now))) ago" } ?? "never"
        var lines = [
            "destination \(destination.name): \(destination.state)",
            "  behind by \(destination.lagRecords) records, \(octets(destination.lagOctets)), "
                + duration(destination.lagMilliseconds),
            "  \(destination.rate) records/s, acknowledged \(acknowledged), retries \(destination.retries)",
        ]
        let rest = [
            ("rejected", destination.rejected), ("filtered", destination.filtered), ("skipped", destination.skipped),
        ].filter { $0.1 > 0 }
        if !rest.isEmpty { lines.append("  " + rest.map { "\($0.0) \($0.1)" }.joined(separator: ", ")) }
        if let failure = destination.failure {
            lines.append("  last error \(duration(age(failure.time, now))) ago: \(failure.reason)")
        }
        return lines
    }

    private static func lines(_ headscale: Headscale, at now: UInt64) -> [String] {
        let last = headscale.silence.map { "the last \(duration($0 * 1000)) ago" } ?? "none yet"
        var lines = ["headscale: \(headscale.records) records, \(last), \(headscale.unmatched) of unknown messages"]
        if let server = headscale.server {
            var words = [
                word(server.isUp, "up", "down", "not known whether up"),
                word(server.isWell, "well", "not well", "not known whether well"),
            ]
            if server.isSilent == true { words.append("silent for longer than usual") }
            if let end = server.certificateEnd {
                let left = UInt64(max(0, end - Int64(now))) * 1000
                words.append(left == 0 ? "its certificate has ended" : "its certificate ends in \(duration(left))")
            }
            lines.append("  server \(words.joined(separator: ", "))")
        }
        if let state = headscale.state {
            let age = state.age.map { "read \(duration($0 * 1000)) ago" } ?? "not read yet"
            lines.append("  state \(age), \(state.nodes) nodes, failures \(state.failures)")
        }
        return lines
    }

    private static func word(_ value: Bool?, _ yes: String, _ no: String, _ unknown: String) -> String {
        value.map { $0 ? yes : no } ?? unknown
    }

    private static func age(_ time: UInt64, _ now: UInt64) -> UInt64 { (now - min(now, time)) * 1000 }

    /// A time in its two largest units.
    static func duration(_ milliseconds: UInt64) -> String {
        let seconds = milliseconds / 1000
        switch seconds {
        case ..<10: return "\(seconds).\(milliseconds % 1000 / 100) s"
        case ..<60: return "\(seconds) s"
        case ..<3600: return "\(seconds / 60) min \(seconds % 60) s"
        case ..<86_400: return "\(seconds / 3600) h \(seconds / 60 % 60) min"
        default: return "\(seconds / 86_400) d \(seconds / 3600 % 24) h"
        }
    }

    /// A number of octets in the largest unit of which there is at least one, with one decimal.
    static func octets(_ count: UInt64) -> String {
        var (unit, size) = ("B", UInt64(1))
        for (name, power) in [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)] where count >= 1 << power {
            (unit, size) = (name, 1 << UInt64(power))
        }
        return size == 1 ? "\(count) B" : "\(count / size).\(count % size * 10 / size) \(unit)"
    }
}
