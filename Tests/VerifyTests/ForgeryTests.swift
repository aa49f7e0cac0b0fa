import OpenSSL
import Testing
import TransparencyLog

@testable import Seal
@testable import Verify

/// What somebody with the signing key can do, and what gives it away all the same.
@Suite struct ForgeryTests {
    /// A stream that is sealed as its author likes.
    private struct Forger {
        var lines: [TestStream.Line] = []
        var tree = CompactRange()
        var base = CompactRange()
        var previous: Hash?
        var number: UInt64 = 1
        let key: LogKey

        init() throws { key = try TestStream.logKey(TestStream.origin, seed: 0) }

        mutating func append(_ count: Int, _ text: String = "record") throws {
            var hasher = try SHA256Hasher()
            for _ in 0..<count {
                let line = TestStream.record(tree.size, tag: key.origin.tag, text: text)
                lines.append(line)
                tree.append(hasher.leafHash(line), &hasher)
            }
        }

        mutating func seal(
            time: Int64, number: UInt64? = nil, base: CompactRange? = nil, previous: Hash? = nil, mac: Hash? = nil
        ) throws {
            var hasher = try SHA256Hasher()
            var record = SealRecord(
                time: SealTime(clamping: TestStream.start + time), host: "h", processID: 1, enterpriseNumber: "32473",
                origin: key.origin, number: number ?? self.number, from: self.base.size, size: tree.size + 1,
                keyID: key.keyID, reason: .count, dropped: 0, root: Hash(), frontier: (base ?? self.base).hashes,
                previous: self.number == 1 ? nil : previous ?? self.previous, signature: [], mac: mac)
            let leaf = hasher.leafHash(record.leaf)
            tree.append(leaf, &hasher)
            record.root = tree.root(&hasher)
            record.signature = try key.signature(of: record.body)
            lines.append(record.encoded())
            self.base = tree
            self.previous = leaf
            self.number = record.number + 1
        }

        func verify(_ lines: [TestStream.Line]? = nil, _ adjust: (inout VerifyOptions) -> Void = { _ in }) throws
            -> VerifyReport
        {
            var options = VerifyOptions(key: key.verifierKey.description)
            options.now = TestStream.start
            adjust(&options)
            return try Verification.run(options, [.bytes(Export.lines.encode(lines ?? self.lines), name: "export")])
        }
    }

    @Test func `an honest forger is believed`() throws {
        var forger = try Forger()
        for time in 1...4 {
            try forger.append(5)
            try forger.seal(time: Int64(time))
        }
        #expect(try forger.verify().outcome == .complete)
    }

    @Test func `a seal signed anew with an earlier time`() throws {
        var forger = try Forger()
        for time in [1000, 2000, 1999, 3000] as [Int64] {
            try forger.append(5)
            try forger.seal(time: time)
        }
        for lines in [forger.lines, forger.lines.reversed()] {
            let report = try forger.verify(lines)
            #expect(report.outcome == .tampered && report.tampered.items.map(\.kind) == [.clock], "\(report.text)")
            #expect(report.text.contains("CLOCK 1 step backwards"))
        }
    }

    @Test func `a seal number left out`() throws {
        var forger = try Forger()
        for number in [1, 2, 4] as [UInt64] {
            try forger.append(5)
            try forger.seal(time: 1, number: number)
        }
        #expect(try forger.verify().tampered.items.map(\.kind) == [.history])
    }

    @Test func `a history rewritten behind a seal`() throws {
        var forger = try Forger()
        try forger.append(5)
        try forger.seal(time: 1)
        var other = try Forger()
        try other.append(5, "another")
        try other.seal(time: 1)
        let first = forger.lines
        // The second seal goes on from the other history, and all its numbers fit.
        forger.tree = other.tree
        forger.base = other.base
        try forger.append(5)
        try forger.seal(time: 2)
        for lines in [forger.lines, forger.lines.reversed(), Array(forger.lines[first.count...]) + first] {
            let report = try forger.verify(lines)
            #expect(report.outcome == .tampered && report.tampered.items.map(\.kind) == [.history], "\(report.text)")
        }
    }

    @Test func `a seal that names another one before it`() throws {
        var forger = try Forger()
        try forger.append(5)
        try forger.seal(time: 1)
        try forger.append(5)
        try forger.seal(time: 1, previous: .emptyRoot)
        #expect(try forger.verify().tampered.items.map(\.kind) == [.seal])
    }

    @Test func `a stolen signing key does not give the MAC key`() throws {
        var forger = try Forger()
        try forger.append(5)
        try forger.seal(time: 1, mac: .emptyRoot)
        #expect(try forger.verify().outcome == .complete)
        let report = try forger.verify { $0.macKey = TestStream.firstMACKey }
        #expect(report.outcome == .tampered && report.codes?.invalid.items == [1])
    }

    @Test func `a batch beyond what a relay seals`() throws {
        var forger = try Forger()
        forger.number = 2
        forger.previous = .emptyRoot
        forger.base = CompactRange(size: 1, hashes: [.emptyRoot])!
        forger.tree = CompactRange(size: 1 << 40, hashes: [.emptyRoot])!
        try forger.seal(time: 1)
        let report = try forger.verify()
        #expect(report.outcome == .tampered && report.missing.count == 1 << 40, "\(report.text)")
    }

    // MARK: - Chained relays

    @Test func `each relay of a chain can be verified by itself`() throws {
        let first = try TestStream(TestStream.Shape(batches: [7, 20, 3], hasMAC: true))
        let second = try TestStream(relaying: first, origin: "relay2.example.net/all")
        let report = try second.verify(second.lines)
        #expect(report.outcome == .complete && report.verifiedRecords == UInt64(second.lines.count), "\(report.text)")
        let original = try first.verify(second.lines)
        #expect(
            original.outcome == .complete && original.verifiedRecords == UInt64(first.lines.count), "\(original.text)")
        #expect(original.foreign.total == UInt64(second.seals.count))
    }

    @Test func `the second relay seals what the first one does not`() throws {
        let first = try TestStream(TestStream.Shape(batches: [7, 20], hasMAC: true))
        let second = try TestStream(relaying: first, origin: "relay2.example.net/all")
        // The MAC of a seal of the first relay is outside its own leaf, but inside that of the second.
        var lines = second.lines
        let place = lines.firstIndex { text($0).contains(" mac=\"") }!
        lines[place] = lines[place].replacing(" mac=\"", with: " mac=\"AAAA").dropping(4, behind: " mac=\"AAAA")
        #expect(try first.verify(lines).outcome == .complete)
        #expect(try second.verify(lines).outcome == .tampered)
        // The mark of the second relay is outside the leaf of the first.
        lines = second.lines
        lines[2] = lines[2].replacing("i=\"2\"] ", with: "i=\"2\"][x@1 a=\"b\"] ")
        let tag = try Origin("relay2.example.net/all").tag
        #expect(try second.verify(lines).tampered.items.map(\.kind) == [.intruder], "\(tag)")
        #expect(try first.verify(lines).outcome == .tampered)
    }
}
