import Seal
import Testing
import TransparencyLog
import Verify

/// The behaviour every verifier of the format must have, on 1,000 and more records with 16 and more seals.
@Suite struct MustPassTests {
    static let stream = try! TestStream(TestStream.Shape(tail: 5))
    private var stream: TestStream { Self.stream }
    private var sealed: [TestStream.Line] { Array(stream.lines.dropLast(5)) }

    @Test func `the stream is large enough`() {
        #expect(sealed.count >= 1000 && stream.seals.count >= 16)
    }

    @Test(arguments: Export.allCases) func clean(_ export: Export) throws {
        let report = try stream.verify(export.encode(sealed))
        #expect(report.outcome == .complete, "\(report.text)")
        #expect(report.verifiedRecords == UInt64(sealed.count) && report.verifiedBatches == 16)
        #expect(report.verifiedRanges.items == [0..<UInt64(sealed.count)])
        #expect(report.foreign.isEmpty && report.duplicates == 0)
    }

    @Test(arguments: Export.allCases) func `one byte altered`(_ export: Export) throws {
        var lines = sealed
        lines[300] = lines[300].replacing("record", with: "recorD")
        let report = try stream.verify(export.encode(lines))
        #expect(report.outcome == .tampered, "\(report.text)")
        #expect(report.tampered.items.map(\.records) == [256..<320])
        #expect(report.tampered.items.map(\.seal) == [5])
        #expect(report.verifiedRecords == UInt64(sealed.count) - 64)
    }

    @Test(arguments: Export.allCases) func `seal back-dated`(_ export: Export) throws {
        var lines = sealed
        let seal = stream.seals[6]
        lines[seal] = lines[seal].replacing(":15:35.", with: ":14:35.")
        let report = try stream.verify(export.encode(lines))
        #expect(report.outcome == .tampered, "\(report.text)")
        #expect(report.tampered.items.first?.seal == 7)
    }

    @Test(arguments: Export.allCases) func `one deleted`(_ export: Export) throws {
        var lines = sealed
        lines.remove(at: 511 - 20)
        let report = try stream.verify(export.encode(lines))
        #expect(report.outcome == .incomplete, "\(report.text)")
        #expect(report.missing.ranges.items == [491..<492])
        #expect(report.unverified.count == 63)
        #expect(report.tampered.isEmpty)
    }

    @Test(arguments: Export.allCases) func `tail cut`(_ export: Export) throws {
        let lines = Array(sealed.dropLast(100))
        let open = try stream.verify(export.encode(lines))
        #expect(open.outcome == .complete && open.unsealedTail.count == 28, "\(open.text)")
        let until = try stream.verify(export.encode(lines)) {
            $0.until = stream.end + 1000
            $0.lagLimit = 2000
        }
        #expect(until.outcome == .incomplete && until.isStale)
        let head = try stream.verify(export.encode(lines)) { $0.head = stream.heads[15] }
        #expect(head.outcome == .incomplete && head.head == .notReached(size: 1024), "\(head.text)")
    }

    @Test(arguments: Export.allCases) func `head cut`(_ export: Export) throws {
        let report = try stream.verify(export.encode(Array(sealed.dropFirst(100))))
        #expect(report.outcome == .incomplete, "\(report.text)")
        #expect(report.missing.ranges.items == [0..<100])
        #expect(report.unverified.ranges.items == [100..<128])
        #expect(report.verifiedRanges.items == [128..<1024])
    }

    @Test(arguments: Export.allCases) func shuffled(_ export: Export) throws {
        var generator = SeededGenerator(7)
        let report = try stream.verify(export.encode(sealed.shuffled(using: &generator)))
        #expect(report.outcome == .complete, "\(report.text)")
        #expect(report.verifiedRecords == 1024 && report.verifiedBatches == 16 && report.duplicates == 0)
        #expect(report.verifiedRanges.items == [0..<1024])
    }

    @Test(arguments: Export.allCases) func `ten exact duplicates`(_ export: Export) throws {
        var lines = sealed
        for number in 0..<10 { lines.insert(sealed[number * 97], at: (number * 389) % lines.count) }
        let report = try stream.verify(export.encode(lines))
        #expect(report.outcome == .complete, "\(report.text)")
        #expect(report.duplicates == 10 && report.verifiedRecords == 1024)
    }

    @Test(arguments: Export.allCases, [10, 300, 900]) func `stolen index`(_ export: Export, _ place: Int) throws {
        var lines = sealed
        lines.insert(sealed[400].replacing("record", with: "forged"), at: place)
        let report = try stream.verify(export.encode(lines))
        #expect(report.outcome == .tampered, "\(report.text)")
        #expect(report.conflicts.items.map(\.index) == [400])
        #expect(report.conflicts.items.allSatisfy { $0.isDecided })
        #expect(report.verifiedRecords == 1024)
        if export == .lines {
            let truth: UInt64 = place <= 400 ? 402 : 401
            #expect(report.conflicts.items.first?.others.items == [SourcePosition(file: 0, number: UInt64(place + 1))])
            #expect(report.conflicts.items.first?.truth == SourcePosition(file: 0, number: truth))
        }
    }

    @Test(arguments: Export.allCases) func `inserted without identity`(_ export: Export) throws {
        var lines = sealed
        lines.insert(Array("<13>1 2026-11-23T06:15:00Z host app - - - injected".utf8), at: 500)
        let report = try stream.verify(export.encode(lines))
        #expect(report.foreign.total == 1)
        #expect(report.outcome == .complete && report.verifiedRecords == 1024)
        #expect(report.text.contains("FOREIGN 1 line"))
    }

    @Test(arguments: Export.allCases) func `element injected after the identity`(_ export: Export) throws {
        var lines = sealed
        lines[77] = lines[77].replacing("i=\"77\"]", with: "i=\"77\"][note@1 text=\"approved\"]")
        let report = try stream.verify(export.encode(lines))
        #expect(report.outcome == .tampered, "\(report.text)")
        #expect(report.tampered.items.map(\.kind) == [.intruder])
        #expect(report.tampered.items.map(\.records) == [77..<78])
    }

    @Test(arguments: Export.allCases) func `one seal removed`(_ export: Export) throws {
        var lines = sealed
        lines.remove(at: stream.seals[4])
        let report = try stream.verify(export.encode(lines))
        #expect(report.outcome == .incomplete, "\(report.text)")
        #expect(report.missing.ranges.items == [319..<320])
        #expect(report.bridgedBatches == 1 && report.verifiedRecords == 1023 && report.unverified.count == 0)
        #expect(report.verifiedRanges.items == [0..<1024])
    }

    @Test(arguments: Export.allCases) func `all seals removed`(_ export: Export) throws {
        let lines = sealed.indices.filter { !stream.seals.contains($0) }.map { sealed[$0] }
        let report = try stream.verify(export.encode(lines))
        #expect(report.outcome == .unverifiable, "\(report.text)")
        #expect(report.verifiedRecords == 0)
    }

    @Test(arguments: Export.allCases) func `wrong key`(_ export: Export) throws {
        let other = try TestStream(TestStream.Shape(seed: 1, batches: [1]))
        let report = try stream.verify(export.encode(sealed)) { $0.key = other.key }
        #expect(report.outcome == .unverifiable, "\(report.text)")
        #expect(report.unknownKeys.total == 16)
    }

    @Test func `empty file`() throws {
        let report = try stream.verify([UInt8]())
        #expect(report.outcome == .unverifiable)
        #expect(report.text.contains("empty"))
    }

    @Test func `no file`() throws {
        #expect(try stream.verify(inputs: []).outcome == .unverifiable)
    }
}
