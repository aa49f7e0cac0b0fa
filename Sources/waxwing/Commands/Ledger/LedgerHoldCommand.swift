import ArgumentParser
import Batch
import Glibc
import Ledger

struct LedgerHoldCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "Keep records from being deleted, whatever the configuration says.",
        discussion: """
            Example: waxwing ledger hold add case-4711 --from 1000 --reason "order 12/26"
                     waxwing ledger hold list
                     waxwing ledger hold release case-4711

            The relay, running or at its next start, seals that a hold was added or released. Exit codes: 0 done, 64 \
            wrong options, 69 it cannot be done.
            """,
        subcommands: [Add.self, List.self, Release.self])

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hold records, by index or by the time they were written.",
            discussion: """
                Example: waxwing ledger hold add case-4711 --from 1000 --to 1999

                Without --to or --until, what comes later is held, too. What is held when this ends stays.
                """)

        @Argument(help: "A name for it: letters, digits, `-`, `_` and dots.")
        var name: String

        @OptionGroup var ledger: DataOption
        @OptionGroup var range: RangeOption

        @Option(help: "Why, in one line; it is sealed.")
        var reason = ""

        mutating func validate() throws {
            guard Hold.isName(name) else {
                throw ValidationError("the name of a hold has up to \(Hold.nameLimit) letters, digits, -, _ and dots")
            }
            guard Hold.isReason(reason) else {
                throw ValidationError("a reason is one line of up to \(Hold.reasonLimit) bytes")
            }
            guard try range.indexes() != nil || range.times() != nil else {
                throw ValidationError("say what to hold: --from, --to, --since or --until; --from 0 holds everything")
            }
        }

        func run() throws {
            try report {
                let hold = Hold(
                    name: name, indexes: range.indexes(), times: try range.times(), reason: reason,
                    addedAt: Clock.wall() / 1_000_000)
                let archive = try LedgerArchive(ledger.data)
                try HoldCommand.change(ledger.data) { try $0.add(hold) }
                Console.say("held: \(hold.extent)\n")
                let oldest = try LedgerStatus(archive).records.lowerBound
                if oldest > hold.indexes?.lowerBound ?? 0 {
                    Console.complain("waxwing: records before \(oldest) are not there any more")
                }
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what is held.", discussion: "Example: waxwing ledger hold list")

        @OptionGroup var ledger: DataOption

        func run() throws {
            try report {
                for hold in try Holds(LedgerArchive(ledger.data).layout).all() {
                    let reason = hold.reason.isEmpty ? "" : "  \(hold.reason)"
                    Console.say("\(hold.name)  \(LedgerText.time(hold.addedAt))  \(hold.extent)\(reason)\n")
                }
            }
        }
    }

    struct Release: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Release a hold: its records are deleted when their time has come.",
            discussion: "Example: waxwing ledger hold release case-4711")

        @Argument(help: "The hold's name.")
        var name: String

        @OptionGroup var ledger: DataOption

        mutating func validate() throws {
            guard Hold.isName(name) else { throw ValidationError("there can be no hold of that name") }
        }

        func run() throws {
            try report {
                _ = try LedgerArchive(ledger.data)
                try HoldCommand.change(ledger.data) { try $0.release(name) }
            }
        }
    }
}

/// What `hold add` and `hold release` have in common.
private enum HoldCommand {
    /// How often, and how many microseconds apart, it is tried to get the lock from a relay that is deleting.
    private static let tries = 100
    private static let pause: UInt32 = 50_000

    static func change(_ data: String, _ body: (Holds) throws -> Void) throws {
        try FolderOwner.check(data)
        let holds = Holds(Layout(data))
        for _ in 0..<tries {
            if try holds.locked({ try body(holds) }) != nil { return }
            usleep(pause)
        }
        throw InputError("the relay on \(data) is deleting records for seconds now: try again")
    }
}
