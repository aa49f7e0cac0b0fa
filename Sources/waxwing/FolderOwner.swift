import Glibc

/// Sees to it that what a command writes into a ledger can be read by the relay.
enum FolderOwner {
    static func check(_ folder: String) throws(InputError) {
        var status = stat()
        guard unsafe stat(folder, &status) == 0 else { throw InputError(folder, code: errno) }
        guard status.st_uid == geteuid() else {
            throw InputError(
                "\(folder) belongs to another user, who runs the relay: run this as that user (sudo -u '#\(status.st_uid)')"
            )
        }
    }
}
