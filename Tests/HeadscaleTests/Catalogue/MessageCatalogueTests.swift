import Testing

@testable import Headscale

/// Every message of the catalogue is recognised as itself, however its record is written and whatever its values are.
@Suite struct MessageCatalogueTests {
    static let catalogue = MessageCatalogue.embedded

    /// A row of the table, as the test reads it: with the standard library, not with the code under test.
    struct Row: CustomTestStringConvertible {
        let event, category, outcome, logged, flags, when, fields, message: String
        /// The same for all rows of one message.
        var key: String { message.lowercased() }
        var testDescription: String { message }

        init(_ row: EmbeddedTable.Row) {
            let columns = row.columns.map(\.string)
            (event, category, outcome, logged) = (columns[0], columns[1], columns[2], columns[3])
            (flags, when, fields, message) = (columns[4], columns[5], columns[6], columns[7])
        }

        /// The message with `value` for its wildcards.
        func text(_ value: String) -> String {
            message.replacing("\\n", with: "\n").replacing("\\t", with: "\t").replacing("%s", with: value)
        }

        var hasWildcard: Bool { message.contains("%s") }
        /// `second` and those that are the only row of their message and level decide; one of several does by condition.
        var level: Level? { Level(named: logged.split(separator: " ")[0]) }
    }

    static let rows = (try? EmbeddedTable.messages())?.rows.map(Row.init) ?? []

    @Test func theTableIsRead() {
        #expect(Self.rows.count > 700)
        #expect(Set(Self.rows.map(\.key)).count > 690)
    }

    /// 100 % of JSON.
    @Test func everyMessageIsRecognisedInJSON() {
        var numbers = Numbers()
        for row in Self.rows {
            for value in row.hasWildcard ? Values.text : [""] {
                let rendered = Rendered.json(message: row.text(value))
                let match = Self.match(rendered, .whole)
                let isOwn = numbers.isOwn(match, row)
                #expect(isOwn, "\(row.message) with \(value.prefix(40))")
                #expect(match?.end == rendered.messageEnd)
                Self.expectMeaning(match, row, rendered)
            }
        }
    }

    /// 99 % of console text at least, and nothing is missed but what is listed here.
    @Test func everyMessageIsRecognisedInConsoleText() {
        var numbers = Numbers()
        var tried = 0
        var missed = 0
        for row in Self.rows {
            for (round, value) in Values.text.enumerated() {
                let rendered = Rendered.console(message: row.text(value), fields: Values.fields(row.fields, round))
                let match = Self.match(rendered, .prefix)
                tried += 1
                guard numbers.isOwn(match, row), match?.end == rendered.messageEnd else {
                    missed += 1
                    #expect(Self.isExcused(row, value), "\(row.message) with \(value.prefix(40))")
                    continue
                }
                Self.expectMeaning(match, row, rendered)
            }
        }
        #expect(missed > 0 && missed * 100 <= tried, "\(missed) of \(tried)")
    }

    /// Nothing tells where a message ends whose last value holds a space and what looks like one of its own fields.
    private static func isExcused(_ row: Row, _ value: String) -> Bool {
        row.message.hasSuffix("%s") && value == "x error=1"
    }

    private static func match(_ rendered: Rendered, _ mode: MessageMatcher.Mode) -> CatalogueMatch? {
        unsafe catalogue.match(rendered.bytes.span.bytes, rendered.range, mode)
    }

    /// The entry says what the row does, at the row's level and under its condition.
    private static func expectMeaning(_ match: CatalogueMatch?, _ row: Row, _ rendered: Rendered) {
        guard let match else { return }
        let error = row.when == "-" ? "" : String(row.when.dropFirst("error: ".count))
        let text = Array("upgrading: \(error) (87)".utf8)
        let entry = unsafe catalogue.entry(match, level: row.level, text.span.bytes, error: 0..<text.count)
        #expect(entry.meaning.event.string == row.event)
        #expect("\(entry.meaning.category.name)" == row.category)
        #expect("\(entry.meaning.outcome.name)" == row.outcome)
    }

    /// Which number stands for which message: one for one, whichever comes first.
    private struct Numbers {
        private var messages: [UInt16: String] = [:]
        private var numbers: [String: UInt16] = [:]

        mutating func isOwn(_ match: CatalogueMatch?, _ row: Row) -> Bool {
            guard let number = match?.message else { return false }
            if messages[number] == nil, numbers[row.key] == nil {
                messages[number] = row.key
                numbers[row.key] = number
            }
            return messages[number] == row.key && numbers[row.key] == number
        }
    }
}
