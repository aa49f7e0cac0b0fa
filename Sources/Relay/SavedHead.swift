import Ledger
import Seal
import TransparencyLog

/// A checkpoint of the log that somebody keeps elsewhere, as `waxwing head` prints it: a ledger that is behind it was
/// restored from an old copy, and so was, as far as anybody can tell, one that has records while the file is not there.
enum SavedHead {
    private static let byteLimit = 64 << 10

    /// Throws when a ledger whose next record is `nextIndex` is behind the checkpoint in the file at `path`, and when that
    /// is no checkpoint of the log `origin`. Signatures are not checked: who can write the file can only keep a relay
    /// from starting.
    static func check(_ path: String, of origin: Origin, _ nextIndex: UInt64) throws {
        let size = try size(path, of: origin, isNew: nextIndex == 0)
        if size > nextIndex { throw Ledger.restoredBackup("the saved head", size, nextIndex) }
    }

    private static func size(_ path: String, of origin: Origin, isNew: Bool) throws -> UInt64 {
        let system = DiskFileSystem()
        guard system.exists(path) else {
            guard isNew else {
                throw LedgerError(
                    .file,
                    "\(path) is not there, without which nobody can tell whether the ledger was restored from an old "
                        + "copy: bring it back, or write it (`waxwing head > \(path)`) if you know the ledger to be the "
                        + "newest")
            }
            return 0
        }
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
