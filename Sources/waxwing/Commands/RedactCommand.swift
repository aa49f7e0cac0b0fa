import ArgumentParser
import Redaction
import Syslog

struct RedactCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redact", abstract: "Copy standard input to standard output without its secrets, line by line.",
        discussion: """
            Example: docker logs headscale 2>&1 | waxwing redact > for-the-bug-report.txt

            A line of more than 64 MiB becomes <redacted> as a whole.

            Exit codes: 0 done, 64 wrong options, 69 the input cannot be read.
            """)

    @Argument(help: "The input; standard input without it.", completion: .file())
    var file = "-"

    @Flag(help: "List what is removed, rule by rule, and end.")
    var list = false

    func run() throws {
        if list { return listRules() }
        try report {
            let source = try LineSource(file)
            var redactor = Redactor(try RedactionEngine(RedactionPack.allCases))
            var output: [UInt8] = []
            while var line = try source.line() {
                // The CR of a line end is no part of a secret.
                let hasCR = line.last == 0x0D && source.isLineEnd
                if hasCR { line.removeLast() }
                output += redacted(line, &redactor)
                if source.isLineEnd { output += hasCR ? [0x0D, 0x0A] : [0x0A] }
                guard output.count >= 64 << 10 || !source.hasLine else { continue }
                Console.write(output)
                output.removeAll(keepingCapacity: true)
            }
            Console.write(output)
        }
    }

    private func redacted(_ line: [UInt8], _ redactor: inout Redactor) -> [UInt8] {
        // A piece of a line may end in the middle of a secret.
        guard line.count < LineSource.lineLimit else { return Array("\(Redactor.placeholder)".utf8) }
        return ByteWriter.collect(capacity: line.count + Redactor.growthLimit) { writer in
            _ = redactor.redact(line: unsafe line.span.bytes, into: &writer)
        }
    }

    private func listRules() {
        for pack in RedactionPack.allCases {
            Console.say("\(pack.rawValue)\n")
            for rule in pack.rules {
                let padding = String(repeating: " ", count: max(1, 24 - rule.name.utf8.count))
                Console.say("  \(rule.name)\(padding)\(rule.summary)\n")
            }
        }
    }
}
