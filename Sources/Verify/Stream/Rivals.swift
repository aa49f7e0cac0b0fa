internal import TransparencyLog

/// Further records at indexes that are pending, each with another leaf. Adding one costs the same however many there
/// are.
struct Rivals {
    private struct Versions {
        var records: [PendingRecord] = []
        /// Their leaves, once they are too many to look through.
        var leaves: Set<Hash> = []

        func contains(_ leaf: Hash) -> Bool {
            leaves.isEmpty ? records.contains { $0.leaf == leaf } : leaves.contains(leaf)
        }
    }

    private static let searchLimit = 16

    private var versions: [UInt64: Versions] = [:]

    var isEmpty: Bool { versions.isEmpty }
    /// The indexes, sorted.
    var indexes: [UInt64] { versions.keys.sorted() }

    subscript(index: UInt64) -> [PendingRecord] { versions[index]?.records ?? [] }

    /// Adds a record; false if there is one with its leaf.
    mutating func add(_ record: PendingRecord, at index: UInt64) -> Bool {
        guard var present = versions.removeValue(forKey: index) else {
            versions[index] = Versions(records: [record])
            return true
        }
        let isNew = !present.contains(record.leaf)
        if isNew {
            present.records.append(record)
            if !present.leaves.isEmpty {
                present.leaves.insert(record.leaf)
            } else if present.records.count > Self.searchLimit {
                present.leaves = Set(present.records.map(\.leaf))
            }
        }
        versions[index] = present
        return isNew
    }

    /// Removes and returns the records at `index`.
    mutating func removeAll(at index: UInt64) -> [PendingRecord] { versions.removeValue(forKey: index)?.records ?? [] }

    /// The indexes in `range` that have some, sorted.
    func indexes(in range: Range<UInt64>) -> [UInt64] {
        guard !versions.isEmpty else { return [] }
        if UInt64(versions.count) < range.upperBound - range.lowerBound {
            return versions.keys.filter(range.contains).sorted()
        }
        return range.filter { versions[$0] != nil }
    }
}
