import OpenSSL
import Seal
import Syslog
import Testing
import TransparencyLog

@Suite("Sealer")
struct SealerTests {
    /// A stream as it is stored: records and seals, with their leaf hashes.
    struct Stream {
        var lines: [[UInt8]] = []
        var leaves: [Hash] = []
        var seals: [SealRecord] = []
    }

    /// Appends records and seals of the given batch sizes.
    static func extend(_ stream: inout Stream, _ sealer: inout Sealer, batches: [Int]) throws {
        var hasher = try SHA256Hasher()
        for (position, count) in batches.enumerated() {
            for _ in 0..<count {
                let index = sealer.nextIndex
                let identity = sealer.identity
                let line = written { writer in
                    writer.append("<13>1 2026-11-23T06:15:00.000Z host app 1 ID ")
                    identity.write(index: index, into: &writer)
                    writer.append(" hello")
                }.bytes
                let leaf = hasher.leafHash(line)
                stream.lines.append(line)
                stream.leaves.append(leaf)
                sealer.absorb([leaf])
            }
            let reason = SealReason.allCases[position % SealReason.allCases.count]
            let time = SealTime(clamping: 1_800_000_000_000 + Int64(position) * 1000)
            let (line, batch) = try sealer.seal(why: reason, at: time, dropped: UInt64(position))
            stream.lines.append(line)
            stream.leaves.append(batch.leaf)
            stream.seals.append(batch.record)
        }
    }

    static let batches = [3, 0, 0, 1, 7, 2, 20, 0, 1, 30, 5, 0, 64, 1, 1]

    static func stream() throws -> Stream {
        var stream = Stream()
        var sealer = try Vectors.sealer()
        try extend(&stream, &sealer, batches: batches)
        return stream
    }

    // MARK: - Properties of a stream

    @Test func everyBatchVerifiesAlone() throws {
        var hasher = try SHA256Hasher()
        let stream = try Self.stream()
        let verifier = try Vectors.key().verifier
        for seal in stream.seals {
            var tree = seal.base
            tree.append(Array(stream.leaves[Int(seal.from)..<Int(seal.size)]), &hasher)
            #expect(tree.root(&hasher) == seal.root)
            #expect(verifier.signed(seal))
        }
    }

