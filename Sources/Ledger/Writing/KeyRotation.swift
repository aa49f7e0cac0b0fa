import Batch
public import OpenSSL
public import Seal
import Synchronization
import Telemetry
import TransparencyLog

/// Replaces the key of a ledger's log, while no relay runs on it.
///
/// What happens to files, in this order, each step durable before the next:
///
/// 1. the new private key is written beside the old one, under another name (`KEYFILE.next`, mode 0600);
/// 2. the note, signed by both keys, is written to `keys/rekey.note`;
/// 3. the record with the note and the old key's last seal are written to the ledger, as one block;
/// 4. what else the key signs is handed over: the ledger of the dead letters, by a rotation of its own;
/// 5. the new private key takes the old one's place, which erases that;
/// 6. `origin` and `keys/log.vkey` name the new key;
/// 7. the note is renamed to `keys/N.rekey`, where it stays: with it the old public key.
///
/// A crash before 3 leaves a log of the old key, and what was prepared is removed by the next start. After 3 the log is
/// the new key's, and the next start takes the steps that are left. Which of the two it is, the newest seal says.
public struct KeyRotation: Sendable {
    /// What was found of a change of the key that a crash had interrupted, and what became of it.
    public enum Settlement: Sendable {
        /// It was in the ledger already, and is finished now.
        case finished(RekeyNote)
        /// It was not, and is as if it had never begun.
        case takenBack
    }

    private let layout: Layout
    private let keyFile: String?
    private let system: any FileSystem

    /// The log in `directory`, whose private key is in `keyFile`; nil if that is in no file, or somebody else puts the
    /// new one in its place.
    public init(_ directory: String, keyFile: String?, system: any FileSystem = DiskFileSystem()) {
        layout = Layout(directory)
        self.keyFile = keyFile
        self.system = system
    }

    /// Whether a change of the key was interrupted.
    public var isUnfinished: Bool {
        system.exists(layout.rekeyNote) || keyFile.map { system.exists(Self.next($0)) } == true
    }

    // MARK: - The change

    /// Hands the log over from `old` to `new`. `pem` is what the file of the new private key is to hold; nil if there is
    /// no such file to write. `handOver` is called once the log is the new key's, while the old one is still there; it has
    /// to do nothing if it is called again after a crash. `makeRatchet` loads the log's HMAC ratchet; it is called twice.
    ///
    /// Throws ``LedgerError`` when a relay runs on the ledger, and what opening it throws.
    public func run(
        _ options: LedgerOptions, from old: LogKey, to new: LogKey, storing pem: SecretBytes?,
        at time: UInt64, handOver: (RekeyNote) throws -> Void = { _ in }, _ makeRatchet: () throws -> Ratchet?
    ) throws -> RekeyNote {
        guard try !Self.notes(layout, system).contains(where: { [$0.old, $0.new].contains(new.verifier) }) else {
            throw LedgerError(.otherKey, "\(new.verifierKey) has signed this log before: a key is never used again")
        }
        // Whatever there is to recover is sealed, so that the next index is known.
        try write(options, old, makeRatchet, prepare: { _ in nil }, finish: {})
        var options = options
        options.batch = BatchPolicy(ageMilliseconds: 3_600_000, idleMilliseconds: 3_600_000)
        options.syncInterval = 3_600_000_000_000
        options.syncBytes = 1 << 40
        options.finalReason = .rekey
        var signed: RekeyNote?
        try write(options, old, makeRatchet) { nextIndex in
            let note = try RekeyNote(from: old, to: new, size: nextIndex + 2, time: time)
            if let pem { try store(pem) }
            try store(note)
            signed = note
            return Self.batch(note, options)
        } finish: {
            guard let signed, try isCommitted(signed) else {
                throw LedgerError(.damaged, "the ledger does not hold the record that replaces the key")
            }
            try finish(signed, handOver)
        }
        guard let signed else { preconditionFailure("a ledger that was opened asks what to write") }
        return signed
    }

    /// Opens the ledger, writes what `prepare` makes for the next index, and closes it; `finish` runs while its lock is
    /// still held.
    private func write(
        _ options: LedgerOptions, _ key: LogKey, _ makeRatchet: () throws -> Ratchet?,
        prepare: (UInt64) throws -> Batch?, finish: () throws -> Void
    ) throws {
        let failure = Failure()
        let queue = BatchQueue(byteLimit: Batch.lineLimit)
        let ledger = try Ledger(
            options, key: key, ratchet: try makeRatchet(), queue: queue, counters: LedgerCounters(MetricsRegistry()),
            system: system
        ) { event in
            if case .failed(let error) = event { failure.note(error) }
        }
        if let batch = try prepare(ledger.access.horizon.position.nextIndex) { queue.push(batch) }
        // What is pushed before the ledger starts is one block with the last seal.
        queue.close()
        ledger.start()
        ledger.join()
        try failure.check()
        try withExtendedLifetime(ledger) { try finish() }
    }

