import Testing
import TransparencyLog

@Suite("Inclusion and consistency proofs")
struct ProofTests {
    static let sizeLimit = 130

    @Test func everyInclusionProof() {
        var naive = NaiveTree(Self.sizeLimit)
        var hasher = MixingHasher()
        let leaves = naive.leaves
        for size in 1...Self.sizeLimit {
            let root = naive.root(0..<size)
            for index in 0..<size {
                let proof = InclusionProof(index: UInt64(index), size: UInt64(size), &hasher) { leaves[Int($0)] }
                #expect(proof.hashes == naive.path(index, 0..<size))
                #expect(proof.root(of: leaves[index], &hasher) == root)
                #expect(proof.root(of: leaves[index].tampered, &hasher) != root)
            }
        }
    }

    @Test func inclusionProofsThatCannotBe() {
        var naive = NaiveTree(20)
        var hasher = MixingHasher()
        for size in 1...20 {
            let root = naive.root(0..<size)
            for index in 0..<size {
                let path = naive.path(index, 0..<size)
                func result(_ index: Int, _ size: Int, _ path: [Hash]) -> Hash? {
                    InclusionProof(index: UInt64(index), size: UInt64(size), hashes: path)
                        .root(of: naive.leaves[index % size], &hasher)
                }
                #expect(result(index, size, path + [.emptyRoot]) == nil)
                if !path.isEmpty { #expect(result(index, size, path.dropLast()) == nil) }
                #expect(result(size, size, path) == nil)
                for position in path.indices {
                    var tampered = path
                    tampered[position] = tampered[position].tampered
                    #expect(result(index, size, tampered) != root)
                }
                for other in 0..<size where other != index {
                    let proof = InclusionProof(index: UInt64(other), size: UInt64(size), hashes: path)
                    #expect(proof.root(of: naive.leaves[index], &hasher) != root)
                }
            }
        }
    }

    @Test func everyConsistencyProof() {
        var naive = NaiveTree(Self.sizeLimit)
        var hasher = MixingHasher()
        let leaves = naive.leaves
        let roots = (0...Self.sizeLimit).map { naive.root(0..<$0) }
        for new in 0...Self.sizeLimit {
            for old in 0...new {
                let proof = ConsistencyProof(oldSize: UInt64(old), newSize: UInt64(new), &hasher) { leaves[Int($0)] }
                #expect(proof.hashes == (old == 0 ? [] : naive.subproof(old, 0..<new, true)))
                #expect(proof.isValid(oldRoot: roots[old], newRoot: roots[new], &hasher))
                #expect(!proof.isValid(oldRoot: roots[old].tampered, newRoot: roots[new], &hasher))
                // From the empty tree every tree follows, so there is nothing to check its root against.
                if old > 0 { #expect(!proof.isValid(oldRoot: roots[old], newRoot: roots[new].tampered, &hasher)) }
            }
        }
    }

    @Test func consistencyProofsThatCannotBe() {
        var naive = NaiveTree(20)
        var hasher = MixingHasher()
        let roots = (0...20).map { naive.root(0..<$0) }
        for new in 1...20 {
            for old in 1...new {
                let path = old == new ? [] : naive.subproof(old, 0..<new, true)
                func isValid(_ old: Int, _ new: Int, _ path: [Hash]) -> Bool {
                    ConsistencyProof(oldSize: UInt64(old), newSize: UInt64(new), hashes: path)
                        .isValid(oldRoot: roots[min(old, 20)], newRoot: roots[min(new, 20)], &hasher)
                }
                #expect(isValid(old, new, path))
                #expect(!isValid(old, new, path + [.emptyRoot]))
                #expect(!isValid(new + 1, new, path))
                if old < new {
                    #expect(!isValid(old, new, path.dropLast()))
                    #expect(!isValid(new, old, path))
                }
                for position in path.indices {
                    var tampered = path
                    tampered[position] = tampered[position].tampered
                    #expect(!isValid(old, new, tampered))
                }
            }
        }
    }

    @Test func asksForEachLeafAtMostOnce() {
        let leaves = NaiveTree(77).leaves
        var hasher = MixingHasher()
        var asked: [UInt64] = []
        _ = InclusionProof(index: 33, size: 77, &hasher) {
            asked.append($0)
            return leaves[Int($0)]
        }
        #expect(asked.sorted() == (0..<77).filter { $0 != 33 })
        asked = []
        _ = ConsistencyProof(oldSize: 40, newSize: 77, &hasher) {
            asked.append($0)
            return leaves[Int($0)]
        }
        #expect(Set(asked).count == asked.count)
    }

    @Test func passesOnWhatTheAccessorThrows() {
        struct Gone: Error {}
        var hasher = MixingHasher()
        #expect(throws: Gone.self) {
            try InclusionProof(index: 1, size: 5, &hasher) { index throws(Gone) in
                if index == 3 { throw Gone() }
                return .emptyRoot
            }
        }
    }
}
