import OpenSSL
import Seal
import Testing
import TransparencyLog

@Suite("The format's test vector")
struct VectorTests {
    @Test func originAndKey() throws {
        let key = try Vectors.key()
        #expect(key.verifierKey.description == Vectors.verifierKeyText)
        #expect(key.origin.tag.description == "41342dd0")
        #expect(try LogVerifier(parsing: Vectors.verifierKeyText) == key.verifier)
    }

    @Test func leafHashes() throws {
        var hasher = try SHA256Hasher()
        for row in Vectors.rows {
            let bytes = Array(row.line.utf8)
            let line = CanonicalLine(bytes)
            #expect(line.violation == nil)
            #expect(hasher.leafHash(line.leaf(of: bytes)).hex.prefix(16) == row.leaf)
        }
    }

    @Test func sealerWritesTheSeals() throws {
        var hasher = try SHA256Hasher()
        var sealer = try Vectors.sealer()
        let times = ["2026-11-23T06:15:01.100Z", "2026-11-23T06:15:03.000Z"]
        for (batch, records) in [Vectors.lines[0..<2], Vectors.lines[3..<5]].enumerated() {
            sealer.absorb(records.map { hasher.leafHash(Array($0.utf8)) })
            let time = try #require(SealTime(times[batch]))
            let (line, sealed) = try sealer.seal(at: time)
            #expect(String(decoding: line, as: UTF8.self) == Vectors.seals[batch])
            #expect(sealed.leaf.hex.prefix(16) == Vectors.rows[batch * 3 + 2].leaf)
            #expect(sealed.byteCount == line.count)
            #expect(sealed.record.index == sealer.nextIndex - 1)
            try sealed.record.note.verify(by: Vectors.key().verifier)
        }
    }

    @Test func sealsParse() throws {
        let verifier = try LogVerifier(parsing: Vectors.verifierKeyText)
        var ratchet = try Vectors.ratchet()
        for text in Vectors.seals {
            let seal = try SealRecord(text)
            #expect(String(decoding: seal.encoded(), as: UTF8.self) == text)
            #expect(verifier.signed(seal))
            #expect(try ratchet.authenticationCode(of: seal.body) == seal.mac)
            try ratchet.advance()
            #expect(try SignedNote(parsing: Array(seal.note.description.utf8)) == seal.note)
        }
        let seal = try SealRecord(Vectors.seals[1])
        #expect(seal.number == 2)
        #expect(seal.from == 3)
        #expect(seal.size == 6)
        #expect(seal.index == 5)
        #expect(seal.reason == .age)
        #expect(seal.dropped == 0)
        #expect(seal.host == "relay1.example.net")
        #expect(seal.processID == 4242)
        #expect(seal.keyID == 0xF60B_5335)
        #expect(seal.time.description == "2026-11-23T06:15:03.000Z")
    }

    /// A seal's batch verifies alone, and the chain holds: the frontier of each seal is the tree of the one before.
    @Test func batchesFold() throws {
        var hasher = try SHA256Hasher()
        var previous: SealRecord?
        for (text, lines) in zip(Vectors.seals, [Vectors.lines[0..<3], Vectors.lines[3..<6]]) {
            let seal = try SealRecord(text)
            var tree = seal.base
            if let previous { #expect(tree.root(&hasher) == previous.root) }
            for line in lines {
                let bytes = Array(line.utf8)
                tree.append(hasher.leafHash(CanonicalLine(bytes).leaf(of: bytes)), &hasher)
            }
            #expect(tree.root(&hasher) == seal.root)
            previous = seal
        }
    }
}
