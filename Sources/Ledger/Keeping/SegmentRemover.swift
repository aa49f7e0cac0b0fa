import TransparencyLog

/// Removes segments, and leaf hashes, that may go, but for what is held.
///
/// First the file `deleted` says so, then a segment's leaf hashes get the time into their name, then the segment goes,
/// each step durable before the next. What a crash or a failure interrupts, ``finish(_:now:)`` goes on with.
struct SegmentRemover {
    private let layout: Layout
    private let system: any FileSystem
    private let holds: Holds
    private var deleted: DeletedRecords

    init(_ layout: Layout, _ system: any FileSystem, _ holds: Holds) throws(FileError) {
        self.layout = layout
        self.system = system
        self.holds = holds
        deleted = try DeletedRecords(layout, system)
    }

    /// Removes those of `segments` that no hold keeps, and returns them. To be called locked. `now` is in milliseconds
    /// since 1970.
    mutating func remove(_ segments: [SegmentSurvey.Segment], now: UInt64) throws(FileError) -> [SegmentSurvey.Segment]
    {
        let free = try withoutHeld(segments)
        for segment in free { deleted.text.insert(segment.indexes) }
        try deleted.store(layout, system)
        try removeFiles(of: free, now)
        return free
    }

    /// Goes on with a removal that was interrupted; false if there is none among `closed`, or if holds are just being
    /// changed.
    func finish(_ closed: [SegmentSurvey.Segment], now: UInt64) throws -> Bool {
        let rest = closed.filter { deleted.text.contains($0.indexes) }
        guard !rest.isEmpty else { return false }
        return try holds.locked {
            let segments = try withoutHeld(rest)
            guard !segments.isEmpty else { return false }
            try removeFiles(of: segments, now)
            return true
        } ?? false
    }

    private func withoutHeld(_ segments: [SegmentSurvey.Segment]) throws(FileError) -> [SegmentSurvey.Segment] {
        let holds = try holds.all()
        return segments.filter { segment in
            !holds.contains { $0.holds(segment.indexes, writtenAt: segment.times) }
        }
    }

    private func removeFiles(of segments: [SegmentSurvey.Segment], _ now: UInt64) throws(FileError) {
        for segment in segments {
            let leaves = LeafFile(firstIndex: segment.indexes.lowerBound)
            let kept = LeafFile(firstIndex: segment.indexes.lowerBound, deletedAt: now / 1000)
            guard system.exists(leaves.path(layout)) else { continue }
            try system.rename(leaves.path(layout), to: kept.path(layout))
        }
        try system.syncDirectory(layout.segments)
        for segment in segments {
            let first = segment.indexes.lowerBound
            try system.remove(segment.isCompressed ? layout.compressedSegment(first) : layout.segment(first))
        }
        try system.syncDirectory(layout.segments)
    }

    // MARK: - Leaf hashes

    /// Removes the files of `leaves` whose records have been gone for `age` milliseconds, and the oldest of such files as
    /// long as all together have more than `limit` bytes. False if there are none, or if holds are just being changed.
    mutating func removeHashes(
        _ leaves: [(file: LeafFile, bytes: UInt64)], age: UInt64, limit: UInt64, now: UInt64
    ) throws -> Bool {
        let kept = leaves.filter { $0.file.deletedAt != nil }
        var excess = kept.reduce(0) { $0 + $1.bytes }
        excess -= min(excess, limit)
        let due = kept.filter { entry in
            let isMuch = excess > 0
            excess -= min(excess, entry.bytes)
            return isMuch || (entry.file.deletedAt ?? 0) * 1000 + age <= now
        }
        guard !due.isEmpty else { return false }
        return try holds.locked {
            let current = try holds.all()
            let files = due.filter { entry in
                !current.contains { $0.holds(Self.indexes(entry), writtenAt: 0...UInt64.max) }
            }
            guard !files.isEmpty else { return false }
            for entry in files { deleted.hashes.insert(Self.indexes(entry)) }
            try deleted.store(layout, system)
            for entry in files { try system.remove(entry.file.path(layout)) }
            try system.syncDirectory(layout.segments)
            return true
        } ?? false
    }

    private static func indexes(_ leaves: (file: LeafFile, bytes: UInt64)) -> Range<UInt64> {
        leaves.file.firstIndex..<leaves.file.firstIndex + leaves.bytes / UInt64(Hash.byteCount)
    }
}
