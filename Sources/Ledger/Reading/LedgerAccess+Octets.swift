extension LedgerAccess {
    /// About how many octets the durable records from `index` on take on the disk: in the segment of that record their
    /// share by number, and the whole of those behind it. Nil if the folder cannot be read.
    public func octets(from index: UInt64) -> UInt64? {
        let end = horizon.position
        guard index < end.nextIndex else { return 0 }
        guard let firsts = try? layout.segmentIndexes(system),
            let own = firsts.last(where: { $0 <= index }) ?? firsts.first
        else { return nil }
        var octets: UInt64 = 0
        for (place, first) in firsts.enumerated() where first >= own && first <= end.segment {
            let size = first == end.segment ? end.offset : (try? system.open(layout.segment(first), .read).size()) ?? 0
            let next = place + 1 < firsts.count && first != end.segment ? firsts[place + 1] : end.nextIndex
            guard first <= index, next > first else {
                octets += size
                continue
            }
            octets += UInt64(Double(size) * Double(next - index) / Double(next - first))
        }
        return octets
    }
}
