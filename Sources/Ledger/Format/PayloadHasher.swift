import OpenSSL
import Seal
import TransparencyLog

/// The leaf hashes of a block's records, made anew.
struct PayloadHasher: ~Copyable {
    private(set) var hasher: SHA256Hasher
    private var extents: [LeafExtent] = []
    /// The hashes of the block that was given last.
    private(set) var hashes: [Hash] = []
    /// Where its last record is.
    private(set) var lastLine: Range<Int>?

    init() throws(OpenSSLError) { hasher = try SHA256Hasher() }

    /// Hashes the records in `payload`. False if they are not as many as `block` says.
    mutating func hash(_ payload: ArraySlice<UInt8>, of block: BlockHeader) -> Bool {
        findLines(payload)
        guard extents.count == block.recordCount, let lastLine else { return false }
        let bytes = unsafe payload.span.bytes
        if block.endsBatch {
            // The signature of a seal is not of its leaf.
            extents[extents.count - 1] = CanonicalLine(bytes.extracting(lastLine)).extent(at: lastLine.lowerBound)
        }
        // Both are out of `self`, without a copy, while the hasher, which is in it too, reads and writes them.
        let extents = extents
        var hashes: [Hash] = []
        swap(&hashes, &self.hashes)
        if hashes.count != extents.count { hashes = [Hash](repeating: Hash(), count: extents.count) }
        var target = hashes.mutableSpan
        hasher.leafHashes(of: extents.span, in: bytes, into: &target)
        swap(&hashes, &self.hashes)
        return true
    }

    private mutating func findLines(_ payload: ArraySlice<UInt8>) {
        extents.removeAll(keepingCapacity: true)
        lastLine = nil
        unsafe payload.withUnsafeBytes { payload in
            var walk = RecordWalk()
            while let line = unsafe walk.next(payload) {
                extents.append(LeafExtent(offset: UInt32(line.lowerBound), length: UInt32(line.count)))
                lastLine = line
            }
        }
    }

    /// Appends all hashes but the last `count` to `tree`.
    mutating func append(to tree: inout CompactRange, without count: Int) {
        let hashes = hashes
        tree.append(hashes.span.extracting(0..<hashes.count - count), &hasher)
    }

    mutating func append(_ hash: Hash, to tree: inout CompactRange) { tree.append(hash, &hasher) }
    mutating func append(_ hashes: [Hash], to tree: inout CompactRange) { tree.append(hashes, &hasher) }
    mutating func root(of tree: CompactRange) -> Hash { tree.root(&hasher) }
}
