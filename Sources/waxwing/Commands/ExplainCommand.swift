import ArgumentParser
import Glibc
import Syslog
import TransparencyLog

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Show what Waxwing makes of each line.",
        discussion: """
            Example: tail -1 /var/log/headscale.log | waxwing explain
                     waxwing explain --json --time-zone Europe/Berlin old.log
                     waxwing explain --framed --now 2026-11-23T12:00:00Z capture.bin

            Secrets are shown as they would be kept: replaced. Exit codes: 0 done, 64 wrong options, 69 the input \
            cannot be read or is not syslog.
            """)

    @Flag(help: "Print a JSON object for each record.")
    var json = false

    @Flag(help: "Each line of the input is one record in base64, so that it can hold any bytes.")
    var base64 = false

    @Flag(help: "The input is a byte stream, cut into records by the framing rules of a TCP listener.")
    var framed = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("When the records were received (RFC 3339); by default, now.", valueName: "time"),
        transform: { text in
            if let time = Timestamp(rfc3339: text) { return time }
            throw ValidationError("write a time such as 2026-11-23T12:00:00Z")
        })
    var now: Timestamp?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The zone of time stamps without one: UTC, +02:00 or a name such as Europe/Berlin; by default, UTC.",
            valueName: "zone"),
        transform: { try TimeZoneRule.named($0) })
    var timeZone: TimeZoneRule?

    @Argument(help: "The input; standard input without it.", completion: .file())
    var file = "-"

    func validate() throws {
        if base64 && framed { throw ValidationError("--base64 and --framed cannot go together") }
    }

    func run() throws {
        try report {
            let now = now ?? Timestamp(seconds: Int64(time(nil)), fractionDigits: 0)
            var explainer = try Explainer(now: now, zone: timeZone ?? .utc)
            let source = try LineSource(file)
            try framed ? explainStream(source, &explainer) : explainLines(source, &explainer)
        }
    }

    private func explainLines(_ source: LineSource, _ explainer: inout Explainer) throws(InputError) {
        var number = 0
        while var line = try source.line() {
            number += 1
            // No part of the record, as on a TCP connection.
            if line.last == 0x0D { line.removeLast() }
            guard base64 else {
                show(line, 0, &explainer)
                continue
            }
            guard let decoded = Base64.decode(String(decoding: line, as: UTF8.self)) else {
                throw InputError("\(source.name):\(number): this is not base64")
            }
            show(decoded, 0, &explainer)
        }
    }

    private func explainStream(_ source: LineSource, _ explainer: inout Explainer) throws(InputError) {
        var framer = Framer()
        var bytes: [UInt8] = []
        var isAtEnd = false
        while !isAtEnd {
            if let more = try source.chunk() { bytes += more } else { isAtEnd = true }
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
                    throw InputError("\(source.name): this is not syslog but \(mistake.code): \(mistake.remedy)")
                }
            }
        }
    }

    private func show(_ frame: [UInt8], _ originalLength: Int, _ explainer: inout Explainer) {
        let explanation = Explanation(frame, originalLength: originalLength, &explainer)
        Console.say("\(json ? explanation.json : explanation.text)\n")
    }
}
