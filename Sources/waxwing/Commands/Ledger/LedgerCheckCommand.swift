import ArgumentParser
import Glibc
import Ledger

struct LedgerCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check every segment, record, leaf hash and seal of a ledger.",
        discussion: """
            Example: waxwing ledger check --data /var/lib/waxwing --key log.vkey

            What a relay that runs is just writing is not taken for damage, nor what was deleted on purpose. \
            Exit codes: 0 whole, 1 tampered, 2 damaged or incomplete, 3 cannot be checked (no ledger, no seal), 64 wrong \
            options.
            """)

    @OptionGroup var ledger: DataOption
    @OptionGroup var key: KeyOption

    @Flag(help: "Print the report as JSON.")
    var json = false

    func run() throws {
        let result: LedgerCheck.Report
        do {
            let archive = try LedgerArchive(ledger.data)
            let threads = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
            result = try LedgerCheck(archive, key.verifiers(archive)).run(threads: threads)
        } catch {
            Console.complain("waxwing: \(error)")
            throw ExitCode(LedgerCheck.Outcome.unverifiable.rawValue)
        }
        Console.say(json ? Self.json(result) : Self.text(result))
        throw ExitCode(result.outcome.rawValue)
    }

    /// Findings that are printed; more are counted.
    private static let listed = 1000

    private static func text(_ report: LedgerCheck.Report) -> String {
        var lines = [
            "CHECKED \(LedgerText.counted(UInt64(report.segments), "segment")), "
                + "\(LedgerText.counted(report.records, "record")), \(LedgerText.counted(report.seals, "seal")), "
                + "\(LedgerText.size(report.bytes))"
        ]
        lines += report.deleted.map { "DELETED \(LedgerText.records($0)), on purpose" }
        for finding in report.findings.prefix(listed) {
            let subject = finding.indexes.map { "\(LedgerText.records($0)): " } ?? ""
            lines.append("\(finding.kind.rawValue.uppercased()) \(finding.path): \(subject)\(finding.detail)")
        }
        if report.findings.count > listed { lines.append("and \(report.findings.count - listed) more findings") }
        if report.unsealed > 0 {
            lines.append("UNSEALED TAIL \(LedgerText.counted(report.unsealed, "record")) behind the newest seal")
        }
        lines.append("RESULT \(report.outcome.rawValue) \(words(report.outcome))")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func words(_ outcome: LedgerCheck.Outcome) -> String {
        switch outcome {
        case .complete: "whole"
        case .tampered: "tampered"
        case .incomplete: "damaged or incomplete"
        case .unverifiable: "cannot be checked: no seal is signed by the key"
        }
    }

    private static func json(_ report: LedgerCheck.Report) -> String {
        let findings = report.findings.prefix(listed).map { finding in
            JSONLine.object([
                ("kind", JSONLine.string(finding.kind.rawValue)), ("file", JSONLine.string(finding.path)),
                ("records", finding.indexes.map { "[\($0.lowerBound),\($0.upperBound - 1)]" } ?? "null"),
                ("detail", JSONLine.string(finding.detail)),
            ])
        }
        return JSONLine.object([
            ("exit_code", "\(report.outcome.rawValue)"), ("segments", "\(report.segments)"),
            ("records", "\(report.records)"), ("seals", "\(report.seals)"), ("bytes", "\(report.bytes)"),
            ("deleted", JSONLine.array(report.deleted.map { "[\($0.lowerBound),\($0.upperBound - 1)]" })),
            ("unsealed", "\(report.unsealed)"),
            (
                "findings",
                JSONLine.object([("total", "\(report.findings.count)"), ("items", JSONLine.array(findings))])
            ),
        ]) + "\n"
    }
}
