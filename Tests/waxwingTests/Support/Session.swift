import TestSupport

/// A golden file: what is typed, and what has to come of it.
///
///     # An unknown key.
///     waxwing.yaml = lisen: 1↵queue: 8MiB
///     $ NAME=value waxwing check --config waxwing.yaml
///     | what goes to standard output
///     ! what goes to standard error
///     = 78
///
/// Blank lines divide it into cases, each with a ``Workplace`` of its own. Beside `waxwing` there are `cat FILE` and
/// `mode FILE`; `< FILE` at the end is standard input. In the contents of files and in outputs, `\xNN` is an octet that
/// is not text, and `␄` an end without a line feed.
struct Session {
    static let folder = "\(Workplace.sources)/Golden"
    static let names = TemporaryDirectory.names(in: folder)

    let name: String
    private let lines: [Substring]

    init(_ name: String) {
        self.name = name
        let text = String(decoding: TemporaryDirectory.contents("\(Self.folder)/\(name)") ?? [], as: UTF8.self)
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    }

    /// What is typed in it.
    var commands: [Substring] { lines.filter { $0.hasPrefix("$ ") } }

    /// A command of the session, with what is expected of it and what came of it: each with a line for each line.
    struct Step {
        let line: Int
        let command: String
        let expected: [String]
        let actual: [String]
    }

    /// Runs it from its first line to its last.
    func run() -> [Step] {
        var steps: [Step] = []
        var workplace: Workplace?
        for (number, line) in lines.enumerated() {
            if line.isEmpty { workplace = nil }
            if line.first == "#" || line.isEmpty || Self.isOutput(line) { continue }
            let place = workplace ?? Workplace()
            workplace = place
            if line.hasPrefix("$ ") {
                let expected = lines[(number + 1)...].prefix(while: Self.isOutput).map(String.init)
                let actual = Self.transcript(Self.perform(line.dropFirst(2), place))
                steps.append(Step(line: number + 1, command: String(line), expected: expected, actual: actual))
            } else if let sign = line.firstRange(of: " = ") {
                let content = Self.bytes(
                    line[sign.upperBound...].split(separator: "↵", omittingEmptySubsequences: false))
                place.write(String(line[..<sign.lowerBound]), content)
            } else {
                preconditionFailure("\(name):\(number + 1): this is neither a command nor a file")
            }
        }
        return steps
    }

    /// Writes the golden file anew, with what came of `steps`.
    func record(_ steps: [Step]) {
        var text = ""
        var steps = steps[...]
        for line in lines where !Self.isOutput(line) {
            text += "\(line)\n"
            guard line.hasPrefix("$ "), let step = steps.popFirst() else { continue }
            text += step.actual.map { "\($0)\n" }.joined()
        }
        Workplace.write("\(Self.folder)/\(name)", Array(text.utf8))
    }

    private static func isOutput(_ line: Substring) -> Bool {
        guard let first = line.first, "|!=".contains(first) else { return false }
        return line.count == 1 || line.dropFirst().first == " "
    }

    // MARK: - Commands

    private static func perform(_ line: Substring, _ place: Workplace) -> Child.Outcome {
        var words = line.split(separator: " ").map(String.init)
        var input: [UInt8] = []
        if words.count > 2, words[words.count - 2] == "<" {
            input = place.read(words[words.count - 1]) ?? []
            words.removeLast(2)
        }
        var variables: [String: String] = [:]
        while let sign = words.first?.firstIndex(of: "=") {
            let word = words.removeFirst()
            variables[String(word[..<sign])] = String(word[word.index(after: sign)...])
        }
        switch words.removeFirst() {
        case "waxwing": return Child(words, in: place.path, input: input, variables: variables).wait()
        case "cat": return Child.Outcome(output: place.read(words[0]) ?? [], errors: [], status: 0)
        case "mode":
            let mode = place.mode(words[0]).map { String($0, radix: 8) } ?? "it is not there"
            return Child.Outcome(output: Array("\(mode)\n".utf8), errors: [], status: 0)
        default: preconditionFailure("there is no such command: \(line)")
        }
    }

    /// The lines that stand behind a command.
    private static func transcript(_ outcome: Child.Outcome) -> [String] {
        marked("|", outcome.output) + marked("!", outcome.errors) + ["= \(outcome.status)"]
    }

    private static func marked(_ mark: String, _ bytes: [UInt8]) -> [String] {
        guard !bytes.isEmpty else { return [] }
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { text($0) }
        if lines.last == "" { lines.removeLast() } else { lines[lines.count - 1] += "␄" }
        return lines.map { $0.isEmpty ? mark : "\(mark) \(masked($0))" }
    }

    // MARK: - Texts

    /// The text without what differs from run to run, when something was done and how long ago the test vectors were
    /// sealed, and from release to
    /// release of OpenSSL, its own words.
    private static func masked(_ text: String) -> String {
        text.replacing(/(NEWEST SEAL .*Z, ).*(ago|in the future),/) { "\($0.1)…," }
            .replacing(/, until [-0-9T:.]+Z/) { _ in ", until …" }
            .replacing(/^(case-[0-9]+  )[-0-9]+T[:.0-9]+Z/) { "\($0.1)…" }
            .replacing(/"age_ms":-?[0-9]+/) { _ in "\"age_ms\":…" }
            .replacing(/\(OpenSSL: .*\)/) { _ in "(OpenSSL: …)" }
    }

    /// What stands in a golden file for `bytes`.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { return bytes.map { octet($0) }.joined() }
        return text.unicodeScalars.map { scalar in
            [.control, .format].contains(scalar.properties.generalCategory)
                ? String(scalar).utf8.map { escape($0) }.joined() : String(scalar)
        }.joined()
    }

    private static func octet(_ byte: UInt8) -> String {
        (0x20..<0x7F).contains(byte) ? String(UnicodeScalar(byte)) : escape(byte)
    }

    private static func escape(_ byte: UInt8) -> String {
        "\\x\(byte < 16 ? "0" : "")\(String(byte, radix: 16))"
    }

    /// What a file has to hold for which `lines` stand.
    private static func bytes(_ lines: [Substring]) -> [UInt8] {
        var bytes: [UInt8] = []
        for line in lines {
            var rest = line
            while let character = rest.popFirst() {
                if character == "\\", rest.first == "x", let byte = UInt8(rest.dropFirst().prefix(2), radix: 16) {
                    bytes.append(byte)
                    rest = rest.dropFirst(3)
                } else {
                    bytes += Array(String(character).utf8)
                }
            }
            bytes.append(0x0A)
        }
        let end = Array("␄\n".utf8)
        return bytes.suffix(end.count) == end[...] ? bytes.dropLast(end.count) : bytes
    }
}
