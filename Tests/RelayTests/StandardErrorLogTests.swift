import Logging
import Testing

@testable import Relay

@Suite struct StandardErrorLogTests {
    private func line(_ metadata: Logger.Metadata, journal: Bool = true) -> String {
        let log = StandardErrorLog(environment: journal ? ["JOURNAL_STREAM": "8:1"] : [:])
        return log.line(
            LogEvent(
                level: .warning, message: "it happened", metadata: metadata, source: nil, file: "", function: "",
                line: 0))
    }

    /// Values may come from the network: none can end the line, or give the terminal an order.
    @Test(arguments: [
        ("plain", "plain"),
        ("127.0.0.1:514", "127.0.0.1:514"),
        ("", "\"\""),
        ("two words", "\"two words\""),
        ("a\"b", "\"a\\\"b\""),
        ("back\\slash", "back\\slash"),
        ("back\\ slash", "\"back\\\\ slash\""),
        ("a\nWARNING forged", "\"a\\nWARNING forged\""),
        ("\u{1B}[31m", "\"\\u{1b}[31m\""),
        ("\u{9B}2J", "\"\\u{9b}2J\""),
        ("\r\u{7F}\0", "\"\\u{d}\\u{7f}\\u{0}\""),
        ("é", "\"é\""),
    ])
    func value(_ value: String, _ written: String) {
        #expect(line(["peer": "\(value)"]) == "WARNING it happened peer=\(written)\n")
    }

    @Test func keysAreSorted() {
        #expect(line(["b": "2", "c": "3", "a": "1"]) == "WARNING it happened a=1 b=2 c=3\n")
    }

    @Test func timeIsLeftToTheJournal() {
        #expect(line([:]) == "WARNING it happened\n")
        #expect(line([:], journal: false).contains(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z WARNING it happened\n$/))
    }
}
