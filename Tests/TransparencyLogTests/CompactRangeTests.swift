import Testing
import TransparencyLog

@Suite("Compact range")
struct CompactRangeTests {
    static let sizeLimit = 130

    @Test func everySizeHasTheRootOfTheDefinition() {
        var naive = NaiveTree(Self.sizeLimit)
        var hasher = MixingHasher()
        var range = CompactRange()
        for size in 0...Self.sizeLimit {
            #expect(range.size == UInt64(size))
            #expect(range.hashes.count == size.nonzeroBitCount)
            #expect(range.root(&hasher) == naive.root(0..<size))
            if size < Self.sizeLimit { range.append(naive.leaves[size], &hasher) }
        }
    }

    @Test func aBatchAppendsLikeItsLeaves() {
        let limit = 66
        let leaves = NaiveTree(limit).leaves
        var hasher = MixingHasher()
        for start in 0...limit {
            var first = CompactRange()
            first.append(Array(leaves[..<start]), &hasher)
            var single = first
            for end in start...limit {
                var batch = first
                batch.append(Array(leaves[start..<end]), &hasher)
                #expect(batch == single)
                if end < limit { single.append(leaves[end], &hasher) }
            }
        }
    }

    @Test func hashesAreTheRootsOfThePerfectSubtrees() {
        var naive = NaiveTree(Self.sizeLimit)
        var hasher = MixingHasher()
        for size in 0...Self.sizeLimit {
            var range = CompactRange()
            range.append(Array(naive.leaves[..<size]), &hasher)
            var start = 0
            var expected: [Hash] = []
            for bit in (0..<8).reversed() where size >> bit & 1 == 1 {
                expected.append(naive.root(start..<start + 1 << bit))
                start += 1 << bit
            }
            #expect(range.hashes == expected)
            #expect(CompactRange(size: UInt64(size), hashes: expected) == range)
        }
    }

    @Test(arguments: [
        (size: 0 as UInt64, count: 1), (1, 0), (1, 2), (3, 1), (255, 7), (1 << 63, 1), (.max, 64),
    ])
    func refusesHashesThatDoNotFitTheSize(size: UInt64, count: Int) {
        #expect(CompactRange(size: size, hashes: [Hash](repeating: Hash(), count: count)) == nil)
    }

    @Test func takesTheLargestSize() throws {
        var hasher = MixingHasher()
        let hashes = [Hash](repeating: .emptyRoot, count: 62)
        var range = try #require(CompactRange(size: CompactRange.sizeLimit - 1, hashes: hashes))
        var batch = range
        range.append(.emptyRoot, &hasher)
        batch.append([.emptyRoot], &hasher)
        #expect(range.size == CompactRange.sizeLimit)
        #expect(range == batch)
    }

    @Test func refusesToGrowBeyondTheLargestSize() async {
        await #expect(processExitsWith: .failure) {
            var hasher = MixingHasher()
            var range = CompactRange(
                size: CompactRange.sizeLimit, hashes: [Hash](repeating: .emptyRoot, count: 63))!
            range.append(.emptyRoot, &hasher)
        }
    }
}
