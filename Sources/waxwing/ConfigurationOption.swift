import ArgumentParser
import Logging
import Relay
import Settings

/// `--config`, and what comes of it.
struct ConfigurationOption: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp("The configuration file; without it, the built-in defaults.", valueName: "file"),
        completion: .file())
    var config: String?

    /// The settings, or the end of the process with every error on its own line.
    func load() throws -> Settings {
        try config.map { try Self.load($0) } ?? .default
    }

    /// The settings in the file at `path`, or the end of the process with every error on its own line.
    static func load(_ path: String) throws -> Settings {
        do throws(SettingsErrors) {
            return try Settings.load(path: path, environment: Console.environment)
        } catch {
            Console.complain("\(error)")
            throw ExitStatus.configuration
        }
    }

    static func logger(_ settings: Settings) -> Logger {
        let environment = Console.environment
        var logger = Logger(label: "waxwing") { _ in StandardErrorLog(environment: environment) }
        logger.logLevel = Logger.Level(rawValue: settings.logLevel.rawValue) ?? .info
        return logger
    }
}
