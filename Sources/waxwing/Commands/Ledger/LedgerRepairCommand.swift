import ArgumentParser
import Ledger

struct LedgerRepairCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair", abstract: "Put a damaged ledger in order, with no relay on it.",
        discussion: """
            Example: waxwing ledger repair --data /var/lib/waxwing
                     waxwing ledger repair --data /var/lib/waxwing --write

            Damaged segments are set aside under `damaged`, and what is whole in them goes on being read; leaf hashes are \
            made anew from the records; what crashes left behind goes. The next start seals what is lost. What was altered is left as it is. \
            Exit codes: 0 all in order (or would be), 2 something cannot be put in order, 64 wrong options, 69 no \
            ledger, a relay runs on it, or it cannot be written.
            """)

    @OptionGroup var ledger: DataOption
    @OptionGroup var key: KeyOption

    @Flag(help: "Do it; without this, only say what would be done.")
    var write = false

    func run() throws {
        var steps: [LedgerRepair.Step] = []
        try report {
            let archive = try LedgerArchive(ledger.data)
            try FolderOwner.check(ledger.data)
            var repair = try LedgerRepair(archive, key.verifiers(archive), isTrial: !write)
            steps = try repair.run()
        }
        for step in steps {
            Console.say("\(step.isRemedy ? "REPAIR" : "CANNOT") \(step.path) \(step.detail)\n")
            for lost in step.lost { Console.say("LOST \(LedgerText.records(lost))\n") }
        }
        let remedies = steps.count { $0.isRemedy }
        if steps.isEmpty {
            Console.say("RESULT nothing to repair\n")
        } else if remedies == 0 {
            Console.say("RESULT nothing that can be repaired\n")
        } else {
            Console.say("RESULT \(write ? "repaired" : "nothing was changed; with --write it is")\n")
        }
        if remedies < steps.count { throw ExitCode(LedgerCheck.Outcome.incomplete.rawValue) }
    }
}
