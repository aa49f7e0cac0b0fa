import ArgumentParser
import Settings

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the JSON Schema of the configuration file, or an example of it.",
        discussion: """
            Example: waxwing schema > waxwing.schema.json
                     waxwing schema --example > waxwing.yaml
            """)

    @Flag(help: "Print a configuration file with every key, its default and what it means.")
    var example = false

    func run() {
        Console.say(example ? SettingsSchema.example() : SettingsSchema.json())
    }
}
