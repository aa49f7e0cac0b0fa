import Glibc
import Testing

/// Every session in `Golden` gives what stands there. With WAXWING_RECORD_GOLDEN=1 it is written there instead.
@Suite struct CommandLineTests {
    private static let isRecording = unsafe getenv("WAXWING_RECORD_GOLDEN") != nil

    @Test(arguments: Session.names)
    func session(_ name: String) {
        let session = Session(name)
        let steps = session.run()
        #expect(!steps.isEmpty)
        if Self.isRecording { return session.record(steps) }
        for step in steps where step.actual != step.expected {
            let difference = step.actual.difference(from: step.expected).map { change in
                switch change {
                case .insert(_, let line, _): "is:        \(line)"
                case .remove(_, let line, _): "should be: \(line)"
                }
            }
            Issue.record("Golden/\(name):\(step.line): \(step.command)\n\(difference.joined(separator: "\n"))")
        }
    }

    /// The sessions name every command, so that none is forgotten when one is added.
    @Test func sessionsCoverEveryCommand() {
        let help = String(decoding: Child(["--help"], in: "/").wait().output, as: UTF8.self)
        let listed = help.split(separator: "SUBCOMMANDS:")[1].matches(of: #/\n  ([a-z]+) /#).map { $0.output.1 }
        let typed = Session.names.flatMap { Session($0).commands }
        #expect(listed.contains("version"))
        for command in listed {
            #expect(typed.contains("$ waxwing \(command) --help"))
            #expect(typed.filter { $0.hasPrefix("$ waxwing \(command)") }.count > 1)
        }
    }
}
