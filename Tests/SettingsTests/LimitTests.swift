import Testing

@testable import Settings

/// Documents made to be expensive or to break something.
@Suite struct LimitTests {
    private func codes(_ text: String) -> [SettingsError.Code] {
        do throws(SettingsErrors) {
            _ = try Settings.parse(text)
            return []
        } catch {
            return error.errors.map(\.code)
        }
    }

    // MARK: - Aliases and nesting

    private func laughs(levels: Int, width: Int) -> String {
        let levels = (1...levels).map { level in
            "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: width).joined(separator: ", "))]"
        }
        return (["a0: &a0 [x, x]"] + levels).joined(separator: "\n")
    }

    @Test func billionLaughs() {
        #expect(codes(laughs(levels: 9, width: 9)) == [.tooLarge])
        #expect(codes(laughs(levels: 9, width: 9) + "\n? *a9\n: x") == [.tooLarge])
    }

    @Test func expandedValuesAreCounted() {
        let long = "[" + Array(repeating: "x", count: 3000).joined(separator: ",") + "]"
        let text = "a: &a \(long)\n" + (0..<8).map { "b\($0): *a" }.joined(separator: "\n")
        #expect(codes(text) == [.tooLarge])
    }

    @Test func fewAliasesAsKeys() {
        #expect(
            codes(laughs(levels: 5, width: 3) + "\n? *a5\n: x").allSatisfy { $0 == .unknownKey || $0 == .wrongType })
    }

    @Test(arguments: ["[", "{", "- ", "? ", "a: [", "!x [", "&x ["])
    func deepNesting(_ opening: String) {
        #expect(codes(String(repeating: opening, count: 20_000)).count == 1)
    }

    @Test func nestingWithinYamlsLimits() {
        let text = "a: " + String(repeating: "[", count: 900) + String(repeating: "]", count: 900)
        #expect(codes(text) == [.tooLarge])
    }

    // MARK: - Many errors

    @Test func errorsAreLimitedAndCounted() {
        let text = (0..<70).map { "key\($0): x" }.joined(separator: "\n")
        let errors = #expect(throws: SettingsErrors.self) { try Settings.parse(text) }
        #expect(errors?.errors.count == SettingsErrors.limit)
        #expect(errors?.omittedCount == 20)
        #expect(errors?.description.hasSuffix("\n… and 20 more errors") == true)
        #expect(errors?.errors.map(\.position.line) == Array(1...50))
    }

    @Test(arguments: [(2, 1), (20, 19), (21, 20), (22, 1)])
    func duplicateKeys(_ count: Int, _ errorCount: Int) {
        // One key is masked a time, so count - 1 of them; the one after the limit ends the search.
        let errors = codes(Array(repeating: "data: x", count: count).joined(separator: "\n"))
        #expect(errors == Array(repeating: .duplicateKey, count: errorCount))
    }

    @Test(arguments: [
        "\"da\\x74a\": a\ndata: b", "? data\n: a\ndata: b", "&k data: a\ndata: b", "!!str data: a\n!!str data: b",
        "'data': a\n\"data\": b", "{data: a, \"data\": b}", "listeners:\n  - {udp: \":1\", 'udp': \":2\"}",
        "\u{1F980}: a\n\u{1F980}: b", "\"\": a\n\"\": b",
    ])
    func duplicateKeysHoweverWritten(_ text: String) {
        #expect(codes(text).contains(.duplicateKey))
    }

    @Test func duplicatesInALargeFile() {
        let padding = String(repeating: "#", count: YAMLReader.maskingLimit)
        #expect(codes("data: a\ndata: b\nfoo: c\n\(padding)") == [.duplicateKey])
    }

    // MARK: - Anything

    /// Whatever happens to a configuration, it is accepted or refused with errors that have a position in it.
    @Test func mutations() {
        let original = Array(
            "listeners: [{udp: \":1\", sockets: ${N:-2}}]\nstream:\n  batch: &b { age: 5s }\nqueue: 8MiB # x\n".utf8)
        let replacements: [UInt8] = Array("\0\t\n \"'#$&*-:?[]{|}~!%@`,0a\u{7F}".utf8)
        var texts = original.indices.map { Array(original[..<$0]) } + original.indices.map { Array(original[$0...]) }
        for index in original.indices {
            for replacement in replacements {
                texts.append(Array(original[..<index] + [replacement] + original[(index + 1)...]))
                texts.append(Array(original[..<index] + [replacement] + original[index...]))
            }
        }
        for text in texts {
            let lineCount = text.split(separator: 0x0A, omittingEmptySubsequences: false).count
            do throws(SettingsErrors) {
                _ = try Settings.parse(String(decoding: text, as: UTF8.self))
            } catch {
                #expect(!error.errors.isEmpty)
                #expect(error.errors.allSatisfy { (0...lineCount).contains($0.position.line) }, "\(error)")
                #expect(error.errors.allSatisfy { !$0.description.contains("\n") })
            }
        }
    }
}
