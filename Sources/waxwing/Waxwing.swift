import ArgumentParser
import Relay

/// The command line. Each command is a file under `Commands`; what it does lies in a library.
@main
struct Waxwing: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "waxwing",
        abstract: "A syslog relay for Headscale whose records can be proven complete and unaltered.",
        discussion: """
            Example: waxwing run
                     logger --server 127.0.0.1 --port 5514 --tcp --rfc5424 hello
                     waxwing verify --key waxwing-data/keys/log.vkey waxwing-data

            Completions: waxwing --generate-completion-script bash
            """,
        version: Version.text,
        subcommands: [
            RunCommand.self, StatusCommand.self, CheckCommand.self, ExplainCommand.self, RedactCommand.self,
            VerifyCommand.self,
            HeadCommand.self, ProveCommand.self, LedgerCommand.self, KeysCommand.self, SetupCommand.self,
            DeadLettersCommand.self, HeadscaleCommand.self, SchemaCommand.self, VersionCommand.self,
        ])
}

/// Exit codes, beside the 0, 1, 2 and 3 of `verify` and the argument parser's 64 (sysexits.h where one fits).
enum ExitStatus {
    /// A configuration that cannot be used (EX_CONFIG).
    static let configuration = ExitCode(78)
    /// A file, a key or an address that cannot be used (EX_CANTCREAT and the like).
    static let unavailable = ExitCode(69)
    /// The ledger could not be written (EX_IOERR).
    static let failed = ExitCode(74)
}

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version.", discussion: "Example: waxwing version")

    func run() {
        print("waxwing \(Version.text)")
    }
}
