/// The cursors of a destination that may have several, one for each share of the records.
///
/// With one share the cursor is called like the destination, with more `NAME.SHARE-of-COUNT`. When the count has
/// changed, records go elsewhere than before: every share then begins with the first record that any of them may not
/// have, and the cursors of before are removed.
public enum SharedCursors {
    /// The names of the cursors of destination `name`, which has no full stop in it.
    public static func names(_ name: String, shares: Int) -> [String] {
        shares == 1 ? [name] : (1...shares).map { "\(name).\($0)-of-\(shares)" }
    }

    /// Makes the cursors, and returns their names. Nothing is removed before the new ones are durable.
    public static func prepare(
        _ name: String, shares: Int, _ layout: Layout, _ system: any FileSystem = DiskFileSystem()
    ) throws(FileError) -> [String] {
        let wanted = names(name, shares: shares)
        let there = try system.list(layout.cursors).filter { $0.hasSuffix(".cursor") }.map { String($0.dropLast(7)) }
            .filter { $0 == name || $0.hasPrefix("\(name).") }
        let former = there.filter { !wanted.contains($0) }
        guard !former.isEmpty else { return wanted }
        var start: UInt64?
        for cursor in there {
            let index = try CursorFile(layout.cursor(cursor), system).value?.nextIndex ?? 0
            start = min(start ?? index, index)
        }
        for cursor in wanted {
            var file = try CursorFile(layout.cursor(cursor), system)
            try file.store(CursorFile.Value(nextIndex: start ?? 0))
        }
        try system.syncDirectory(layout.cursors)
        for cursor in former { try system.remove(layout.cursor(cursor)) }
        return wanted
    }
}
