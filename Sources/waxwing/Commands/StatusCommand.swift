import ArgumentParser
import Settings

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Print how a running relay is: its ledger, listeners and destinations.",
        discussion: """
            Example: waxwing status --config /etc/waxwing/waxwing.yaml
                     waxwing status --url http://127.0.0.1:9514 --json

            Asks the relay's metrics port. Exit codes: 0 printed, 64 wrong options, 69 no relay answers there, 78 the \
            configuration is wrong.
            """)

    /// Octets of a status at most.
    private static let limit = 1 << 20

    @OptionGroup var configuration: ConfigurationOption

    @Option(help: ArgumentHelp("Where the relay answers, instead of its configuration.", valueName: "url"))
    var url: String?

    @Flag(help: "Print the status as JSON.")
    var json = false

    func run() throws {
        let base = try url ?? address()
        try report {
            let url = (base.hasSuffix("/") ? String(base.dropLast()) : base) + "/status"
            let accept = json ? "application/json" : "text/plain"
            Console.say(try WebSource.fetch(url, accept: accept, limit: Self.limit))
        }
    }

    private func address() throws -> String {
        guard let address = try configuration.load().metrics else {
            throw ValidationError("the relay has no metrics port (metrics: off), so it cannot be asked")
        }
        return "http://\(address)"
    }
}
