import ArgumentParser
import Glibc
import Syslog
import TransparencyLog

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Show what Waxwing makes of each line.",
        discussion: """
            Example: tail -1 /var/log/headscale.log | waxwing explain
                     waxwing explain --json --framed --now 2026-01-01T00:00:00Z --time-zone Europe/Berlin capture.bin
            """)

    @Flag(help: "Print a JSON object for each record.")
    var json = false

    @Flag(help: "Each line of the input is one record in base64, so that it can hold any bytes.")
    var base64 = false

    @Flag(help: "The input is a byte stream, cut into records by the framing rules of a TCP listener.")
    var framed = false

    @Option(help: "When the records were received (RFC 3339); by default, now.")
    var now: String?

    @Option(help: "The zone of time stamps without one: UTC, +02:00 or a name such as Europe/Berlin.")
    var timeZone = "UTC"

    @Argument(help: "The input; standard input without it.", completion: .file())
    var file = "-"

    func validate() throws {
        if base64 && framed { throw ValidationError("--base64 and --framed cannot go together") }
    }

    func run() throws {
        let zone: TimeZoneRule
        do throws(TimeZoneError) { zone = try TimeZoneRule.named(timeZone) } catch {
            throw ValidationError("--time-zone: \(error)")
        }
        var explainer = try Explainer(now: try receivedAt(), zone: zone)
        guard let source = LineSource(file) else {
            Console.complain("waxwing: \(file) cannot be read: \(unsafe String(cString: strerror(errno)))")
            throw ExitStatus.unavailable
        }
        if framed { return try explainStream(source, &explainer) }
        var number = 0
        while let line = source.line() {
            number += 1
            guard base64 else {
                show(line, 0, &explainer)
                continue
            }
            guard let decoded = Base64.decode(String(decoding: line, as: UTF8.self)) else {
                Console.complain("waxwing: \(file):\(number): this is not base64")
                throw ExitStatus.unavailable
            }
            show(decoded, 0, &explainer)
        }
    }

    private func receivedAt() throws -> Timestamp {
        guard let now else { return Timestamp(seconds: Int64(time(nil)), fractionDigits: 0) }
        guard let time = Timestamp(rfc3339: now) else {
            throw ValidationError("--now takes a time such as 2026-11-23T12:00:00Z, not \(now)")
        }
        return time
    }

    private func explainStream(_ source: LineSource, _ explainer: inout Explainer) throws {
        var framer = Framer()
        var bytes: [UInt8] = []
        var isAtEnd = false
        while !isAtEnd {
            if let more = source.chunk() { bytes += more } else { isAtEnd = true }
            var position = 0
            frames: while true {
                let step =
                    unsafe isAtEnd
                    ? framer.finish(bytes.span.bytes, position: &position)
                    : framer.next(bytes.span.bytes, position: &position)
                switch step {
                case .frame(let range, let originalLength): show(Array(bytes[range]), originalLength, &explainer)
                case .incomplete(let keep):
                    bytes = Array(bytes[position...].prefix(keep))
                    break frames
                case .refused(let mistake):
                    Console.complain("waxwing: \(file): this is not syslog but \(mistake.code): \(mistake.remedy)")
                    throw ExitStatus.unavailable
                }
            }
        }
    }

    private func show(_ frame: [UInt8], _ originalLength: Int, _ explainer: inout Explainer) {
        let explanation = Explanation(frame, originalLength: originalLength, &explainer)
        Console.say("\(json ? explanation.json : explanation.text)\n")
    }
}
