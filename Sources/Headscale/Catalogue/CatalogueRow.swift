/// A row of messages.tsv, read.
struct CatalogueRow {
    let message: FixedText
    /// The names of the fields that may stand behind it.
    let fields: [FixedText]
    let entry: CatalogueEntry
    let logged: LoggedLevels
    /// Text that the field `error` must contain; nil if there is no such condition.
    let errorText: FixedText?

    /// Reads `row`; `services` are those of the events.
    init(
        _ row: EmbeddedTable.Row, of table: EmbeddedTable, services: [String: Service]
    ) throws(EmbeddedTable.Fault) {
        guard let service = services[row[0].string] else { throw table.fault(row, "an event that events.tsv lacks") }
        guard let logged = LoggedLevels(row[3].string), !logged.parts.isEmpty else {
            throw table.fault(row, "no levels and versions")
        }
        let flags = try CatalogueFlags(row, table)
        self.logged = logged
        errorText = try Self.errorText(row, table)
        message = row[7]
        fields = Self.fields(row[6])
        guard let category = Category(row[1]), let outcome = Outcome(row[2]) else {
            throw table.fault(row, "no such category or outcome")
        }
        let meaning = Meaning(
            event: row[0], service: service, category: category, outcome: outcome, isSecurityRelevant: flags.isSecurity)
        entry = CatalogueEntry(
            meaning: meaning, level: logged.parts.lazy.compactMap(\.level).first, isGeneric: flags.isGeneric)
    }

    private static func errorText(_ row: EmbeddedTable.Row, _ table: EmbeddedTable) throws(EmbeddedTable.Fault)
        -> FixedText?
    {
        if row[5] == "-" { return nil }
        guard row[5].bytes.has("error: ", at: 0), row[5].count > 7 else { throw table.fault(row, "no such condition") }
        return row[5].part(7..<row[5].count)
    }
}

extension CatalogueRow {
    /// What `@node` stands for.
    private static let nodeFields: [FixedText] =
        ([
            "node.id", "node.name", "machine.key", "node.key", "node.is_tagged", "node.expired", "node.online",
            "node.tags", "user.name", "user.id",
        ] as [StaticString]).map { FixedText($0) }

    /// The names in the column `fields`.
    private static func fields(_ column: FixedText) -> [FixedText] {
        if column == "-" { return [] }
        var fields: [FixedText] = []
        var start = 0
        while start < column.count {
            let end = column.bytes.first(0x20, in: start..<column.count)
            let name = column.part(start..<end)
            if name == "@node" { fields += nodeFields } else { fields.append(name) }
            start = end + 1
        }
        return fields
    }
}

/// The column `flags`.
private struct CatalogueFlags {
    var isSecurity = false
    var isGeneric = false

    init(_ row: EmbeddedTable.Row, _ table: EmbeddedTable) throws(EmbeddedTable.Fault) {
        if row[4] == "-" { return }
        for flag in row[4].string.split(separator: ", ") {
            switch flag {
            case "security": isSecurity = true
            case "generic": isGeneric = true
            default: throw table.fault(row, "no such flag: \(flag)")
            }
        }
    }
}
