import ArgumentParser
import Headscale

struct HeadscaleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "headscale", abstract: "What Headscale tells, and what it does not.",
        discussion: """
            Example: waxwing headscale coverage --config waxwing.yaml
                     waxwing headscale events
            """,
        subcommands: [HeadscaleCoverageCommand.self, HeadscaleEventsCommand.self])
}

struct HeadscaleEventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Print the list of events that records of Headscale have, in Markdown.",
        discussion: "Example: waxwing headscale events > docs/headscale-events.md")

    func run() {
        Console.say(HeadscaleEvent.page())
    }
}
