import ArgumentParser
import Glibc
import Redaction
import Syslog

struct RedactCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redact", abstract: "Copy standard input to standard output without its secrets, line by line.",
        discussion: "Example: docker logs headscale 2>&1 | waxwing redact > for-the-bug-report.txt")

    @Argument(help: "The input; standard input without it.", completion: .file())
    var file = "-"

    func run() throws {
        guard let source = LineSource(file) else {
            Console.complain("waxwing: \(file) cannot be read: \(unsafe String(cString: strerror(errno)))")
            throw ExitStatus.unavailable
        }
        var redactor = Redactor(try RedactionEngine(RedactionPack.allCases))
        var output: [UInt8] = []
        while let line = source.line() {
            output += ByteWriter.collect(capacity: line.count + Redactor.growthLimit) { writer in
                _ = redactor.redact(line: unsafe line.span.bytes, into: &writer)
            }
            output.append(0x0A)
            guard output.count >= 64 << 10 || !source.hasLine else { continue }
            Console.write(output)
            output.removeAll(keepingCapacity: true)
        }
        Console.write(output)
    }
}
