/// Small files of lines of text that are replaced as a whole: after a crash, there is the old one or the new one.
enum SmallFile {
    /// Bytes of such a file at most.
    static let limit = 1 << 20

    /// The words of its lines; nothing if it is not there.
    static func read(_ path: String, _ system: any FileSystem) throws(FileError) -> [[String]] {
        guard system.exists(path) else { return [] }
        let bytes = try system.open(path, .read).contents(limit: limit)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
            line.split(separator: " ").map(String.init)
        }
    }

    /// Replaces the file at `path` in `folder` by `lines`, durably; removes it if there are none.
    static func replace(
        _ path: String, in folder: String, by lines: [String], _ system: any FileSystem
    ) throws(FileError) {
        if lines.isEmpty {
            guard system.exists(path) else { return }
            try system.remove(path)
        } else {
            let file = try system.open(path + ".new", .updateOrCreate)
            try file.truncate(to: 0)
            try file.write(Array(lines.map { $0 + "\n" }.joined().utf8), at: 0)
            try file.sync()
            try system.rename(path + ".new", to: path)
        }
        try system.syncDirectory(folder)
    }
}
