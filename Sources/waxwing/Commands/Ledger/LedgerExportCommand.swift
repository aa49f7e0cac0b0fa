import ArgumentParser
import Glibc
import Ledger

struct LedgerExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Copy records of a ledger to standard output or to a file.",
        discussion: """
            Example: waxwing ledger export --from 1000 --to 1999 --format ndjson
                     waxwing ledger export --since 2026-11-23T06:00:00Z | grep sshd

            Only what is durable is copied. `waxwing verify --from INDEX` checks what came of it; a batch that is not \
            copied whole cannot be checked. Exit codes: 0 copied, 2 some of the range are damaged or deleted, 64 wrong options, 69 no ledger, or it \
            cannot be read or written.
            """)

    @OptionGroup var ledger: DataOption
    @OptionGroup var range: RangeOption

    @Option(help: "lines, octet-counted, or ndjson (the record is in `event.original`).")
    var format = Format.lines

    @Option(name: .shortAndLong, help: "Write to this file, which must not exist.", completion: .file())
    var output: String?

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case lines
        case octetCounted = "octet-counted"
        case ndjson

        var value: LedgerExport.Format {
            switch self {
            case .lines: .lines
            case .octetCounted: .octetCounted
            case .ndjson: .ndjson
            }
        }
    }

    func run() throws {
        var (lost, deleted): ([Range<UInt64>], [Range<UInt64>]) = ([], [])
        try report {
            var export = LedgerExport(try LedgerArchive(ledger.data), format: format.value)
            let target = try output.map { try OutputFile($0) }
            let summary = try export.run(
                indexes: range.indexes() ?? 0...UInt64.max, times: try range.times() ?? 0...UInt64.max
            ) { bytes in
                if let target { try target.write(bytes) } else { Console.write(bytes) }
            }
            (lost, deleted) = (summary.lost, summary.deleted)
            try target?.sync()
        }
        for range in lost { Console.complain("waxwing: \(LedgerText.records(range)) damaged or gone, left out") }
        // Who does not say where to begin gets what there is.
        if range.from != nil || range.since != nil {
            for range in deleted {
                Console.complain("waxwing: \(LedgerText.records(range)) deleted on purpose, left out")
            }
            lost += deleted
        }
        if !lost.isEmpty { throw ExitCode(LedgerCheck.Outcome.incomplete.rawValue) }
    }
}

/// A new file that a command writes.
private final class OutputFile {
    private let file: any File
    private var offset: UInt64 = 0

    init(_ path: String) throws { file = try DiskFileSystem().open(path, .create) }

    func write(_ bytes: [UInt8]) throws {
        try file.write(bytes, at: offset)
        offset += UInt64(bytes.count)
    }

    func sync() throws { try file.sync() }
}
