import ArgumentParser
import Ledger
import Seal

/// `--data`, the ledger's directory.
struct DataOption: ParsableArguments {
    @Option(
        name: .long, help: ArgumentHelp("The relay's `data` folder.", valueName: "folder"), completion: .directory)
    var data = "waxwing-data"
}

struct HeadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "head", abstract: "Print the newest checkpoint of a ledger, a signed note.",
        discussion: """
            Example: waxwing head --data /var/lib/waxwing > head.note
                     waxwing verify --key log.vkey --head head.note export.log

            Exit codes: 0 printed, 64 wrong options, 69 no ledger, or nothing sealed yet.
            """)

    @OptionGroup var ledger: DataOption

    func run() throws {
        try report {
            guard let seal = try LedgerArchive(ledger.data).newestSeal() else { throw NothingSealed() }
            Console.say("\(try seal.note)")
        }
    }

    private struct NothingSealed: Error, CustomStringConvertible {
        let description = "nothing is sealed yet; the relay seals what it has after `stream.batch.age`, 5 s by default"
    }
}

struct ProveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove", abstract: "Print a proof that a record is in the log (C2SP tlog-proof).",
        discussion: """
            Example: waxwing prove --data /var/lib/waxwing --index 4711 > 4711.tlog-proof

            Exit codes: 0 printed, 64 wrong options, 69 no ledger, or the record is not sealed yet.
            """)

    @OptionGroup var ledger: DataOption

    @Option(help: "Index of the record: `i` of its `waxwing` element.")
    var index: UInt64

    func run() throws {
        try report {
            Console.say("\(try LedgerArchive(ledger.data).proof(of: index))")
        }
    }
}
