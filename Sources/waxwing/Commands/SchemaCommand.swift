import ArgumentParser
import Settings

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the JSON Schema of the configuration file.",
        discussion: "Example: waxwing schema > waxwing.schema.json")

    func run() {
        Console.say(SettingsSchema.json())
    }
}
