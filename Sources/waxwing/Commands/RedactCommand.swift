import ArgumentParser
import Redaction
import Syslog

struct RedactCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redact", abstract: "Copy standard input to standard output without its secrets, line by line.",
        discussion: """
            Example: docker logs headscale 2>&1 | waxwing redact > for-the-bug-report.txt

            Exit codes: 0 done, 64 wrong options, 69 the input cannot be read.
            """)

    @Argument(help: "The input; standard input without it.", completion: .file())
    var file = "-"

    func run() throws {
        try report {
            let source = try LineSource(file)
            var redactor = Redactor(try RedactionEngine(RedactionPack.allCases))
            var output: [UInt8] = []
            while var line = try source.line() {
                // The CR of a line end is no part of a secret.
                let hasCR = line.last == 0x0D && source.isLineEnd
                if hasCR { line.removeLast() }
                output += ByteWriter.collect(capacity: line.count + Redactor.growthLimit) { writer in
                    _ = redactor.redact(line: unsafe line.span.bytes, into: &writer)
                }
                if source.isLineEnd { output += hasCR ? [0x0D, 0x0A] : [0x0A] }
                guard output.count >= 64 << 10 || !source.hasLine else { continue }
                Console.write(output)
                output.removeAll(keepingCapacity: true)
            }
            Console.write(output)
        }
    }
}
