import ArgumentParser
import Glibc
import Headscale
import Ledger
import Relay
import Settings

struct HeadscaleCoverageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coverage",
        abstract:
            "Tell which events that matter Headscale logs, which Waxwing finds out by asking, and which nobody tells.",
        discussion: """
            Example: waxwing headscale coverage --config waxwing.yaml
                     waxwing headscale coverage --version 0.29 --level info --json

            Of the ledger, the records of the last days are looked through for each event; a relay may run on it. Exit \
            codes: 0 done, 64 wrong options, 69 the ledger cannot be read, 78 the configuration is wrong.
            """)

    @OptionGroup var configuration: ConfigurationOption

    @Option(
        help: ArgumentHelp(
            "The version of Headscale; by default the one that it last named in the ledger, else the newest known.",
            valueName: "version"),
        transform: { try Self.version($0) })
    var version: HeadscaleVersion?

    @Option(help: ArgumentHelp("Headscale's log.level.", valueName: "level"))
    var level = "info"

    @Option(help: ArgumentHelp("Days of the ledger to look through, 1 to 3650.", valueName: "days"))
    var days = 30

    @Flag(help: "Print the report as JSON.")
    var json = false

    private static func version(_ text: String) throws -> HeadscaleVersion {
        let known = HeadscaleVersion.known
        guard let version = HeadscaleVersion(text), known.contains(version) else {
            throw ValidationError("write a version from \(known.lowerBound) to \(known.upperBound)")
        }
        return version
    }

    func validate() throws {
        guard (1...3650).contains(days) else { throw ValidationError("--days takes 1 to 3650") }
        guard
            CoverageAudit(HeadscaleVersion.known.upperBound, level: level, asking: Asking(), sightings: Sightings())
                != nil
        else {
            throw ValidationError("--level takes trace, debug, info, warn, error, fatal or panic")
        }
    }

    func run() throws {
        let settings = try configuration.load()
        let folder = settings.data
        var found: Sightings?
        try report { found = try look(into: folder) }
        let sightings = found ?? Sightings()
        let seen = sightings.version.flatMap { HeadscaleVersion($0) }
        let chosen = version ?? seen ?? HeadscaleVersion.known.upperBound
        let source = version != nil ? "option" : seen != nil ? "ledger" : "newest"
        // The level was checked before.
        guard
            let audit = CoverageAudit(
                chosen, level: level, asking: settings.headscale.map { Asking($0) } ?? Asking(), sightings: sightings)
        else {
            return
        }
        let text = CoverageText(audit, versionFrom: source, days: days, ledger: found == nil ? nil : folder)
        Console.say(json ? text.json : text.text)
    }

    /// What was recorded in the last days; nil if there is no ledger.
    private func look(into folder: String) throws -> Sightings? {
        guard DiskFileSystem().exists(Layout(folder).origin) else { return nil }
        let now = UInt64(time(nil)) * 1000
        let since = now - min(now, UInt64(days) * 86_400_000)
        var export = LedgerExport(try LedgerArchive(folder), format: .lines)
        var sightings = Sightings()
        _ = try export.run(indexes: 0...UInt64.max, times: since...UInt64.max) { sightings.note($0) }
        return sightings
    }
}
