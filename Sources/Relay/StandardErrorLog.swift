import Glibc
public import Logging

/// The relay's own log: one line an event on standard error, `LEVEL message key=value …`, without a time stamp when a
/// service manager adds one (`JOURNAL_STREAM` is set).
public struct StandardErrorLog: LogHandler {
    public var logLevel = Logger.Level.info
    public var metadata: Logger.Metadata = [:]
    private let hasTime: Bool

    public init(environment: [String: String]) {
        hasTime = environment["JOURNAL_STREAM"] == nil
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var line = hasTime ? Self.time() + " " : ""
        line += "\(event.level.rawValue.uppercased()) \(event.message)"
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) { line += " \(key)=\(Self.quoted("\(value)"))" }
        line += "\n"
        let bytes = Array(line.utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
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
