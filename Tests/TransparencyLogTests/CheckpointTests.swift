import Testing
import TransparencyLog

@Suite("Checkpoint")
struct CheckpointTests {
    static let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

    /// The example of C2SP tlog-checkpoint.
    @Test func parsesThePublishedExample() throws {
        let text = "example.com/behind-the-sofa\n20852163\n\(Self.root)\n"
        let checkpoint = try Checkpoint(parsing: text)
        #expect(checkpoint.origin == "example.com/behind-the-sofa")
        #expect(checkpoint.size == 20_852_163)
        #expect(checkpoint.root.base64 == Self.root)
        #expect(checkpoint.extensions.isEmpty)
        #expect(checkpoint.description == text)
    }

    @Test func keepsExtensions() throws {
        let text = "o\n0\n\(Self.root)\nfirst\nsecond line\n"
        let checkpoint = try Checkpoint(parsing: text)
        #expect(checkpoint.extensions == ["first", "second line"])
        #expect(checkpoint.description == text)
    }

    @Test(arguments: [
        "", "o", "o\n1\n", "o\n1\n\(root)", "\n1\n\(root)\n", "o\n01\n\(root)\n", "o\n+1\n\(root)\n",
        "o\n-1\n\(root)\n",
        "o\n 1\n\(root)\n", "o\n\n\(root)\n", "o\n1x\n\(root)\n", "o\n18446744073709551616\n\(root)\n",
        "o\n1\nCsUY\n", "o\n1\n\(root)\n\n", "o\n1\n\(root)\n\nx\n", "o\r\n1\r\n\(root)\r\n", "o\n1\n \(root)\n",
        "o\n١\n\(root)\n",
        "o\t\n1\n\(root)\n",
    ])
    func refusesWhatIsNotACheckpoint(text: String) {
        #expect(throws: TransparencyLogError(.malformedCheckpoint, "")) { try Checkpoint(parsing: text) }
    }
}

@Suite("Proof file")
struct TLogProofTests {
    static let key = FakeKey(name: "log.example/a", keyID: 0x0102_0304)

    /// A proof for each leaf of a tree of seven, signed by ``key``.
    static func proof(_ index: Int, extra: [UInt8]? = nil, origin: String = key.name) throws -> (TLogProof, leaf: Hash)
    {
        var naive = NaiveTree(7)
        let head = Checkpoint(origin: origin, size: 7, root: naive.root(0..<7))
        let note = try SignedNote(text: head.description, signedBy: key)
        let proof = TLogProof(index: UInt64(index), hashes: naive.path(index, 0..<7), checkpoint: note, extra: extra)
        return (proof, naive.leaves[index])
    }

    @Test(arguments: [nil, [], [1, 2, 3]] as [[UInt8]?])
    func roundTrip(extra: [UInt8]?) throws {
        var hasher = MixingHasher()
        for index in 0..<7 {
            let (proof, leaf) = try Self.proof(index, extra: extra)
            let read = try TLogProof(parsing: Array(proof.description.utf8))
            #expect(read == proof)
            #expect(try read.verify(leaf: leaf, by: Self.key, &hasher).size == 7)
        }
    }

    @Test func hasTheFormOfTheSpecification() throws {
        let (proof, _) = try Self.proof(6, extra: [1, 2, 3])
        let lines = proof.description.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.prefix(3) == ["c2sp.org/tlog-proof@v1", "extra AQID", "index 6"])
        #expect(lines[3..<5].map(String.init) == proof.hashes.map(\.base64))
        #expect(lines[5] == "")
        #expect(lines[6] == "log.example/a")
        #expect(lines.last == "")
    }

    @Test func proofOfTheOnlyLeafHasNoHashes() throws {
        var hasher = MixingHasher()
        let leaf = NaiveTree(1).leaves[0]
        let note = try SignedNote(
            text: Checkpoint(origin: Self.key.name, size: 1, root: leaf).description, signedBy: Self.key)
        let text = TLogProof(index: 0, hashes: [], checkpoint: note).description
        #expect(text.hasPrefix("c2sp.org/tlog-proof@v1\nindex 0\n\nlog.example/a\n"))
        _ = try TLogProof(parsing: Array(text.utf8)).verify(leaf: leaf, by: Self.key, &hasher)
    }

    @Test func refusesAnotherLeafKeyOrLog() throws {
        var hasher = MixingHasher()
        let (proof, leaf) = try Self.proof(3)
        #expect(throws: TransparencyLogError(.malformedProof, "")) {
            try proof.verify(leaf: leaf.tampered, by: Self.key, &hasher)
        }
        #expect(throws: TransparencyLogError(.unsignedByKey, "")) {
            try proof.verify(leaf: leaf, by: FakeKey(name: "other.example", keyID: 1), &hasher)
        }
        let (foreign, _) = try Self.proof(3, origin: "log.example/b")
        #expect(throws: TransparencyLogError(.unsignedByKey, "")) {
            try foreign.verify(leaf: leaf, by: Self.key, &hasher)
        }
    }

    @Test func oneChangedByteIsNoticed() throws {
        var hasher = MixingHasher()
        let (proof, leaf) = try Self.proof(3)
        let bytes = Array(proof.description.utf8)
        for position in bytes.indices {
            var tampered = bytes
            tampered[position] ^= 0x01
            #expect(throws: TransparencyLogError.self, "at \(position)") {
                try TLogProof(parsing: tampered).verify(leaf: leaf, by: Self.key, &hasher)
            }
        }
    }

    static let hash = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

    @Test(arguments: [
        "", "c2sp.org/tlog-proof@v2\nindex 1\n\n", "c2sp.org/tlog-proof@v1\n\n", "c2sp.org/tlog-proof@v1\nindex 01\n\n",
        "c2sp.org/tlog-proof@v1\nindex -1\n\n", "c2sp.org/tlog-proof@v1\nindex\n\n",
        "c2sp.org/tlog-proof@v1\nextra A\nindex 1\n\n",
        "c2sp.org/tlog-proof@v1\nindex 1\nextra AQID\n\n", "c2sp.org/tlog-proof@v1\nindex 1\nxyz\n\n",
        "c2sp.org/tlog-proof@v1\nindex 1\n\(hash)",
        "c2sp.org/tlog-proof@v1\nindex 1\n" + String(repeating: hash + "\n", count: 64) + "\n",
    ])
    func refusesWhatIsNotAProof(text: String) {
        #expect(throws: TransparencyLogError(.malformedProof, "")) { try TLogProof(parsing: Array(text.utf8)) }
    }
}
