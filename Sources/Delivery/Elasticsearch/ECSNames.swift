// Words of the Elastic Common Schema.

enum ECSNames {
    /// `ecs.version`.
    static let version: StaticString = "9.0.0"

    /// `log.syslog.facility.name` by facility code (RFC 5424, table 1).
    static let facilities: [StaticString] = [
        "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
        "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
    ]

    /// `log.syslog.severity.name` by severity code (RFC 5424, table 2).
    static let severities: [StaticString] = [
        "Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug",
    ]

    /// `log.level` by severity code, for records that name no level themselves.
    static let levels: [StaticString] = [
        "emergency", "alert", "critical", "error", "warning", "notice", "info", "debug",
    ]

    /// The values that `event.outcome` may have.
    static let outcomes: [StaticString] = ["success", "failure", "unknown"]

    /// What a category of Headscale's events is in ECS: the contents of the arrays `event.category` and `event.type`,
    /// of which only certain words may be members. Other categories are left to `headscale.category`.
    static let categories: [(name: StaticString, category: StaticString, type: StaticString)] = [
        ("authentication", #""authentication""#, #""start""#),
        ("authorization", #""iam""#, #""denied""#),
        ("administration", #""iam""#, #""admin","change""#),
        ("registration", #""iam","host""#, #""creation""#),
        ("policy", #""configuration""#, #""change""#),
        ("configuration", #""configuration""#, #""change""#),
        ("session", #""session","network""#, #""info""#),
        ("network", #""network""#, #""connection""#),
        ("derp", #""network""#, #""connection""#),
        ("dns", #""network""#, #""info""#),
        ("http", #""web""#, #""access""#),
        ("database", #""database""#, #""info""#),
        ("internal", #""host""#, #""info""#),
    ]

    /// The number of a category's words in ``categories``; nil for one that ECS has no words for.
    static func category(_ line: RawSpan, _ range: Range<Int>) -> Int? {
        let word = line.word(range.prefix(8))
        guard let number = categoryWords.firstIndex(of: word) else { return nil }
        return line.equals(categories[number].name, range) ? number : nil
    }

    /// The first eight octets of the categories' names, all different.
    private static let categoryWords = categories.map { category in
        let name = category.name.withUTF8Buffer { unsafe $0.map(\.self) }
        return unsafe name.span.bytes.word(0..<min(8, name.count))
    }
}
