import ArgumentParser
import Glibc
import Syslog
import Verify

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Verify an export of a log, from wherever it was exported.",
        discussion: """
            Example: waxwing verify --key log.vkey export.ndjson.gz
                     waxwing verify --key "$(cat log.vkey)" --until 2026-11-23T12:00:00Z part1.log part2.log
                     waxwing verify --key log.vkey --write - export.log.gz | grep sshd

            Reads lines, octet-counted streams, NDJSON, Elasticsearch and Splunk exports and ledger segments, all of them \
            also as gzip or zstd; `-` is standard input. Several files are one export, in any order and with any overlap. A folder \
            stands for the segments of the ledger in it, or for the files that a file destination wrote there.

            To compare copies of a record that are far apart, files are read a second time. For a pipe, the leaf hashes \
            are kept in a file without a name in $TMPDIR or /var/tmp, 64 bytes a record, 4 GiB at most.

            Exit codes: 0 verified and complete, 1 tampered, 2 incomplete (missing, cut off, stale), 3 cannot verify, \
            64 wrong options.
            """)

    @Option(
        help: "The log's public key (vkey), or a file with it. It is never taken from the export.", completion: .file())
    var key: String

    @Option(help: "A file with the first key of the HMAC ratchet; checks the MACs too.", completion: .file())
    var macKey: String?

    @Option(
        help: """
            A folder with the relay's leaf hashes, or its data folder: names altered records, not only their batch.
            """,
        completion: .directory)
    var hashes: String?

    @Option(help: "The export must reach this time (RFC 3339).")
    var until: String?

    @Option(
        help: "How much older the newest seal may be than --until, or than now if records follow it: 30s, 5m, 1h.")
    var maxLag = "5m"

    @Option(
        help: "A checkpoint (signed note) that the export must reach and agree with: a file, or a URL.",
        completion: .file())
    var head: String?

    @Option(help: "The index of the first record the export is to have; it is complete from there.")
    var from: UInt64 = 0

    @Flag(
        help: """
            Prove a filtered export by the leaf hashes, and do not ask for completeness. Without a seal in the export, \
            --head takes its place.
            """)
    var subset = false

    @Flag(help: "Print the report as JSON.")
    var json = false

    @Option(
        help: """
            Write the verified records to this file, one a line, in the order of their indexes. `-` is standard \
            output, which gets them as they are verified; the report then goes to standard error.
            """, completion: .file())
    var write: String?

    @Argument(help: "Files or folders with the export, or `-`.", completion: .file())
    var files: [String]

    func run() throws {
        var options = VerifyOptions(key: try Self.contents(key, orTextWith: "+"))
        options.macKey = try macKey.map { try Self.read($0) }
        options.hashes = hashes
        options.until = try until.map { try Self.time($0) }
        options.lagLimit = try Self.milliseconds(maxLag)
        options.head = try head.map { place in try Self.reading { try HeadSource.read(place) } }
        options.start = from
        options.isSubset = subset
        options.output = write
        let report: VerifyReport
        do throws(VerificationError) {
            report = try Verification.run(options, files.flatMap { inputs($0) })
        } catch {
            Console.complain("waxwing: \(error)")
            throw ExitCode(error.exitCode)
        }
        let text = json ? report.json + "\n" : report.text
        Console.write(Array(text.utf8), to: write == "-" ? STDERR_FILENO : STDOUT_FILENO)
        throw ExitCode(report.outcome.exitCode)
    }

    private func inputs(_ path: String) -> [ExportInput] {
        ExportFolder.files(path)?.map { .path($0) } ?? [ExportInput(argument: path)]
    }

    /// The text itself if it looks like a key, else the contents of the file it names.
    private static func contents(_ argument: String, orTextWith mark: Character) throws -> String {
        let isFile = unsafe access(argument, F_OK) == 0
        guard isFile || !argument.contains(mark) else { return argument }
        return String(decoding: try read(argument), as: UTF8.self)
    }

    private static func read(_ path: String) throws -> [UInt8] {
        try reading { try InputFile.read(path, limit: 1 << 20) }
    }

    /// Runs `body`; what cannot be read for it cannot be verified with.
    private static func reading<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            Console.complain("waxwing: \(error)")
            throw ExitCode(VerifyReport.Outcome.unverifiable.exitCode)
        }
    }

    private static func time(_ text: String) throws -> Int64 {
        guard let time = Timestamp(rfc3339: text) else {
            throw ValidationError("--until takes a time such as 2026-11-23T12:00:00Z, not \(text)")
        }
        return time.seconds * 1000 + Int64(time.microseconds / 1000)
    }

    private static func milliseconds(_ text: String) throws -> Int64 {
        let units: [(String, Int64)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]
        for (unit, factor) in units where text.hasSuffix(unit) {
            if let number = Int64(text.dropLast(unit.count)), number >= 0, number < 1 << 31 { return number * factor }
        }
        throw ValidationError("--max-lag takes a duration such as 30s, 5m or 1h, not \(text)")
    }
}