    private static func batch(_ note: RekeyNote, _ options: LedgerOptions) -> Batch {
        var batch = Batch()
        let line = RekeyRecord.line(
            note, at: SealTime(clamping: Int64(clamping: min(note.time, 1 << 40)) * 1000), host: options.hostname,
            processID: UInt32(options.processID), enterpriseNumber: options.enterpriseNumber)
        batch.append { writer in
            writer.append(line.bytes)
            return (line.split, 0)
        }
        return batch
    }

    // MARK: - After a crash

    /// Finishes, or takes back, a change of the key that was interrupted; nil if there is none. To be called before the
    /// key is loaded, and by nobody who holds the ledger's lock. `handOver` is that of ``run``.
    public func settle(handOver: (RekeyNote) throws -> Void = { _ in }) throws -> Settlement? {
        guard isUnfinished else { return nil }
        let lock = try Ledger.takeLock(layout, system)
        return try withExtendedLifetime(lock) {
            // Somebody else may have settled it before the lock was ours.
            guard isUnfinished else { return nil }
            let note = try? RekeyNote(parsing: system.open(layout.rekeyNote, .read).contents())
            if let note, try isCommitted(note) {
                try finish(note, handOver)
                return .finished(note)
            }
            if system.exists(layout.rekeyNote) { try system.remove(layout.rekeyNote) }
            try system.syncDirectory(layout.keys)
            try removeStored()
            return .takenBack
        }
    }

    /// Whether the ledger's newest seal is the one that the note speaks of; or was, if the disk has damaged it since:
    /// nothing else is written between the note and that seal.
    private func isCommitted(_ note: RekeyNote) throws -> Bool {
        if try DurableMark.nextIndex(layout, system) == note.size { return true }
        guard let seal = try LedgerArchive(layout.directory, system: system).newestSeal() else { return false }
        return seal.reason == .rekey && seal.size == note.size
    }

    private func finish(_ note: RekeyNote, _ handOver: (RekeyNote) throws -> Void) throws {
        try handOver(note)
        if let keyFile, system.exists(Self.next(keyFile)) { try replaceKey(keyFile) }
        try OriginFile.store(note.new, layout, system)
        try system.replace(layout.publicKey, Array("\(note.new)\n".utf8))
        try system.rename(layout.rekeyNote, to: layout.rekeyNote(note.size))
        try system.syncDirectory(layout.keys)
    }

    // MARK: - Files

    /// Where the new private key waits to take the place of the one in `keyFile`.
    public static func next(_ keyFile: String) -> String { keyFile + ".next" }

    /// Writes the new private key beside the old one.
    private func store(_ pem: SecretBytes) throws(FileError) {
        guard let keyFile else { return }
        try removeStored()
        let file = try system.open(Self.next(keyFile), .create)
        var failure: FileError?
        unsafe pem.bytes.withUnsafeBytes { bytes in
            do throws(FileError) { unsafe try file.write(bytes, at: 0) } catch { failure = error }
        }
        if let failure { throw failure }
        try file.sync()
        try system.syncDirectory(Layout.folder(of: keyFile))
    }

    private func store(_ note: RekeyNote) throws(FileError) {
        try system.replace(layout.rekeyNote, note.encoded())
        try system.syncDirectory(layout.keys)
    }

    private func removeStored() throws(FileError) {
        guard let keyFile, system.exists(Self.next(keyFile)) else { return }
        try system.remove(Self.next(keyFile))
        try system.syncDirectory(Layout.folder(of: keyFile))
    }

    /// Puts the new private key in the place of the old one, which is overwritten with zeros once that is durable: on
    /// file systems that write in place, nobody finds it there later.
    private func replaceKey(_ keyFile: String) throws(FileError) {
        let old = system.exists(keyFile) ? try system.open(keyFile, .update) : nil
        try system.rename(Self.next(keyFile), to: keyFile)
        try system.syncDirectory(Layout.folder(of: keyFile))
        guard let old else { return }
        try old.write([UInt8](repeating: 0, count: Int(try old.size())), at: 0)
        try old.sync()
    }

    // MARK: - Earlier changes

    /// The notes of the changes so far, in order.
    public static func notes(_ layout: Layout, _ system: any FileSystem = DiskFileSystem()) throws -> [RekeyNote] {
        guard system.exists(layout.keys) else { return [] }
        return try system.list(layout.keys).filter { $0.hasSuffix(".rekey") }.map { name in
            try RekeyNote(parsing: system.open("\(layout.keys)/\(name)", .read).contents())
        }.sorted { $0.size < $1.size }
    }
}

/// The first failure that the ledger's threads report.
private final class Failure: Sendable {
    private let error = Mutex<(any Error)?>(nil)

    func note(_ new: any Error) {
        error.withLock { $0 = $0 ?? new }
    }

    func check() throws {
        if let error = error.withLock({ $0 }) { throw error }
    }
}
