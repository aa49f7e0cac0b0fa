import OpenSSL
import Testing
import TransparencyLog

@testable import Verify

/// Several versions of the same records, and of the same seals.
@Suite struct RivalTests {
    static let stream = try! TestStream(TestStream.Shape(batches: [30, 30, 30], hasMAC: true))
    private var stream: TestStream { Self.stream }

    private func forged(_ place: Int, _ number: Int) -> TestStream.Line {
        stream.lines[place].replacing("record", with: "forged\(number)")
    }

    @Test func `the true one among many, wherever it is`() throws {
        let forgeries = (0..<3000).map { forged(5, $0) }
        for lines in [forgeries + stream.lines, stream.lines + forgeries] {
            let report = try stream.verify(lines)
            #expect(report.outcome == .tampered && report.verifiedRecords == 93)
            let conflict = try #require(report.conflicts.items.first)
            #expect(report.conflicts.total >= 1 && conflict.index == 5 && conflict.isDecided)
        }
        let report = try stream.verify(forgeries + stream.lines)
        #expect(report.conflicts.items.map(\.others.total) == [3000])
        #expect(report.conflicts.items.first?.truth == SourcePosition(file: 0, number: 3006))
        #expect(report.text.utf8.count < 2000)
    }

    @Test(arguments: [[3, 5, 7, 9, 11, 13, 15], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]])
    func `forgeries in front of several records of a batch, some of them behind`(_ places: [Int]) throws {
        var lines = stream.lines
        for (number, place) in places.enumerated() {
            lines.insert(forged(place, 0), at: number % 2 == 0 ? 0 : lines.count)
        }
        let report = try stream.verify(lines)
        #expect(report.verifiedRecords == 93 && report.conflicts.items.allSatisfy { $0.isDecided }, "\(report.text)")
        #expect(report.conflicts.total == UInt64(places.count))
    }

    @Test func `whole copies that were altered, with the true one in the middle`() throws {
        let copies = [1, 2].map { number in
            stream.lines.indices.map { stream.seals.contains($0) ? stream.lines[$0] : forged($0, number) }
        }
        let report = try stream.verify(copies[0] + stream.lines + copies[1])
        #expect(report.verifiedRecords == 93 && report.conflicts.total >= 90, "\(report.text)")
    }

    @Test func `rivals are a set`() {
        var rivals = Rivals()
        var generator = SeededGenerator(1)
        var model: [UInt64: Set<UInt8>] = [:]
        for _ in 0..<3000 {
            let (index, leaf) = (
                UInt64.random(in: 0..<20, using: &generator), UInt8.random(in: 0..<60, using: &generator)
            )
            let record = PendingRecord(
                leaf: Hash([UInt8](repeating: leaf, count: 32))!, position: SourcePosition(file: 0, number: 0),
                text: LeafStore.none)
            #expect(rivals.add(record, at: index) == model[index, default: []].insert(leaf).inserted)
        }
        #expect(rivals.indexes == model.keys.sorted() && rivals.indexes(in: 3..<6) == [3, 4, 5])
        #expect(rivals.removeAll(at: 3).count == model[3]?.count && rivals[3].isEmpty)
    }

    // MARK: - The tree of a batch

    @Test func `a batch's tree is the tree, whatever is changed in it`() throws {
        var hasher = try SHA256Hasher()
        func leaf(_ number: Int) -> Hash { Hash((0..<32).map { UInt8(truncatingIfNeeded: number &* 131 &+ $0) })! }
        for start in 0..<20 {
            for count in 1...20 {
                var base = CompactRange()
                base.append((0..<start).map(leaf), &hasher)
                var leaves = (start..<start + count).map(leaf)
                var tree = BatchTree(base: base, leaves: leaves, &hasher)
                for change in [-1, 0, count / 2, count - 1] {
                    if change >= 0 {
                        leaves[change] = leaf(1000 + change)
                        tree.set(change, leaves[change], &hasher)
                    }
                    var expected = base
                    expected.append(leaves, &hasher)
                    #expect(tree.root(&hasher) == expected.root(&hasher), "\(start) \(count) \(change)")
                }
            }
        }
    }

    // MARK: - Copies of seals

    private func otherSeal(_ parameter: String) -> TestStream.Line {
        let line = stream.lines[stream.seals[1]]
        let mark = " \(parameter)=\""
        let digit = line[text(line).utf8Offset(of: mark)! + mark.utf8.count]
        return line.replacing(mark, with: "\(mark)\(digit == 0x42 ? "C" : "B")").dropping(
            1, behind: "\(mark)\(digit == 0x42 ? "C" : "B")")
    }

    @Test(arguments: ["f", "p", "mac", "root"]) func `a seal with another signature element`(_ parameter: String) throws
    {
        let other = otherSeal(parameter)
        for lines in [stream.lines + [other], [other] + stream.lines, [other, other] + stream.lines] {
            let report = try stream.verify(lines)
            #expect(report.outcome == .tampered && report.verifiedRecords == 93, "\(report.text)")
        }
        let identical = try stream.verify(stream.lines + [stream.lines[stream.seals[1]]])
        #expect(identical.outcome == .complete && identical.duplicates == 1)
    }

    @Test func `a seal with another signature element, far from the first one`() throws {
        let long = UnionTests.long
        let second = long.lines[long.seals[1]]
        let digit = second[text(second).utf8Offset(of: " p=\"")! + 4]
        let altered = second.replacing(" p=\"", with: " p=\"\(digit == 0x42 ? "C" : "B")").dropping(
            1, behind: " p=\"\(digit == 0x42 ? "C" : "B")")
        let report = try long.verify(long.lines + [altered])
        #expect(report.outcome == .tampered && report.tampered.items.map(\.kind) == [.seal], "\(report.text)")
        #expect(try long.verify(long.lines + [second]).duplicates == 1)
    }

    // MARK: - Altered indexes

    @Test(arguments: ["9000", "93", "94", "500000", "9000000000000000000"])
    func `an index altered to one behind the end`(_ index: String) throws {
        for place in [5, 40, 89] {
            var lines = stream.lines
            lines[place] = lines[place].replacing("i=\"\(place)\"", with: "i=\"\(index)\"")
            let report = try stream.verify(lines)
            #expect(report.outcome == .tampered && report.missing.count == 0, "\(report.text)")
            #expect(report.tampered.items.map(\.records) == [UInt64(place)..<UInt64(place) + 1])
            #expect(report.tampered.items.map(\.seal) == [UInt64(place / 31 + 1)])
            #expect(report.verifiedRecords == 92)
        }
    }

    @Test func `a stray index is not believed`() throws {
        let far = stream.lines[1].replacing("i=\"1\"", with: "i=\"9000000000000000000\"")
        let report = try stream.verify(stream.lines + [far])
        #expect(
            report.outcome == .incomplete && report.missing.count == 0 && report.unverified.count == 1, "\(report.text)"
        )
        #expect(report.verifiedRecords == 93)
    }

    @Test func `an identity behind another one is damage`() throws {
        var lines = stream.lines
        lines[5] = lines[5].replacing("[waxwing@32473", with: "[waxwing@32473 l=\"00000000\" i=\"1\"][waxwing@32473")
        #expect(try stream.verify(lines).tampered.items.map(\.kind) == [.identity])
        lines[5] = lines[5].replacing(
            "[waxwing@32473 l=\"00000000\" i=\"1\"]", with: "[x-waxwing@32473 l=\"00000000\" i=\"1\"]")
        #expect(try stream.verify(lines).tampered.items.map(\.kind) == [.batch])
    }
}
