/// What is told of the events that matter, by a Headscale of one version at one level, and what is not.
public struct CoverageAudit: Sendable {
    /// How well an event is covered.
    public enum Verdict: String, Sendable, CaseIterable {
        /// Headscale logs it in words of its own.
        case logged
        /// The access log tells it, or Waxwing finds it out by asking: without who or why.
        case partly
        /// It would be logged at a level that is not let through.
        case hidden
        /// Nobody tells it.
        case never
    }

    /// An event, and who tells it.
    public struct Finding: Sendable {
        public let row: CoverageRow
        public let verdict: Verdict
        /// The level at which it is logged, the highest if there are several, `none` for a line without one; nil if it is
        /// not logged in words.
        public let level: String?
        public let isInAccessLog: Bool
        /// Whether Waxwing is set up to find it out by asking.
        public let isAsked: Bool
        /// Nil if it was not seen, or the ledger not looked at.
        public let seen: Sightings.Sighting?
    }

    public let version: HeadscaleVersion
    /// The name of the level that is let through.
    public let level: String
    /// What can happen in this version.
    public let findings: [Finding]

    private let asking: Asking

    /// The audit of a Headscale of `version` whose log is let through from `level` on; nil if there is no such level.
    /// `asking` is what is found out by asking.
    public init?(_ version: HeadscaleVersion, level name: String, asking: Asking, sightings: Sightings) {
        guard let level = Level(named: name) else { return nil }
        self.version = version
        self.level = name
        self.asking = asking
        let rows = CoverageRow.all.filter { $0.versions.contains { $0.contains(version) } }
        findings = rows.map { row in
            Self.finding(row, version, level, isAsked: asking.findsOut(row), sightings)
        }
    }

    private static func finding(
        _ row: CoverageRow, _ version: HeadscaleVersion, _ least: Level, isAsked: Bool, _ sightings: Sightings
    ) -> Finding {
        let levels = row.logged.levels(in: version)
        let isLetThrough = levels.contains { $0.map { $0.rawValue >= least.rawValue } ?? true }
        let isInAccessLog =
            row.access.contains { $0.contains(version) } && least.rawValue <= Level.info.rawValue
        let verdict: Verdict =
            if isLetThrough {
                .logged
            } else if isInAccessLog || isAsked {
                .partly
            } else {
                levels.isEmpty ? .never : .hidden
            }
        let seen = row.events.compactMap { sightings.events[$0] }
        return Finding(
            row: row, verdict: verdict,
            level: levels.first.map { $0.map { FixedText($0.name).string } ?? "none" }, isInAccessLog: isInAccessLog,
            isAsked: isAsked, seen: seen.max { $0.last < $1.last })
    }

    /// What to mind about the level, what is wrong with the version as a whole, and what is not asked.
    public var warnings: [String] { levelWarnings + versionWarnings + asking.warnings }

    private var levelWarnings: [String] {
        let debug = "debug logs states and nonces of logins and statements of the database"
        switch level {
        case "trace": return ["Level trace logs pre-auth keys in clear text, and \(debug): set log.level to info."]
        case "debug":
            return [
                "Level \(debug): use it for a while only, and only where all that write the log to a disk remove "
                    + "secrets before."
            ]
        case "info":
            return [
                "Do not raise the level to see what it hides: trace logs pre-auth keys in clear text, and \(debug), which "
                    + "other programs that read the same log do not remove."
            ]
        default: return ["Level \(level) holds back the access log, logins and node sessions: set log.level to info."]
        }
    }

    private var versionWarnings: [String] {
        var warnings: [String] = []
        if version.minor <= 22 { warnings.append("0.22 logs the API key of every call at level info.") }
        if (23..<29).contains(version.minor) {
            warnings.append(
                "There is no access log before 0.29: a call of the API that changes something leaves no trace of its own."
            )
        }
        if version.minor >= 23 {
            warnings.append(
                "What is done on the command line of the server is not logged: only the watcher can see it.")
        }
        return warnings
    }
}
