import ArgumentParser
import Delivery
import Ledger

struct DeadLettersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deadletters",
        abstract: "Records that a destination will never take: look at them, send or drop them.",
        discussion: """
            They are kept, with the reason, in a sealed log of their own below the relay's data folder.

            Example: waxwing deadletters list --data /var/lib/waxwing
                     waxwing deadletters resend --data /var/lib/waxwing --destination siem
                     waxwing verify --key DATA/deadletters/keys/log.vkey DATA/deadletters
            """,
        subcommands: [
            DeadLettersListCommand.self, DeadLettersShowCommand.self, DeadLettersResendCommand.self,
            DeadLettersDropCommand.self,
        ])
}

/// Which dead letters a command is about.
struct DeadLetterSelection: ParsableArguments {
    @OptionGroup var ledger: DataOption

    @Option(help: "Only those of this destination.")
    var destination: String?

    @Option(help: "Only the record with this index in the main ledger; may be given several times.")
    var index: [UInt64] = []

    /// The folder of the dead letters. Throws when there is no ledger around it.
    func layout() throws -> Layout { try LedgerArchive(ledger.data).layout.deadLetters }

    func request(_ action: DeadLetterRequest.Action) -> DeadLetterRequest {
        DeadLetterRequest(action, destination: destination, indexes: Set(index))
    }

    func open() throws -> OpenDeadLetters {
        try OpenDeadLetters(layout(), where: request(.resend).includes)
    }
}

struct DeadLettersListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Print the open dead letters, a line each: destination, index, status, reason.",
        discussion: """
            Works while the relay runs. Those that were sent again or dropped are left out.

            Example: waxwing deadletters list --destination siem

            Exit codes: 0 printed, 64 wrong options, 69 no ledger.
            """)

    @OptionGroup var selection: DeadLetterSelection

    func run() throws {
        try report {
            let open = try selection.open()
            try open.visit { letter, _ in
                Console.say("\(letter.key.destination) \(letter.key.index) \(letter.status) \(letter.reason)\n")
            }
            Console.complain(DeadLetterText.count(open))
        }
    }
}

struct DeadLettersShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print open dead letters with the records themselves.",
        discussion: """
            Example: waxwing deadletters show --destination siem --index 4711

            Exit codes: 0 printed, 64 wrong options, 69 no ledger.
            """)

    @OptionGroup var selection: DeadLetterSelection

    func run() throws {
        try report {
            let open = try selection.open()
            try open.visit { letter, original in
                let line =
                    original.isEmpty ? "(the record was lost in the ledger)" : String(decoding: original, as: UTF8.self)
                Console.say(
                    """
                    destination  \(letter.key.destination)
                    index        \(letter.key.index)
                    status       \(letter.status)
                    reason       \(letter.reason)
                    record       \(line)


                    """)
            }
            Console.complain(DeadLetterText.count(open))
        }
    }
}

struct DeadLettersResendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resend", abstract: "Have the relay send dead letters again.",
        discussion: """
            The running relay does it within a second or so, otherwise the next one to start. A letter whose record arrives \
            is closed; one that is rejected again stays.

            Example: waxwing deadletters resend --destination siem
                     waxwing deadletters resend --all

            Exit codes: 0 asked for, or nothing to do; 64 wrong options, 69 no ledger, or its folder cannot be written to.
            """)

    @OptionGroup var selection: DeadLetterSelection
    @Flag(help: "All of them.") var all = false

    func validate() throws { try DeadLetterText.checkSelection(selection, all) }

    func run() throws { try report { try DeadLetterText.ask(selection, .resend) } }
}

struct DeadLettersDropCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop", abstract: "Have the relay close dead letters without sending them.",
        discussion: """
            That they were dropped, and when, is sealed in their log; the records stay in both ledgers.

            Example: waxwing deadletters drop --destination siem --index 4711

            Exit codes: 0 asked for, or nothing to do; 64 wrong options, 69 no ledger, or its folder cannot be written to.
            """)

    @OptionGroup var selection: DeadLetterSelection
    @Flag(help: "All of them.") var all = false

    func validate() throws { try DeadLetterText.checkSelection(selection, all) }

    func run() throws { try report { try DeadLetterText.ask(selection, .drop) } }
}

/// What the commands have in common.
enum DeadLetterText {
    static func count(_ open: OpenDeadLetters) -> String {
        "\(open.count)\(open.isCut ? " and more" : "") open dead letter\(open.count == 1 ? "" : "s")"
            + (open.damaged > 0 ? "; \(open.damaged) records of their ledger are damaged" : "")
    }

    static func checkSelection(_ selection: DeadLetterSelection, _ all: Bool) throws {
        let isNarrow = selection.destination != nil || !selection.index.isEmpty
        guard isNarrow != all else {
            throw ValidationError(
                all ? "--all does not go with --destination or --index." : "Give --destination, --index or --all.")
        }
    }

    static func ask(_ selection: DeadLetterSelection, _ action: DeadLetterRequest.Action) throws {
        let open = try selection.open()
        guard open.count > 0 else { return Console.complain(count(open)) }
        try FolderOwner.check(selection.layout().directory)
        try selection.request(action).leave(selection.layout())
        Console.complain(
            "\(count(open)); the relay has been asked to \(action.rawValue) \(open.count == 1 ? "it" : "them")")
    }
}
