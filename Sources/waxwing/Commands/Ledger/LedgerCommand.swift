import ArgumentParser
import Glibc
import Ledger
import Seal
import Syslog

struct LedgerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "Look into a ledger, check, export and repair it, and hold records in it.",
        discussion: """
            Example: waxwing ledger status --data /var/lib/waxwing
                     waxwing ledger export --since 2026-11-23T06:00:00Z > morning.log
                     waxwing ledger hold add case-4711 --from 1000 --to 1999

            All but `repair` may be used while a relay runs on the ledger.
            """,
        subcommands: [
            LedgerStatusCommand.self, LedgerCheckCommand.self, LedgerExportCommand.self, LedgerRepairCommand.self,
            LedgerHoldCommand.self,
        ])
}

/// The public key that seals are checked with.
struct KeyOption: ParsableArguments {
    @Option(
        help: "The log's public key (vkey), or a file with it; without it, the one that the ledger itself names.",
        completion: .file())
    var key: String?

    /// The keys; those in the ledger's own file unless one was given.
    func verifiers(_ archive: LedgerArchive) throws -> [LogVerifier] {
        guard let key else { return try archive.verifiers() }
        let isFile = unsafe access(key, F_OK) == 0
        let text = isFile ? String(decoding: try InputFile.read(key, limit: 1 << 20), as: UTF8.self) : key
        return try archive.verifiers(
            pinned: text.split(whereSeparator: \.isWhitespace).map { try LogVerifier(parsing: String($0)) })
    }
}

/// Records by index or by time, as options.
struct RangeOption: ParsableArguments {
    @Option(help: ArgumentHelp("Index of the first record.", valueName: "index"))
    var from: UInt64?

    @Option(help: ArgumentHelp("Index of the last record.", valueName: "index"))
    var to: UInt64?

    @Option(help: ArgumentHelp("Records written at this time or later (RFC 3339).", valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("Records written at this time or earlier (RFC 3339).", valueName: "time"))
    var until: String?

    mutating func validate() throws {
        if let from, let to, from > to { throw ValidationError("--from is behind --to") }
        if let times = try times(), since != nil, until != nil, times.lowerBound == times.upperBound, since != until {
            throw ValidationError("--since is behind --until")
        }
    }

    /// Nil if neither end was given.
    func indexes() -> ClosedRange<UInt64>? { from == nil && to == nil ? nil : (from ?? 0)...(to ?? .max) }

    /// Milliseconds since 1970; nil if neither end was given.
    func times() throws -> ClosedRange<UInt64>? {
        guard since != nil || until != nil else { return nil }
        let from = try since.map { try Self.milliseconds($0, "--since") } ?? 0
        let to = try until.map { try Self.milliseconds($0, "--until") } ?? .max
        guard from <= to else { throw ValidationError("--since is behind --until") }
        return from...to
    }

    private static func milliseconds(_ text: String, _ option: String) throws -> UInt64 {
        guard let time = Timestamp(rfc3339: text) else {
            throw ValidationError("\(option) takes a time such as 2026-11-23T12:00:00Z, not \(text)")
        }
        return UInt64(clamping: time.seconds * 1000 + Int64(time.microseconds / 1000))
    }
}

/// Words for reports.
enum LedgerText {
    static func records(_ range: Range<UInt64>) -> String {
        range.count == 1 ? "record \(range.lowerBound)" : "records \(range.lowerBound)..\(range.upperBound - 1)"
    }

    static func counted(_ count: UInt64, _ noun: String) -> String { count == 1 ? "1 \(noun)" : "\(count) \(noun)s" }

    static func time(_ milliseconds: UInt64) -> String { "\(SealTime(clamping: Int64(clamping: milliseconds)))" }

    /// Bytes in the largest unit in which they are one or more.
    static func size(_ bytes: UInt64) -> String {
        for (name, shift) in [("GiB", 30), ("MiB", 20), ("KiB", 10)] as [(String, UInt64)] where bytes >> shift > 0 {
            let tenths = ((bytes >> (shift - 10)) * 10) >> 10
            return "\(tenths / 10).\(tenths % 10) \(name)"
        }
        return "\(bytes) B"
    }
}
