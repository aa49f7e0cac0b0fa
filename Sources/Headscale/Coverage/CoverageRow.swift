/// Something that a security team wants to hear of: a row of coverage.tsv.
public struct CoverageRow: Sendable {
    /// authentication, authorization, administration, registration, policy or errors.
    public let area: String
    /// The names under which it is in the ledger, the one that matters most in front; empty if nobody tells it.
    public let events: [String]
    /// What happens.
    public let what: String
    /// What to know, and to do; may be empty.
    public let advice: String
    /// Who of Waxwing finds it out by asking the server: `watcher`, `health` or nobody.
    public let asked: HeadscaleEvent.Source?
    /// The versions in which it can happen.
    let versions: [ClosedRange<HeadscaleVersion>]
    let logged: LoggedLevels
    /// The versions whose access log tells it.
    let access: [ClosedRange<HeadscaleVersion>]

    /// All rows, in the order of the table.
    static let all: [CoverageRow] = {
        do throws(EmbeddedTable.Fault) {
            return try read(.coverage())
        } catch {
            fatalError("\(error)")
        }
    }()

    static func read(_ table: EmbeddedTable) throws(EmbeddedTable.Fault) -> [CoverageRow] {
        var rows: [CoverageRow] = []
        for row in table.rows {
            guard let logged = row[3] == "-" ? LoggedLevels(union: []) : LoggedLevels(row[3].string) else {
                throw table.fault(row, "no levels and versions: \(row[3].string)")
            }
            guard let access = row[4] == "-" ? [] : LoggedLevels.versions(row[4].string),
                let versions = LoggedLevels.versions(row[2].string)
            else {
                throw table.fault(row, "no versions: \(row[2].string), \(row[4].string)")
            }
            let asked = HeadscaleEvent.Source(rawValue: row[5].string)
            guard asked == .watcher || asked == .health || row[5] == "-" else {
                throw table.fault(row, "neither watcher nor health: \(row[5].string)")
            }
            rows.append(
                CoverageRow(
                    area: row[0].string,
                    events: row[1] == "-" ? [] : row[1].string.split(separator: " ").map(String.init),
                    what: row[6].string, advice: row[7].string, asked: asked, versions: versions, logged: logged,
                    access: access))
        }
        return rows
    }
}
