import ArgumentParser
import OpenSSL
import Relay
import Seal

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Make and show the keys of a log.",
        discussion: """
            Example: waxwing keys generate /etc/waxwing/log.pem
                     waxwing keys show /etc/waxwing/log.pem --origin relay1.example.net/all
                     waxwing keys mac /etc/waxwing/mac.key
                     waxwing keys rotate --config /etc/waxwing/waxwing.yaml
                     waxwing keys list --data /var/lib/waxwing

            Exit codes: 0 done, 64 wrong options, 69 a file or key cannot be used.
            """,
        subcommands: [Generate.self, Show.self, MAC.self, RotateKeyCommand.self, ListKeysCommand.self])

    struct Generate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an Ed25519 signing key (PKCS#8 PEM, mode 0600).",
            discussion: "Example: waxwing keys generate /etc/waxwing/log.pem")

        @Argument(help: "The file to make; it must not exist.", completion: .file())
        var file: String

        @Option(
            help: ArgumentHelp("Encrypt the key with the passphrase in this file.", valueName: "file"),
            completion: .file())
        var passphraseFile: String?

        func run() throws {
            try report {
                let passphrase = try passphraseFile.map { try SecretFile.read($0).withoutLineEnd() }
                try Ed25519PrivateKey.generate().create(at: file, passphrase: passphrase)
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the public key (vkey) of a signing key.",
            discussion: "Example: waxwing keys show /etc/waxwing/log.pem --origin relay1.example.net/all")

        @Argument(help: "The signing key: a PEM file or an OSSL_STORE URI.", completion: .file())
        var key: String

        @Option(help: "The log's origin, which is part of its public key.", transform: { try Origin($0) })
        var origin: Origin

        @Option(
            help: ArgumentHelp("The file with the key's passphrase (mode 0600).", valueName: "file"),
            completion: .file())
        var passphraseFile: String?

        func run() throws {
            try report {
                let passphrase = try passphraseFile.map { try SecretFile.read($0).withoutLineEnd() }
                let key = try Ed25519PrivateKey.load(key, passphrase: passphrase)
                Console.say("\(try LogKey(origin: origin, privateKey: key).verifierKey)\n")
            }
        }
    }

    struct MAC: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "mac", abstract: "Make the first key of an HMAC ratchet (mode 0600).",
            discussion: """
                Example: waxwing keys mac /etc/waxwing/mac.key

                The relay reads it once (`stream.mac_key_file`). Then keep it elsewhere: `waxwing verify --mac-key` needs \
                it, and whoever has it could make up MACs, though not signatures.
                """)

        @Argument(help: "The file to make; it must not exist.", completion: .file())
        var file: String

        func run() throws {
            try report {
                try MACKeyFile.create(file)
            }
        }
    }
}

extension ParsableCommand {
    /// Runs `body`; an error is printed and ends the process.
    func report(_ body: () throws -> Void) throws {
        do { try body() } catch {
            Console.complain("waxwing: \(error)")
            throw ExitStatus.unavailable
        }
    }
}
