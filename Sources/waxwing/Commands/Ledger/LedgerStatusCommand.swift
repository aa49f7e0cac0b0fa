import ArgumentParser
import Ledger
import Relay

struct LedgerStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Say what is in a ledger, and who has how much of it.",
        discussion: """
            Example: waxwing ledger status --data /var/lib/waxwing --json

            Exit codes: 0 printed, 64 wrong options, 69 no ledger, or one that cannot be read.
            """)

    @OptionGroup var ledger: DataOption

    @Option(
        help: ArgumentHelp(
            "The relay's configuration file: its ledger is meant, and its disk budget is shown.", valueName: "file"),
        completion: .file())
    var config: String?

    @Flag(help: "Print it as JSON.")
    var json = false

    func run() throws {
        let settings = try config.map { try ConfigurationOption.load($0) }
        try report {
            let folder = settings?.data ?? ledger.data
            let status = try LedgerStatus(LedgerArchive(folder))
            let use = settings.map { DiskBudget.use($0) }
            Console.say(json ? Self.json(status, use) : Self.text(status, folder, use))
        }
    }

    // MARK: - Text

    private static func text(_ status: LedgerStatus, _ folder: String, _ use: DiskUse?) -> String {
        var lines = [
            "log           \(status.origin)",
            "key           \(status.key)",
            "ledger        \(folder), \(status.isRunning ? "a relay runs on it" : "no relay runs on it")",
            "records       \(records(status))",
            "leaf hashes   \(status.oldestHash.map { "from record \($0) on" } ?? "none")",
            "newest seal   \(seal(status))",
            "segments      \(status.segmentCount), \(status.compressedCount) compressed",
            "disk          \(LedgerText.size(status.textBytes)) of records, \(LedgerText.size(status.hashBytes)) of hashes"
                + free(folder),
        ]
        if let use {
            lines.append(
                "budget        \(LedgerText.size(use.used)) of \(LedgerText.size(use.usable)), \(use.share) %")
        }
        lines += status.deleted.map { "deleted       \(LedgerText.records($0)), on purpose" }
        lines += status.unsealedLosses.map { "lost          \(LedgerText.records($0)), which the next start seals" }
        lines += status.destinations.map { "destination   \(destination($0, status))" }
        lines += status.holds.map { hold in
            let reason = hold.reason.isEmpty ? "" : " (\(hold.reason))"
            return "hold          \(hold.name): \(hold.extent)\(reason)"
        }
        lines += status.setAside.map { "set aside     \($0.name), \(LedgerText.size($0.bytes))" }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func records(_ status: LedgerStatus) -> String {
        guard !status.records.isEmpty else { return "none" }
        let since = status.oldestTime.map { ", since \(LedgerText.time($0))" } ?? ""
        return "\(status.records.lowerBound)..\(status.records.upperBound - 1)\(since)"
    }

    private static func seal(_ status: LedgerStatus) -> String {
        guard let seal = status.newestSeal else { return "none" }
        return "number \(seal.number) of \(seal.time), over \(LedgerText.counted(seal.size, "record"))"
    }

    private static func free(_ folder: String) -> String {
        FreeSpace.bytes(of: folder).map { "; \(LedgerText.size($0)) free" } ?? ""
    }

    private static func destination(_ destination: LedgerStatus.Destination, _ status: LedgerStatus) -> String {
        guard let next = destination.nextIndex else { return "\(destination.name): has nothing yet" }
        let lag = status.records.upperBound - min(next, status.records.upperBound)
        let behind = lag == 0 ? "has everything" : "\(LedgerText.counted(lag, "record")) behind"
        return "\(destination.name): has what is before record \(next), \(behind)"
    }

    // MARK: - JSON

    private static func json(_ status: LedgerStatus, _ use: DiskUse?) -> String {
        let seal = status.newestSeal.map { seal in
            JSONLine.object([
                ("number", "\(seal.number)"), ("size", "\(seal.size)"), ("time", JSONLine.string("\(seal.time)")),
            ])
        }
        let members: [(String, String)] = [
            ("origin", JSONLine.string(status.origin)),
            ("key", JSONLine.string(status.key)),
            ("running", "\(status.isRunning)"),
            ("oldest_record", status.records.isEmpty ? "null" : "\(status.records.lowerBound)"),
            ("next_record", "\(status.records.upperBound)"),
            ("oldest_hash", status.oldestHash.map { "\($0)" } ?? "null"),
            ("newest_seal", seal ?? "null"),
            ("segments", "\(status.segmentCount)"),
            ("compressed_segments", "\(status.compressedCount)"),
            ("record_bytes", "\(status.textBytes)"),
            ("hash_bytes", "\(status.hashBytes)"),
            (
                "budget",
                use.map { JSONLine.object([("used", "\($0.used)"), ("usable", "\($0.usable)")]) } ?? "null"
            ),
            ("deleted", ranges(status.deleted)),
            ("unsealed_losses", ranges(status.unsealedLosses)),
            (
                "destinations",
                JSONLine.array(status.destinations.map { destination(json: $0, status.records.upperBound) })
            ),
            ("holds", JSONLine.array(status.holds.map(hold))),
            (
                "set_aside",
                JSONLine.array(
                    status.setAside.map {
                        JSONLine.object([("name", JSONLine.string($0.name)), ("bytes", "\($0.bytes)")])
                    })
            ),
        ]
        return JSONLine.object(members) + "\n"
    }

    private static func ranges(_ ranges: [Range<UInt64>]) -> String {
        JSONLine.array(ranges.map { "[\($0.lowerBound),\($0.upperBound - 1)]" })
    }

    private static func destination(json destination: LedgerStatus.Destination, _ end: UInt64) -> String {
        let next = destination.nextIndex ?? 0
        return JSONLine.object([
            ("name", JSONLine.string(destination.name)),
            ("next_record", destination.nextIndex.map { "\($0)" } ?? "null"),
            ("lag_records", "\(end - min(next, end))"),
        ])
    }

    private static func hold(_ hold: Hold) -> String {
        func bound(_ value: UInt64?) -> String { value.map { $0 == .max ? "null" : "\($0)" } ?? "null" }
        return JSONLine.object([
            ("name", JSONLine.string(hold.name)),
            ("from", bound(hold.indexes?.lowerBound)), ("to", bound(hold.indexes?.upperBound)),
            ("since_ms", bound(hold.times?.lowerBound)), ("until_ms", bound(hold.times?.upperBound)),
            ("reason", JSONLine.string(hold.reason)), ("added_ms", "\(hold.addedAt)"),
        ])
    }
}
