import ArgumentParser
import Ledger
import Relay
import Seal
import Settings

struct RotateKeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Replace the key of a log by another one. The relay must not run.",
        discussion: """
            Example: waxwing keys rotate --config /etc/waxwing/waxwing.yaml
                     waxwing keys rotate --data /var/lib/waxwing --new-key 'pkcs11:token=log2'

            A note signed by both keys goes into the log, in a batch that is the old key's last one. `waxwing verify` follows \
            it both ways: who has pinned either key verifies all of the log. The new key takes the old one's file, which \
            erases the old one. With --new-key it stays where it is, and `stream.key` has to name it from then on.

            Exit codes: 0 done, 64 wrong options, 69 a relay runs, or a file or key cannot be used, 78 the configuration is \
            wrong.
            """)

    @OptionGroup var place: LogPlace

    @Option(
        help: ArgumentHelp(
            "The new key: a PEM file or an OSSL_STORE URI; without it, one is made.", valueName: "key"),
        completion: .file())
    var newKey: String?

    func run() throws {
        let settings = try place.load()
        try report {
            let note = try KeyChange.run(settings, newKey: newKey)
            Console.say("old key  \(note.old) signed records up to \(note.size - 1)\n")
            Console.say("new key  \(note.new) signs those behind\n")
            if let newKey { Console.say("to do    set `stream.key` to \(newKey) before the relay is started\n") }
        }
    }
}

struct ListKeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Print the public keys of a log, those before it included.",
        discussion: """
            Example: waxwing keys list --data /var/lib/waxwing

            Exit codes: 0 printed, 64 wrong options, 69 no ledger.
            """)

    @OptionGroup var ledger: DataOption

    func run() throws {
        try report {
            let archive = try LedgerArchive(ledger.data)
            var first: UInt64 = 0
            for note in try KeyRotation.notes(archive.layout) {
                let time = SealTime(clamping: Int64(clamping: min(note.time, 1 << 40)) * 1000)
                Console.say("\(note.old) records \(first)..\(note.size - 1), until \(time)\n")
                first = note.size
            }
            Console.say("\(try archive.verifierKey()) records \(first).. and on\n")
        }
    }
}

/// Which log a command works on: that of a configuration, or that in a folder with the defaults for all else.
struct LogPlace: ParsableArguments {
    @Option(
        help: ArgumentHelp("The configuration file; without it, the built-in defaults.", valueName: "file"),
        completion: .file())
    var config: String?

    @Option(
        help: ArgumentHelp("The relay's `data` folder, if there is no configuration file.", valueName: "folder"),
        completion: .directory)
    var data: String?

    func validate() throws {
        guard config == nil || data == nil else {
            throw ValidationError("--config names the data folder already; leave out --data")
        }
    }

    func load() throws -> Settings {
        var option = ConfigurationOption()
        option.config = config
        return try data.map { Settings.default(data: $0) } ?? option.load()
    }
}
