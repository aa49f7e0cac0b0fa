import ArgumentParser
import Ledger
import Seal

/// `--data`, the ledger's directory.
struct DataOption: ParsableArguments {
    @Option(name: .long, help: "The relay's `data` folder.", completion: .directory)
    var data = "waxwing-data"

    func archive() throws -> LedgerArchive {
        do throws(LedgerError) { return try LedgerArchive(data) } catch {
            Console.complain("waxwing: \(error)")
            throw ExitStatus.unavailable
        }
    }
}

struct HeadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "head", abstract: "Print the newest checkpoint of a ledger, a signed note.",
        discussion: """
            Example: waxwing head --data /var/lib/waxwing > head.note
                     waxwing verify --key log.vkey --head head.note export.log
            """)

    @OptionGroup var ledger: DataOption

    func run() throws {
        let archive = try ledger.archive()
        guard let seal = try archive.newestSeal() else {
            Console.complain("waxwing: nothing is sealed yet")
            throw ExitStatus.unavailable
        }
        Console.say("\(try LedgerArchive.note(seal))")
    }
}

struct ProveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove", abstract: "Print a proof that a record is in the log (C2SP tlog-proof).",
        discussion: "Example: waxwing prove --data /var/lib/waxwing --index 4711 > 4711.tlog-proof")

    @OptionGroup var ledger: DataOption

    @Option(help: "Index of the record: `i` of its `waxwing` element.")
    var index: UInt64

    func run() throws {
        let archive = try ledger.archive()
        do {
            Console.say("\(try archive.proof(of: index))")
        } catch {
            Console.complain("waxwing: \(error)")
            throw ExitStatus.unavailable
        }
    }
}
