import TransparencyLog

/// Small files of lines of text that are replaced as a whole: after a crash, there is the old one or the new one.
enum SmallFile {
    /// Bytes of such a file at most.
    static let limit = 1 << 20

    /// The words of its lines; nothing if it is not there.
    static func read(_ path: String, _ system: any FileSystem) throws(FileError) -> [[String]] {
        guard system.exists(path) else { return [] }
        let bytes = try system.open(path, .read).contents(limit: limit)
        // By bytes: with CR in front LF is no character of its own.
        return bytes.split { $0 == 0x0A || $0 == 0x0D }.map { line in
            line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
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
            try system.replace(path, Array(lines.map { $0 + "\n" }.joined().utf8))
        }
        try system.syncDirectory(folder)
    }

    // MARK: - Ranges of indexes

    /// The ranges in a file of lines `KIND FROM END`: records from FROM up to END, by their kind.
    static func ranges(_ path: String, _ system: any FileSystem) throws(FileError) -> [String: IndexRanges] {
        var ranges: [String: IndexRanges] = [:]
        for words in try read(path, system) {
            guard words.count == 3, let from = UInt64(words[1]), let end = UInt64(words[2]), from < end,
                end <= CompactRange.sizeLimit
            else { continue }
            ranges[words[0], default: IndexRanges()].insert(from..<end)
        }
        return ranges
    }

    /// Replaces such a file, durably.
    static func replace(
        _ path: String, in folder: String, by ranges: KeyValuePairs<String, IndexRanges>, _ system: any FileSystem
    ) throws(FileError) {
        let lines = ranges.flatMap { kind, ranges in
            ranges.all.map { "\(kind) \($0.lowerBound) \($0.upperBound)" }
        }
        try replace(path, in: folder, by: lines, system)
    }
}
