import ArgumentParser
import Relay
import Settings

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a configuration and all it names: keys, certificates, ledger, addresses.",
        discussion: """
            Example: waxwing check --config waxwing.yaml --connect

            Nothing is changed. Exit codes: 0 all well, 69 something cannot be used, 78 the configuration is wrong.
            """)

    @OptionGroup var configuration: ConfigurationOption

    @Flag(help: "Also connect to the destinations, TLS handshake included.")
    var connect = false

    func run() throws {
        let settings = try configuration.load()
        var failed = false
        for finding in SetupCheck(settings).run(connecting: connect) {
            Console.say("\(finding)\n")
            failed = failed || finding.isError
        }
        if failed { throw ExitStatus.unavailable }
    }
}