    @Test func sealsMakeAChain() throws {
        var hasher = try SHA256Hasher()
        let stream = try Self.stream()
        #expect(stream.seals.map(\.number) == Array(1...UInt64(Self.batches.count)))
        #expect(stream.seals.map(\.dropped) == Array(0..<UInt64(Self.batches.count)))
        #expect(
            stream.seals[0].from == 0 && stream.seals[0].previous == nil
                && stream.seals[0].frontier.isEmpty)
        for (last, next) in zip(stream.seals, stream.seals.dropFirst()) {
            #expect(next.from == last.size)
            #expect(next.base.root(&hasher) == last.root)
            #expect(next.previous == stream.leaves[Int(last.index)])
            #expect(next.time >= last.time)
        }
        for (seal, count) in zip(stream.seals, Self.batches) {
            #expect(seal.size - seal.from == UInt64(count) + 1)
        }
    }

    @Test func macsFollowTheRatchet() throws {
        var ratchet = try Vectors.ratchet()
        for seal in try Self.stream().seals {
            try ratchet.advance(to: seal.number)
            #expect(try ratchet.authenticationCode(of: seal.body) == seal.mac)
        }
    }

    @Test func linesAreCanonical() throws {
        var hasher = try SHA256Hasher()
        let stream = try Self.stream()
        for (index, line) in stream.lines.enumerated() {
            let shape = CanonicalLine(line)
            #expect(shape.violation == nil)
            #expect(shape.index == UInt64(index))
            #expect(hasher.leafHash(shape.leaf(of: line)) == stream.leaves[index])
            #expect(line.count <= SealRecord.lengthLimit)
            if shape.kind == .seal { #expect(try SealRecord(line).encoded() == line) }
        }
    }

    // MARK: - Going on

    @Test func aRestoredSealerGoesOnTheSame() throws {
        let whole = try Self.stream()
        for cut in 0...Self.batches.count {
            var stream = Stream()
            var sealer = try Vectors.sealer()
            try Self.extend(&stream, &sealer, batches: Array(Self.batches[..<cut]))
            let state = try SealerState(sealer.state.encoded())
            #expect(state == sealer.state)
            // The ratchet of the beginning is wound on to where the state stands.
            var restored = try Sealer(key: Vectors.key(), ratchet: Vectors.ratchet(), restoring: state)
            guard cut < Self.batches.count else { continue }
            var hasher = try SHA256Hasher()
            let next = whole.seals[cut]
            let leaves = whole.leaves[Int(next.from)..<Int(next.index)]
            for leaf in leaves { restored.absorb([leaf]) }
            let (line, batch) = try restored.seal(why: next.reason, at: next.time, dropped: next.dropped)
            #expect(line == whole.lines[Int(next.index)])
            #expect(batch.record == next)
            #expect(batch.leaf == hasher.leafHash(next.leaf))
        }
    }

    @Test func replayComesToTheSameState() throws {
        let stream = try Self.stream()
        var sealer = try Vectors.sealer()
        var replayed = try Vectors.sealer()
        var copy = Stream()
        try Self.extend(&copy, &sealer, batches: Self.batches)
        for seal in stream.seals {
            replayed.absorb(Array(stream.leaves[Int(seal.from)..<Int(seal.index)]))
            try replayed.replay(seal, leaf: stream.leaves[Int(seal.index)])
        }
        #expect(replayed.state == sealer.state)
        #expect(replayed.pending == 0)
    }

    @Test func replayRefusesWhatDoesNotFollow() throws {
        let stream = try Self.stream()
        let seal = stream.seals[4]
        func replay(_ seal: SealRecord, records: Range<Int>, leaf: Hash, after count: Int = 4) throws {
            var sealer = try Vectors.sealer()
            for earlier in stream.seals[..<count] {
                sealer.absorb(Array(stream.leaves[Int(earlier.from)..<Int(earlier.index)]))
                try sealer.replay(earlier, leaf: stream.leaves[Int(earlier.index)])
            }
            sealer.absorb(Array(stream.leaves[records]))
            let state = sealer.state
            do {
                try sealer.replay(seal, leaf: leaf)
            } catch {
                #expect(sealer.state == state)
                throw error
            }
        }
        let (from, index) = (Int(seal.from), Int(seal.index))
        let leaf = stream.leaves[index]
        try replay(seal, records: from..<index, leaf: leaf)
        let refusal = SealError(.chain, "")
        #expect(throws: refusal) { try replay(seal, records: from..<index, leaf: stream.leaves[0]) }
        #expect(throws: refusal) { try replay(seal, records: from..<index - 1, leaf: leaf) }
        #expect(throws: refusal) { try replay(seal, records: from..<index + 1, leaf: leaf) }
        #expect(throws: refusal) { try replay(seal, records: from - 1..<index - 1, leaf: leaf) }
        #expect(throws: refusal) { try replay(stream.seals[5], records: from..<index, leaf: leaf) }
        #expect(throws: refusal) { try replay(seal, records: from..<index, leaf: leaf, after: 3) }
        // `f` and `p` are not signed, and are checked all the same.
        for name in ["f", "p"] {
            let text = String(decoding: stream.lines[index], as: UTF8.self)
            let start = try #require(text.firstRange(of: " \(name)=\"")).upperBound
            let altered =
                String(text[..<start]) + (text[start] == "A" ? "B" : "A")
                + text[text.index(after: start)...]
            #expect(throws: refusal) {
                try replay(SealRecord(altered), records: from..<index, leaf: leaf)
            }
        }
        let other = try LogKey(
            origin: Origin("other.example/all"), privateKey: Ed25519PrivateKey.generate())
        var sealer = try Sealer(key: other)
        #expect(throws: refusal) { try sealer.replay(stream.seals[0], leaf: stream.leaves[3]) }
    }

    // MARK: - Refusals

    @Test func timeDoesNotGoBack() throws {
        var sealer = try Vectors.sealer()
        let times = [5000, 4000, 6000, 0, -1, 6001] as [Int64]
        let written = try times.map {
            try sealer.seal(at: SealTime(clamping: $0)).batch.record.time.milliseconds
        }
        #expect(written == [5000, 5000, 6000, 6000, 6000, 6001])
    }

    @Test(arguments: ["", "a b", "é", "a\n", String(repeating: "h", count: 256)])
    func refusesHostNames(host: String) throws {
        var sealer = try Vectors.sealer()
        #expect(throws: SealError(.header, "")) { try sealer.seal(host: host) }
        #expect(sealer.state == SealerState())
    }

    @Test func changesNothingIfThereIsNoRoom() throws {
        var sealer = try Vectors.sealer()
        sealer.absorb([.emptyRoot])
        let state = sealer.state
        let length = try #require(try? SealRecord(Self.stream().lines[3])).encoded().count
        for capacity in [0, 1, 100, length / 2] {
            #expect(throws: SealError(.noRoom, "")) { try sealer.seal(capacity: capacity) }
            #expect(sealer.state == state)
        }
        // The ratchet has not moved either: the seal is the one a fresh sealer makes.
        var fresh = try Vectors.sealer()
        fresh.absorb([.emptyRoot])
        #expect(try sealer.seal().line == fresh.seal().line)
    }

    @Test func refusesARatchetThatIsAhead() throws {
        var ratchet = try Vectors.ratchet()
        try ratchet.advance()
        var sealer = try Sealer(key: Vectors.key(), ratchet: ratchet)
        #expect(throws: SealError(.ratchet, "")) { try sealer.seal() }
        #expect(sealer.state == SealerState())
    }

    @Test func withoutRatchetThereIsNoMAC() throws {
        var sealer = try Sealer(key: Vectors.key())
        let (line, batch) = try sealer.seal()
        #expect(batch.record.mac == nil)
        #expect(try SealRecord(line) == batch.record)
        #expect(sealer.encodedRatchet() == nil)
    }

    @Test func theLongestSealFits() throws {
        let origin = try Origin(String(repeating: "o", count: 200))
        let key = try LogKey(origin: origin, privateKey: Ed25519PrivateKey.generate())
        let size = CompactRange.sizeLimit - 1
        let tree = try #require(
            CompactRange(size: size, hashes: [Hash](repeating: .emptyRoot, count: size.nonzeroBitCount)))
        var state = SealerState()
        state.resume(tree, number: size, previous: .emptyRoot)
        var sealer = try Sealer(
            key: key, enterpriseNumber: .max, ratchet: Ratchet(number: size, key: HMACKey()),
            restoring: state)
        let (line, batch) = try sealer.seal(
            why: .recover, at: .limit, dropped: CompactRange.sizeLimit,
            host: String(repeating: "h", count: 255),
            processID: .max, capacity: SealRecord.lengthLimit)
        #expect(line.count <= SealRecord.lengthLimit)
        #expect(try SealRecord(line) == batch.record)
        // The tree is full now, and says so.
        #expect(throws: SealError(.inconsistent, "")) { try sealer.seal() }
    }
}

extension SealerState {
    init(_ bytes: [UInt8]) throws(SealError) { try unsafe self.init(decoding: bytes.span.bytes) }

    /// A state with this tree at its last seal, made from its stored form.
    mutating func resume(_ tree: CompactRange, number: UInt64, previous: Hash) {
        func bytes(_ value: UInt64) -> [UInt8] {
            (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
        }
        let stored = bytes(tree.size) + tree.hashes.flatMap(\.bytes)
        let encoded =
            Array("WAXSEAL1".utf8) + bytes(number) + bytes(0) + previous.bytes + stored + stored
        self = try! SealerState(encoded)
    }
}
