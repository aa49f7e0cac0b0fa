import Ledger

/// The names of an archive's files: `waxwing-INDEX.log`, and `waxwing-INDEX.log.gz` once they are compressed. INDEX is
/// that of the first record, in twenty digits, so that names sort as numbers do.
struct ArchiveFolder: Sendable {
    enum Form: String, CaseIterable {
        case plain = ".log"
        case compressed = ".log.gz"
        /// A compressed file that is being written.
        case partial = ".log.gz.part"
    }

    let path: String
    let system: any FileSystem

    /// First indexes of the files of a form, in order.
    func indexes(_ form: Form) throws(FileError) -> [UInt64] {
        try system.list(path).compactMap { name in
            guard name.hasPrefix("waxwing-"), name.hasSuffix(form.rawValue),
                let index = UInt64(name.dropFirst(8).dropLast(form.rawValue.utf8.count)),
                file(index, form) == "\(path)/\(name)"
            else { return nil }
            return index
        }.sorted()
    }

    /// The path of the file that begins with record `index`.
    func file(_ index: UInt64, _ form: Form = .plain) -> String {
        let digits = String(index)
        return "\(path)/waxwing-\(String(repeating: "0", count: 20 - digits.count))\(digits)\(form.rawValue)"
    }
}
