/// Why the ledger cannot be opened, read or written.
public struct LedgerError: Error, Equatable, CustomStringConvertible {
    public enum Code: Sendable {
        /// Another process holds the directory.
        case locked
        /// The directory holds another log.
        case otherOrigin
        /// The log in the directory is signed with another key.
        case otherKey
        /// A destination is ahead of the ledger: the directory was restored from an old copy.
        case restoredBackup
        /// Bytes on the disk are not what was written.
        case damaged
        /// An index that is not in the ledger (any more, or not yet).
        case outOfRange
        /// There is no ledger in the folder.
        case noLedger
        /// A file operation failed.
        case file
    }

    public let code: Code
    /// What happened, and what to do.
    public let description: String

    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    init(_ error: FileError) {
        self.init(.file, error.description)
    }

    /// Two errors are equal when their codes are: the text is for people.
    public static func == (left: LedgerError, right: LedgerError) -> Bool { left.code == right.code }
}

/// Runs file operations and turns their errors into the ledger's.
func files<Result>(_ body: () throws(FileError) -> Result) throws(LedgerError) -> Result {
    do throws(FileError) { return try body() } catch { throw LedgerError(error) }
}
