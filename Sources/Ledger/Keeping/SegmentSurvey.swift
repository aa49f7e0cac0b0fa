import OpenSSL
import TransparencyLog

/// What lies in the folder of segments: the closed ones, which are never written again, and the leaf hashes.
///
/// What is known of a closed segment does not change, so it is looked up once.
struct SegmentSurvey: ~Copyable {
    /// A segment that others follow.
    struct Segment: Equatable {
        /// Its records, and those missing behind them.
        let indexes: Range<UInt64>
        /// When it was begun, and when the next one was, in milliseconds since 1970: its records were written then.
        let times: ClosedRange<UInt64>
        /// Bytes on the disk.
        let bytes: UInt64
        let isCompressed: Bool
        /// The root of the tree up to its last record; nil if the next segment's header is damaged.
        let root: Hash?
    }

    private struct Facts {
        var createdAt: UInt64
        var sealedTo: UInt64
        var root: Hash
    }

    private(set) var closed: [Segment] = []
    /// The first index of the segment that is being written, and when it was begun; nil if there is none.
    private(set) var newest: (firstIndex: UInt64, createdAt: UInt64)?
    private(set) var newestBytes: UInt64 = 0
    private(set) var leaves: [(file: LeafFile, bytes: UInt64)] = []
    /// The headers tell that everything before this index is sealed.
    private(set) var sealedTo: UInt64 = 0

    private var facts: [UInt64: Facts] = [:]
    private var sizes: [String: UInt64] = [:]
    private var hasher: SHA256Hasher

    init() throws(OpenSSLError) { hasher = try SHA256Hasher() }

    /// Bytes of segments.
    var textBytes: UInt64 { closed.reduce(newestBytes) { $0 + $1.bytes } }
    /// Bytes in the folder of segments.
    var bytes: UInt64 { leaves.reduce(textBytes) { $0 + $1.bytes } }

    /// Looks again.
    mutating func update(_ layout: Layout, _ system: any FileSystem) throws(FileError) {
        let names = Set(try system.list(layout.segments))
        let firsts = try layout.segmentIndexes(system)
        sizes = sizes.filter { names.contains($0.key) }
        let present = Set(firsts)
        facts = facts.filter { present.contains($0.key) }
        for first in firsts where facts[first] == nil { facts[first] = try read(first, layout, system) }
        sealedTo = facts.values.reduce(0) { max($0, $1.sealedTo) }
        newest = nil
        newestBytes = 0
        if let first = firsts.last {
            newest = facts[first].map { (first, $0.createdAt) }
            newestBytes = try layout.openSegment(first, system).size()
        }
        closed = []
        for (number, first) in firsts.dropLast().enumerated() {
            let compressed = Layout.name(first) + ".segment.zst"
            let isCompressed = names.contains(compressed)
            let name = isCompressed ? compressed : Layout.name(first) + ".segment"
            // Where the header of the next one is damaged, a later one tells a time that is safe.
            let end = self.createdAt(of: firsts[(number + 1)...]) ?? .max
            let begin = min(facts[first]?.createdAt ?? 0, end)
            closed.append(
                Segment(
                    indexes: first..<firsts[number + 1], times: begin...end,
                    bytes: try size(of: name, layout, system), isCompressed: isCompressed,
                    root: facts[firsts[number + 1]]?.root))
        }
        leaves = []
        for file in names.compactMap({ LeafFile(name: $0) }).sorted(by: { $0.firstIndex < $1.firstIndex }) {
            let isGrowing = file.firstIndex == firsts.last
            leaves.append((file, try size(of: file.name, layout, system, isGrowing: isGrowing)))
        }
    }

    /// When the first of `segments` whose header is whole was begun.
    private func createdAt(of segments: ArraySlice<UInt64>) -> UInt64? {
        for first in segments {
            if let facts = facts[first] { return facts.createdAt }
        }
        return nil
    }

    private mutating func read(
        _ first: UInt64, _ layout: Layout, _ system: any FileSystem
    ) throws(FileError) -> Facts? {
        let bytes = try layout.openSegment(first, system).bytes(at: 0, count: SegmentHeader.size)
        guard let header = SegmentHeader(bytes), header.firstIndex == first else { return nil }
        return Facts(
            createdAt: header.createdAt, sealedTo: header.state.base.size, root: header.state.frontier.root(&hasher))
    }

    private mutating func size(
        of name: String, _ layout: Layout, _ system: any FileSystem, isGrowing: Bool = false
    ) throws(FileError) -> UInt64 {
        if !isGrowing, let size = sizes[name] { return size }
        let size = try system.open("\(layout.segments)/\(name)", .read).size()
        if !isGrowing { sizes[name] = size }
        return size
    }
}
