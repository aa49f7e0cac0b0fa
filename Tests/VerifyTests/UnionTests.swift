import Glibc
import Testing
import TransparencyLog

@testable import Verify

/// Several files that together are one export, in any order and with any overlap.
@Suite struct UnionTests {
    static let stream = try! TestStream()
    private var stream: TestStream { Self.stream }

    private func inputs(_ parts: [[TestStream.Line]], _ formats: [Export] = Export.allCases) -> [ExportInput] {
        parts.enumerated().map { number, lines in
            .bytes(formats[number % formats.count].encode(lines), name: "part \(number)")
        }
    }

    @Test func `parts of every format, in any order`() throws {
        var generator = SeededGenerator(5)
        for _ in 0..<5 {
            let cuts = (0..<14).map { _ in Int.random(in: 0...1024, using: &generator) }.sorted()
            let bounds = [0] + cuts + [1024]
            let parts = zip(bounds, bounds.dropFirst()).map { Array(stream.lines[$0..<$1]) }.shuffled(using: &generator)
            let report = try stream.verify(inputs: inputs(parts))
            #expect(report.outcome == .complete, "\(report.text)")
            #expect(report.verifiedRecords == 1024 && report.duplicates == 0)
        }
    }

    @Test func `parts that overlap`() throws {
        let parts = [stream.lines[0..<500], stream.lines[300..<800], stream.lines[700..<1024], stream.lines[0..<1024]]
        let report = try stream.verify(inputs: inputs(parts.map(Array.init)))
        #expect(report.outcome == .complete, "\(report.text)")
        #expect(report.verifiedRecords == 1024 && report.duplicates == 200 + 100 + 1024)
    }

    @Test func `one part makes up for what another one lost`() throws {
        let first = stream.lines.indices.filter { $0 % 3 != 0 }.map { stream.lines[$0] }
        let second = stream.lines.indices.filter { $0 % 3 == 0 }.map { stream.lines[$0] }
        #expect(try stream.verify(first).outcome == .incomplete)
        #expect(try stream.verify(inputs: inputs([first, second])).outcome == .complete)
        #expect(try stream.verify(inputs: inputs([second, first])).outcome == .complete)
    }

    @Test func `a clean part shows what was changed in the other`() throws {
        var altered = stream.lines
        for place in [5, 70, 71, 1000] { altered[place] = altered[place].replacing("record", with: "RECORD") }
        for parts in [[altered, stream.lines], [stream.lines, altered]] {
            let report = try stream.verify(inputs: inputs(parts))
            #expect(report.outcome == .tampered)
            #expect(report.verifiedRecords == 1024, "\(report.text)")
            #expect(Set(report.conflicts.items.map(\.index)) == [5, 70, 71, 1000])
            #expect(report.conflicts.items.allSatisfy { $0.isDecided })
        }
    }

    @Test func `seals behind all records`() throws {
        let seals = Set(stream.seals)
        let records = stream.lines.indices.filter { !seals.contains($0) }.map { stream.lines[$0] }
        for order in [stream.seals, stream.seals.reversed()] {
            let report = try stream.verify(records + order.map { stream.lines[$0] })
            #expect(report.outcome == .complete && report.verifiedRanges.items == [0..<1024])
            let before = try stream.verify(order.map { stream.lines[$0] } + records)
            #expect(before.outcome == .complete && before.verifiedBatches == 16)
        }
    }

    /// Two histories signed with one key are an alarm, whichever way they come.
    @Test func `two histories of one key`() throws {
        let shape = TestStream.Shape(text: "another")
        let other = try TestStream(shape)
        for parts in [[stream.lines, other.lines], [Array(stream.lines[..<512]), Array(other.lines[512...])]] {
            let report = try stream.verify(inputs: inputs(parts))
            #expect(report.outcome == .tampered, "\(report.text)")
        }
    }

    // MARK: - Beyond what is remembered

    /// More records than the verifier remembers, so that a late copy needs a second reading.
    static let long = try! TestStream(TestStream.Shape(batches: Array(repeating: 4095, count: 18)))

    @Test func `late duplicates are compared in a second reading`() throws {
        let long = Self.long
        #expect(long.lines.count > RecentLeaves.capacity)
        let report = try long.verify(long.lines + [long.lines[3], long.lines[4095], long.lines[5]])
        #expect(report.outcome == .complete, "\(report.text)")
        #expect(report.duplicates == 3)
    }

    @Test func `a late conflict is found in a second reading`() throws {
        let long = Self.long
        let report = try long.verify(long.lines + [long.lines[3].replacing("record", with: "RECORD")])
        #expect(report.outcome == .tampered, "\(report.text)")
        let conflict = try #require(report.conflicts.items.first)
        #expect(conflict.index == 3 && conflict.isDecided)
        #expect(conflict.truth == SourcePosition(file: 0, number: 4))
        #expect(conflict.others.items == [SourcePosition(file: 0, number: UInt64(long.lines.count) + 1)])
    }

    @Test func `a whole second copy is verified like the first`() throws {
        let long = Self.long
        let report = try long.verify(long.lines + long.lines)
        #expect(report.outcome == .complete, "\(report.text)")
        #expect(report.duplicates == UInt64(long.lines.count))
        #expect(report.verifiedRecords == UInt64(long.lines.count))
    }

    @Test func `a second history far behind the first`() throws {
        let long = Self.long
        let other = try TestStream(TestStream.Shape(batches: [4095], text: "another"))
        let report = try long.verify(long.lines + other.lines)
        #expect(report.outcome == .tampered, "\(report.text)")
    }
}

/// Input that cannot be read a second time.
@Suite struct PipeTests {
    private func verify(_ lines: [TestStream.Line]) throws -> VerifyReport {
        var ends: [Int32] = [0, 0]
        #expect(unsafe pipe(&ends) == 0)
        let writer = PipeWriter(Export.lines.encode(lines), 60_000, ends[1])
        writer.start()
        let report = try UnionTests.long.verify(inputs: [.path("/dev/fd/\(ends[0])")])
        writer.join()
        close(ends[0])
        return report
    }

    @Test func `late duplicates and conflicts on a pipe`() throws {
        let long = UnionTests.long
        let copies = [long.lines[3], long.lines[4095], long.lines[5], long.lines[long.lines.count - 1]]
        let report = try verify(long.lines + copies)
        #expect(report.outcome == .complete && report.duplicates == 4 && report.unresolved == 0, "\(report.text)")
        let conflict = try verify(long.lines + [long.lines[3].replacing("record", with: "RECORD")])
        #expect(conflict.outcome == .tampered)
        #expect(conflict.conflicts.items.first?.truth == SourcePosition(file: 0, number: 4), "\(conflict.text)")
    }

    @Test func `what is forgotten is kept`() throws {
        let spool = try #require(LeafSpool())
        let recent = RecentLeaves(spool: spool)
        func leaf(_ index: UInt64) -> Hash { Hash((0..<32).map { UInt8(truncatingIfNeeded: index >> ($0 & 7) &* 7) })! }
        let indexes = Array(0..<200_000 as Range<UInt64>) + (1 << 40..<1 << 40 + 5)
        for index in indexes { recent.remember(index, leaf(index), SourcePosition(file: 0, number: index + 1)) }
        for index in [0, 1, 1023, 1024, 65_535, 65_536, 150_000, 199_999, 1 << 40] as [UInt64] {
            #expect(recent.find(index)?.leaf == leaf(index) && recent.find(index)?.position.number == index + 1)
        }
        #expect(recent.find(200_000) == nil && recent.find(1 << 41) == nil)
    }
}
