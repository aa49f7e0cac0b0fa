import Glibc
public import Logging

/// The relay's own log: one line an event on standard error, `LEVEL message key=value …`, without a time stamp when a
/// service manager adds one (`JOURNAL_STREAM` is set). Lines of one kind, which are those with the same message about
/// the same listener or destination, are limited (``LogLimiter``).
public struct StandardErrorLog: LogHandler {
    public var logLevel = Logger.Level.info
    public var metadata: Logger.Metadata = [:]
    private let hasTime: Bool
    private let sink: LogSink

    public init(environment: [String: String]) {
        self.init(environment: environment, sink: .standardError)
    }

    init(environment: [String: String], sink: LogSink) {
        hasTime = environment["JOURNAL_STREAM"] == nil
        self.sink = sink
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var kind = Hasher()
        kind.combine(event.level)
        kind.combine(event.message.description)
        for key in ["listener", "destination"] { kind.combine(event.metadata?[key]?.description) }
        sink.put(kind: kind.finalize()) { suppressed in
            var event = event
            if suppressed > 0 {
                event.metadata = (event.metadata ?? [:]).merging(["left_out_before": "\(suppressed)"]) { $1 }
            }
            return line(event)
        }
    }

    /// Waits until what was logged is on standard error, for a second at most.
    public static func flush() { LogSink.standardError.flush() }

    func line(_ event: LogEvent) -> String {
        var line = hasTime ? Self.time() + " " : ""
        line += "\(event.level.rawValue.uppercased()) \(event.message)"
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) { line += " \(key)=\(Self.quoted("\(value)"))" }
        return line + "\n"
    }

    /// Values may come from the network: whatever could break the line or the terminal is escaped.
    private static func quoted(_ value: String) -> String {
        let isPlain = !value.isEmpty && value.unicodeScalars.allSatisfy { $0 > " " && $0 < "\u{7F}" && $0 != "\"" }
        if isPlain { return value }
        var quoted = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            case _ where scalar < " " || (scalar >= "\u{7F}" && scalar < "\u{A0}"):
                quoted += "\\u{\(String(scalar.value, radix: 16))}"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    private static func time() -> String {
        var now = time_t()
        unsafe Glibc.time(&now)
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { text in
            var parts = unsafe tm()
            unsafe gmtime_r(&now, &parts)
            unsafe strftime(text.baseAddress!, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
            return unsafe String(cString: text.baseAddress!)
        }
    }
}
