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
}
