import Headscale

/// The report of an audit, for people and for programs.
struct CoverageText {
    private let audit: CoverageAudit
    private let versionFrom: String
    private let days: Int
    private let ledger: String?

    /// - Parameters:
    ///   - versionFrom: who said which version it is: `option`, `ledger`, or `newest` if nobody did.
    ///   - ledger: the folder whose last `days` were looked through, nil if there is no ledger.
    init(_ audit: CoverageAudit, versionFrom: String, days: Int, ledger: String?) {
        self.audit = audit
        self.versionFrom = versionFrom
        self.days = days
        self.ledger = ledger
    }

    // MARK: - Text

    var text: String {
        var lines = [head]
        var area = ""
        for finding in audit.findings {
            if finding.row.area != area {
                area = finding.row.area
                lines += ["", area.uppercased()]
            }
            lines += Self.lines(finding, hasLedger: ledger != nil)
        }
        lines += ["", summary]
        if !audit.warnings.isEmpty { lines.append("") }
        lines += audit.warnings.map { "WARNING \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }

    private var head: String {
        let version = versionFrom == "newest" ? "\(audit.version) (the newest that is known)" : "\(audit.version)"
        let looked = ledger.map { "the last \(days) days of \($0)" } ?? "no ledger to look through"
        return "Headscale \(version), level \(audit.level); \(looked)"
    }

    private static func lines(_ finding: CoverageAudit.Finding, hasLedger: Bool) -> [String] {
        let mark = word(finding.verdict)
        let indent = String(repeating: " ", count: 10)
        var lines = ["  \(mark)\(String(repeating: " ", count: 8 - mark.count))\(finding.row.what)"]
        let teller = tellers(finding).joined(separator: ", ")
        var facts = [teller.isEmpty ? "nobody tells it" : teller]
        if !finding.row.events.isEmpty { facts.append(finding.row.events.joined(separator: ", ")) }
        if let seen = finding.seen {
            facts.append(seen.count == 1 ? "seen once, \(seen.last)" : "seen \(seen.count) times, last \(seen.last)")
        } else if hasLedger, !finding.row.events.isEmpty {
            facts.append("not seen")
        }
        lines.append(indent + facts.joined(separator: "; "))
        if !finding.row.advice.isEmpty { lines.append(indent + finding.row.advice) }
        return lines
    }

    private static func word(_ verdict: CoverageAudit.Verdict) -> String {
        switch verdict {
        case .logged: "yes"
        case .partly: "partly"
        case .hidden: "hidden"
        case .never: "no"
        }
    }

    /// Who tells it, whether it is let through or not.
    private static func tellers(_ finding: CoverageAudit.Finding) -> [String] {
        var tellers: [String] = []
        switch finding.level {
        case nil: break
        case "none"?: tellers.append("a line without a level")
        case let level?: tellers.append(finding.verdict == .logged ? "level \(level)" : "only at level \(level)")
        }
        if finding.isInAccessLog { tellers.append("access log") }
        if let asked = finding.row.asked {
            tellers.append(finding.isAsked ? asked.rawValue : "\(asked.rawValue) if it were set up for it")
        }
        return tellers
    }

    private func count(_ verdict: CoverageAudit.Verdict) -> Int {
        audit.findings.count { $0.verdict == verdict }
    }

    private var summary: String {
        let seenCount = audit.findings.count { $0.seen != nil }
        let seen = ledger == nil ? "" : "; \(seenCount) seen"
        return "SUMMARY \(audit.findings.count) events: \(count(.logged)) logged in words, "
            + "\(count(.partly)) told by the access log or by asking alone, \(count(.hidden)) hidden by the level, "
            + "\(count(.never)) told by nobody\(seen)"
    }

    // MARK: - JSON

    var json: String {
        let summary = CoverageAudit.Verdict.allCases.map { (name: $0.rawValue, value: "\(count($0))") }
        let members: [(name: String, value: String)] = [
            ("version", JSONLine.string("\(audit.version)")),
            ("version_from", JSONLine.string(versionFrom)),
            ("level", JSONLine.string(audit.level)),
            ("days", "\(days)"),
            ("ledger", Self.orNull(ledger)),
            ("events", JSONLine.array(audit.findings.map { Self.json($0) })),
            ("summary", JSONLine.object(summary)),
            ("warnings", JSONLine.array(audit.warnings.map { JSONLine.string($0) })),
        ]
        return JSONLine.object(members) + "\n"
    }

    private static func json(_ finding: CoverageAudit.Finding) -> String {
        let events = finding.row.events.map { JSONLine.string($0) }
        let members: [(name: String, value: String)] = [
            ("area", JSONLine.string(finding.row.area)),
            ("what", JSONLine.string(finding.row.what)),
            ("events", JSONLine.array(events)),
            ("covered", JSONLine.string(finding.verdict.rawValue)),
            ("level", orNull(finding.level)),
            ("access_log", "\(finding.isInAccessLog)"),
            ("asked_by", orNull(finding.row.asked?.rawValue)),
            ("asked", "\(finding.isAsked)"),
            ("seen", "\(finding.seen?.count ?? 0)"),
            ("last_seen", orNull(finding.seen?.last)),
            ("advice", JSONLine.string(finding.row.advice)),
        ]
        return JSONLine.object(members)
    }

    private static func orNull(_ text: String?) -> String {
        guard let text else { return "null" }
        return JSONLine.string(text)
    }
}
