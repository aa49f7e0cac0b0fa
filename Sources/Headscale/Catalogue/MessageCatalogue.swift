/// All messages of Headscale, with what they tell. Built once, then only read; it holds nothing but plain data, so that
/// any number of threads may use it.
struct MessageCatalogue: Sendable {
    /// The rows of a message: most have one.
    private struct Rows: BitwiseCopyable {
        let first: Int
        var count: Int
    }

    fileprivate struct Row: BitwiseCopyable, Sendable {
        let entry: CatalogueEntry
        /// Bit n is set for the n-th level.
        let levels: UInt8
        let errorText: FixedText?
    }

    private let matcher: MessageMatcher
    private let messages: [Rows]
    private let rows: [Row]

    /// The catalogue in the binary.
    static let embedded: MessageCatalogue = {
        do throws(EmbeddedTable.Fault) {
            return try MessageCatalogue(messages: .messages(), events: .events())
        } catch {
            fatalError("\(error)")
        }
    }()

    init(messages: EmbeddedTable, events: EmbeddedTable) throws(EmbeddedTable.Fault) {
        var services: [String: Service] = [:]
        for row in events.rows { services[row[0].string] = Service(row[1]) }
        var read: [CatalogueRow] = []
        for row in messages.rows { read.append(try CatalogueRow(row, of: messages, services: services)) }
        self.init(read)
    }

    /// A catalogue of `read`, whose rows of one message need not stand together.
    init(_ read: [CatalogueRow]) {
        var numbers: [[MessageTemplate]: Int] = [:]
        var grouped: [[CatalogueRow]] = []
        var wanted: [MessageMatcher.Message] = []
        for row in read {
            let templates = MessageTemplate.spellings(row.message)
            if let number = numbers[templates] {
                grouped[number].append(row)
                wanted[number].fields += row.fields
                continue
            }
            numbers[templates] = grouped.count
            grouped.append([row])
            wanted.append(
                MessageMatcher.Message(templates: templates, isGeneric: row.entry.isGeneric, fields: row.fields))
        }
        var messages: [Rows] = []
        var rows: [Row] = []
        for group in grouped {
            messages.append(Rows(first: rows.count, count: group.count))
            // What has a condition is asked first.
            rows += (group.filter { $0.errorText != nil } + group.filter { $0.errorText == nil }).map { Row($0) }
        }
        self.messages = messages
        self.rows = rows
        matcher = MessageMatcher(wanted)
    }

    // MARK: - On the data plane

    /// The message that `range` is (`.whole`) or begins with (`.prefix`); nil if the catalogue does not have it.
    func match(_ text: RawSpan, _ range: Range<Int>, _ mode: MessageMatcher.Mode) -> CatalogueMatch? {
        matcher.match(text, range, mode)
    }

    /// What the message tells that was found in a record of `level`, whose field `error` is in `error`.
    @inline(__always)
    func entry(_ match: CatalogueMatch, level: Level?, _ text: RawSpan, error: Range<Int>?) -> CatalogueEntry {
        let message = messages[Int(match.message)]
        return message.count == 1 ? rows[message.first].entry : entry(message, level, text, error)
    }

    private func entry(_ message: Rows, _ level: Level?, _ text: RawSpan, _ error: Range<Int>?) -> CatalogueEntry {
        var chosen: CatalogueEntry?
        for index in message.first..<message.first + message.count {
            let row = rows[index]
            if let errorText = row.errorText {
                if let error, text.contains(errorText.bytes, in: error) { return row.entry }
            } else if chosen == nil, let level, row.levels >> level.rawValue & 1 == 1 {
                chosen = row.entry
            }
        }
        return chosen ?? rows[message.first..<message.first + message.count].first { $0.errorText == nil }?.entry
            ?? rows[message.first].entry
    }
}

extension MessageCatalogue.Row {
    fileprivate init(_ row: CatalogueRow) {
        let levels = row.logged.parts.compactMap(\.level)
        self.init(
            entry: row.entry, levels: levels.reduce(0) { $0 | 1 << $1.rawValue }, errorText: row.errorText)
    }
}

extension RawSpan {
    /// Whether `wanted`, which is not empty, stands somewhere in `range`.
    fileprivate func contains(_ wanted: RawSpan, in range: Range<Int>) -> Bool {
        var at = range.lowerBound
        while at + wanted.byteCount <= range.upperBound {
            if byte(at) == wanted.byte(0), equals(at, wanted) { return true }
            at += 1
        }
        return false
    }

    private func equals(_ start: Int, _ wanted: RawSpan) -> Bool {
        for at in 0..<wanted.byteCount where byte(start + at) != wanted.byte(at) { return false }
        return true
    }
}
