internal import CCatalogue

/// A table in the binary: a row a line, with one tab between the columns. Empty lines and lines that begin with `#` are
/// for those who read the file.
struct EmbeddedTable {
    struct Row {
        /// Counted from 1.
        let line: Int
        let columns: [FixedText]

        subscript(column: Int) -> FixedText { columns[column] }
    }

    /// What is wrong with a table. Those in the binary are tested, so that only they who edit them meet this.
    struct Fault: Error, Equatable, CustomStringConvertible {
        let file: String
        let line: Int
        let reason: String

        var description: String { "\(file):\(line): \(reason)" }
    }

    let file: String
    let rows: [Row]

    /// Takes `text` apart. Throws when a row does not have `columns` columns.
    init(_ file: String, _ text: FixedText, columns: Int) throws(Fault) {
        self.file = file
        var rows: [Row] = []
        var line = 0
        var start = 0
        while start < text.count {
            let end = text.bytes.first(UInt8(ascii: "\n"), in: start..<text.count)
            line += 1
            if end > start, text.bytes.byte(start) != UInt8(ascii: "#") {
                let row = Row(line: line, columns: Self.columns(text.part(start..<end)))
                guard row.columns.count == columns else {
                    throw Fault(file: file, line: line, reason: "\(row.columns.count) columns, not \(columns)")
                }
                rows.append(row)
            }
            start = end + 1
        }
        self.rows = rows
    }

    private static func columns(_ line: FixedText) -> [FixedText] {
        var columns: [FixedText] = []
        var start = 0
        while true {
            let end = line.bytes.first(UInt8(ascii: "\t"), in: start..<line.count)
            columns.append(line.part(start..<end))
            if end == line.count { return columns }
            start = end + 1
        }
    }

    func fault(_ row: Row, _ reason: String) -> Fault {
        Fault(file: file, line: row.line, reason: reason)
    }
}

// MARK: - The tables

extension EmbeddedTable {
    static func messages() throws(Fault) -> EmbeddedTable {
        try unsafe EmbeddedTable("messages.tsv", text(ccatalogue_messages()), columns: 8)
    }

    static func events() throws(Fault) -> EmbeddedTable {
        try unsafe EmbeddedTable("events.tsv", text(ccatalogue_events()), columns: 6)
    }

    static func coverage() throws(Fault) -> EmbeddedTable {
        try unsafe EmbeddedTable("coverage.tsv", text(ccatalogue_coverage()), columns: 8)
    }

    private static func text(_ file: ccatalogue_file) -> FixedText {
        unsafe FixedText(unsafeOver: file.bytes, count: file.count)
    }
}
