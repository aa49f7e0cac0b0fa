import ArgumentParser
import Relay
import Settings

struct SetupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract: "Make what a destination needs at its server.",
        discussion: "Example: waxwing setup elasticsearch --config waxwing.yaml",
        subcommands: [SetupElasticsearchCommand.self])
}

struct SetupElasticsearchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "elasticsearch",
        abstract: "Make the index template and the data stream in Elasticsearch or OpenSearch.",
        discussion: """
            Uses the destination's own addresses and credentials, which need the
            privileges manage_index_templates and create_index for this. To do it
            again changes nothing.

            Example: waxwing setup elasticsearch --config waxwing.yaml
                     waxwing setup elasticsearch --config waxwing.yaml --print

            Exit codes: 0 done, 64 wrong options, 69 the server cannot be reached or refuses, 78 wrong configuration.
            """)

    @OptionGroup var configuration: ConfigurationOption

    @Option(help: "The destination's name; may be left out where there is only one of type elasticsearch.")
    var destination: String?

    @Flag(help: "Print the index template, and send nothing.")
    var print = false

    @Flag(name: .customLong("opensearch"), help: "With --print: the one for OpenSearch.")
    var isOpenSearch = false

    func run() throws {
        let settings = try configuration.load()
        do {
            let setup = try ElasticsearchSetup(settings, destination: destination)
            if print { return Console.say(setup.template(forOpenSearch: isOpenSearch)) }
            try setup.run { Console.say("\($0)\n") }
        } catch {
            Console.complain("waxwing: \(error)")
            throw ExitStatus.unavailable
        }
    }
}
