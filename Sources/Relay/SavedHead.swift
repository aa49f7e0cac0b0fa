import Ledger
import Seal
import TransparencyLog

/// A checkpoint of the log that somebody keeps elsewhere, as `waxwing head` prints it: a ledger that is behind it was
/// restored from an old copy.
enum SavedHead {
    private static let byteLimit = 64 << 10

    /// The number of records at the checkpoint in the file at `path`, 0 if it is not there yet. Throws when it holds no
    /// checkpoint of the log `origin`. Signatures are not checked: who can write the file can only keep a relay from
    /// starting.
    static func size(_ path: String, of origin: Origin) throws -> UInt64 {
        let system = DiskFileSystem()
        guard system.exists(path) else { return 0 }
        let bytes = try system.open(path, .read).contents(limit: byteLimit)
        let checkpoint: Checkpoint
        do {
            checkpoint = try Checkpoint(parsing: try SignedNote(parsing: bytes).text)
        } catch {
            throw LedgerError(.file, "\(path) is no checkpoint, which `waxwing head` prints: \(error)")
        }
        guard checkpoint.origin == origin.text else {
            throw LedgerError(.otherOrigin, "\(path) is a checkpoint of the log \(checkpoint.origin), not of \(origin)")
        }
        return checkpoint.size
    }
}
