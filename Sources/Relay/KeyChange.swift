import Delivery
import Glibc
import Ledger
import Logging
import OpenSSL
public import Seal
public import Settings

/// Changes the key of a relay's log, as its settings name it. The work on a ledger is ``KeyRotation``'s; the dead
/// letters' ledger is handed over with the log's.
public enum KeyChange {
    /// What is wrong with a change that is asked for.
    struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    /// Replaces the key by a new one, which takes its file; or by the one at `newKey`, the path of a PEM file or a URI,
    /// where it stays: `stream.key` has to name it from then on. No relay may run on the ledger. A change that was
    /// interrupted is finished by the same call again.
    public static func run(_ settings: Settings, newKey: String?) throws -> RekeyNote {
        let layout = Layout(settings.data)
        guard DiskFileSystem().exists(layout.origin) else {
            throw LedgerError(
                .noLedger, "there is no ledger in \(settings.data): name the relay's `data` folder with --data")
        }
        if case .finished(let note)? = try settle(settings), newKey == nil { return note }
        let file = newKey == nil ? try keyFile(settings) : nil
        let old = try LogIdentity(settings, creating: false).key
        let passphrase = try LogIdentity.passphrase(settings)
        let privateKey =
            try newKey.map { try Ed25519PrivateKey.load($0, passphrase: passphrase) } ?? .generate()
        let new = try LogKey(origin: old.origin, privateKey: privateKey)
        if let note = try KeyRotation.notes(layout).last, (note.old, note.new) == (old.verifier, new.verifier) {
            try handOverDeadLetters(settings, from: old, to: new)
            return note
        }
        return try KeyRotation(settings.data, keyFile: file).run(
            Relay.ledgerOptions(settings, opening: old, asking: false), from: old, to: new,
            storing: file == nil ? nil : try privateKey.pem(passphrase: passphrase), at: UInt64(time(nil)),
            handOver: { _ in try handOverDeadLetters(settings, from: old, to: new) },
            { try LogIdentity.ratchet(settings, layout) })
    }

    // MARK: - After a crash

    /// Finishes a change that was interrupted, or takes it back, before a start loads the key.
    static func settle(_ settings: Settings, _ logger: Logger) throws {
        switch try settle(settings) {
        case .none: break
        case .takenBack: logger.notice("a change of the key had not come to pass; the key is the old one")
        case .finished(let note):
            logger.notice("a change of the key is finished now", metadata: ["key": "\(note.new)"])
        }
    }

    /// Whether a change was interrupted, which the next start, or the next change, will settle.
    static func isUnfinished(_ settings: Settings) -> Bool { rotation(settings).isUnfinished }

    private static func settle(_ settings: Settings) throws -> KeyRotation.Settlement? {
        try rotation(settings).settle { note in
            // Once the new key has taken the old one's file, all has been handed over.
            guard let file = try? keyFile(settings), DiskFileSystem().exists(KeyRotation.next(file)) else { return }
            let passphrase = try LogIdentity.passphrase(settings)
            let keys = try [file, KeyRotation.next(file)].map { path in
                try LogKey(origin: note.origin, privateKey: .load(path, passphrase: passphrase))
            }
            try handOverDeadLetters(settings, from: keys[0], to: keys[1])
        }
    }

    private static func rotation(_ settings: Settings) -> KeyRotation {
        KeyRotation(settings.data, keyFile: try? keyFile(settings))
    }

    /// The file of the key in use.
    private static func keyFile(_ settings: Settings) throws -> String {
        switch settings.stream.key {
        case .generated(let path), .file(let path): return path
        case .store(let uri):
            throw Refusal(
                description: "the key is not in a file (\(uri)): make another one there, and name it with --new-key")
        }
    }

    // MARK: - The dead letters

    /// Hands the ledger of the dead letters over, if there is one and it is not done yet.
    private static func handOverDeadLetters(_ settings: Settings, from old: LogKey, to new: LogKey) throws {
        let main = Layout(settings.data)
        let layout = main.deadLetters
        guard DiskFileSystem().exists(layout.origin) else { return }
        let rotation = KeyRotation(layout.directory, keyFile: nil)
        _ = try rotation.settle()
        let (old, new) = (try DeadLetterLedger.key(for: old, in: main), try DeadLetterLedger.key(for: new, in: main))
        guard try LedgerArchive(layout.directory).verifierKey() != "\(new.verifierKey)" else { return }
        var options = Relay.ledgerOptions(settings)
        options.directory = layout.directory
        _ = try rotation.run(options, from: old, to: new, storing: nil, at: UInt64(time(nil))) { nil }
    }
}
