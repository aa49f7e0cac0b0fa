import OpenSSL
import Testing
import TransparencyLog

/// The tree's operations on top of SHA-256, one record at a time: what the batch calls are measured against.
private struct PlainHasher: ~Copyable, TreeHasher {
    var hasher: SHA256Hasher

    mutating func digest(_ bytes: RawSpan) -> Hash { hasher.digest(bytes) }
    mutating func leafHash(_ head: RawSpan, _ tail: RawSpan) -> Hash {
        let leaf = unsafe head.withUnsafeBytes { head in
            unsafe tail.withUnsafeBytes { unsafe [0x00] + Array(head) + Array($0) }
        }
        return hasher.digest(leaf)
    }
    mutating func nodeHash(_ left: Hash, _ right: Hash) -> Hash { hasher.digest([0x01] + left.bytes + right.bytes) }
}

@Suite("SHA-256 over trees")
struct SHA256HasherTests {
    /// FIPS 180-4 examples.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func digests(text: String, hex: String) throws {
        var hasher = try SHA256Hasher()
        // Twice, because the context is used again.
        for _ in 0..<2 { #expect(hasher.digest(Array(text.utf8)).hex == hex) }
        #expect(try SHA256Hasher.digest(Array(text.utf8)).hex == hex)
    }

    @Test func emptyRootIsTheDigestOfNothing() throws {
        #expect(try SHA256Hasher.digest([]) == .emptyRoot)
    }

    /// Around every border: of a block, of the buffer for short leaves, of a line's length.
    @Test(arguments: [0, 1, 54, 55, 56, 63, 64, 65, 300, 1023, 1024, 1025, 4096, 65_535])
    func leavesInOneAndTwoPieces(length: Int) throws {
        var hasher = try SHA256Hasher()
        var plain = PlainHasher(hasher: try SHA256Hasher())
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let expected = plain.leafHash(bytes)
        #expect(hasher.leafHash(bytes) == expected)
        let span = unsafe bytes.span.bytes
        for cut in [0, 1, length / 3, length - 1, length] where cut >= 0 && cut <= length {
            #expect(hasher.leafHash(span.extracting(..<cut), span.extracting(cut...)) == expected)
        }
    }

    @Test func nodes() throws {
        var hasher = try SHA256Hasher()
        var plain = PlainHasher(hasher: try SHA256Hasher())
        let (left, right) = (hasher.digest([1]), hasher.digest([2]))
        #expect(hasher.nodeHash(left, right) == plain.nodeHash(left, right))
        #expect(hasher.nodeHash(left, right) != hasher.nodeHash(right, left))
    }

    @Test func aBatchOfLeaves() throws {
        var hasher = try SHA256Hasher()
        let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        var extents: [LeafExtent] = []
        for position in 0..<200 {
            let (offset, length) = (UInt32(position * 11), UInt32(position * 7 % 1500))
            extents.append(
                position.isMultiple(of: 3)
                    ? LeafExtent(
                        offset: offset, length: length, tailOffset: offset + length, tailLength: UInt32(position))
                    : LeafExtent(offset: offset, length: length))
        }
        var hashes = [Hash](repeating: Hash(), count: extents.count)
        var target = hashes.mutableSpan
        unsafe hasher.leafHashes(of: extents.span, in: bytes.span.bytes, into: &target)
        for (extent, hash) in zip(extents, hashes) {
            let head = bytes[Int(extent.offset)..<Int(extent.offset) + Int(extent.length)]
            let tail = bytes[Int(extent.tailOffset)..<Int(extent.tailOffset) + Int(extent.tailLength)]
            #expect(hasher.leafHash(Array(head) + Array(tail)) == hash)
        }
    }

    @Test(arguments: [0, 1, 2, 3, 7, 8, 33])
    func aBatchAppendsLikeItsLeaves(start: Int) throws {
        var hasher = try SHA256Hasher()
        var plain = PlainHasher(hasher: try SHA256Hasher())
        let leaves = (0..<100).map { hasher.leafHash([UInt8($0)]) }
        var first = CompactRange()
        first.append(Array(leaves[..<start]), &plain)
        for end in start...leaves.count {
            var (batch, single) = (first, first)
            batch.append(Array(leaves[start..<end]), &hasher)
            single.append(Array(leaves[start..<end]), &plain)
            #expect(batch == single)
            #expect(batch.root(&hasher) == single.root(&plain))
        }
    }

    /// The larger tree of the format's test vector.
    @Test func seventyThousandLeaves() throws {
        var hasher = try SHA256Hasher()
        var bytes: [UInt8] = []
        var extents: [LeafExtent] = []
        for index in 0..<70_000 {
            let second = "\(index % 60 < 10 ? "0" : "")\(index % 60)"
            let line =
                "<165>1 2026-11-23T06:15:\(second).003Z host\(index % 7).example.com su 201 ID47 "
                + "[waxwing@32473 log=\"relay1.example.net/waxwing\" i=\"\(index)\"] record \(index) "
            extents.append(LeafExtent(offset: UInt32(bytes.count), length: UInt32(line.utf8.count)))
            bytes += line.utf8
        }
        var hashes = [Hash](repeating: Hash(), count: extents.count)
        var target = hashes.mutableSpan
        unsafe hasher.leafHashes(of: extents.span, in: bytes.span.bytes, into: &target)
        var tree = CompactRange()
        tree.append(hashes, &hasher)
        #expect(tree.root(&hasher).base64 == "6O0K54KXTG86r1UxEqK8/TiBZr/+0k7qcBH6HLGokKQ=")
    }

    @Test func refusesLeavesOutsideTheirBytes() async {
        await #expect(processExitsWith: .failure) {
            var hasher = try SHA256Hasher()
            let bytes = [UInt8](repeating: 0, count: 10)
            let extents = [LeafExtent(offset: 4, length: 7)]
            var hashes = [Hash()]
            var target = hashes.mutableSpan
            unsafe hasher.leafHashes(of: extents.span, in: bytes.span.bytes, into: &target)
        }
        await #expect(processExitsWith: .failure) {
            var hasher = try SHA256Hasher()
            let bytes = [UInt8](repeating: 0, count: 10)
            let extents = [LeafExtent(offset: 0, length: 1, tailOffset: .max, tailLength: .max)]
            var hashes = [Hash()]
            var target = hashes.mutableSpan
            unsafe hasher.leafHashes(of: extents.span, in: bytes.span.bytes, into: &target)
        }
    }

    /// The key of Go's checksum database, as every Go toolchain has it built in.
    @Test func aVerifierKeyOfTheRealWorld() throws {
        var hasher = try SHA256Hasher()
        let text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
        let key = try VerifierKey(parsing: text, &hasher)
        #expect(key.name == "sum.golang.org")
        #expect(key.description == text)
    }
}
