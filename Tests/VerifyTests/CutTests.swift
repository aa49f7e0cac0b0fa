import Testing
import TransparencyLog

@testable import Verify

/// Exports that begin or end in the middle of a line, a frame, a text: incomplete, and nothing worse.
@Suite struct CutTests {
    static let stream = try! TestStream(TestStream.Shape(batches: [3, 0, 4, 2], tail: 2, hasMAC: true))
    private var stream: TestStream { Self.stream }
    private var bytes: [UInt8] { Export.lines.encode(stream.lines) }

    // MARK: - Anywhere

    /// The exit code without the unsealed tail's age, for every length of `bytes` and for every start.
    private func outcomes(_ bytes: [UInt8], step: Int) throws -> (ends: Set<Int32>, starts: Set<Int32>) {
        var ends: Set<Int32> = []
        var starts: Set<Int32> = []
        for cut in stride(from: 1, to: bytes.count - 1, by: step) {
            let end = try stream.verify(Array(bytes[..<cut]))
            ends.insert(end.verifiedRecords == 0 && end.outcome == .unverifiable ? 0 : end.outcome.exitCode)
            let start = try stream.verify(Array(bytes[cut...]))
            starts.insert(start.verifiedRecords == 0 && start.outcome == .unverifiable ? 0 : start.outcome.exitCode)
        }
        return (ends, starts)
    }

    @Test(arguments: Export.allCases) func `a cut anywhere is no tampering`(_ export: Export) throws {
        let outcomes = try outcomes(export.encode(stream.lines), step: 13)
        #expect(outcomes.ends.isSubset(of: [0, 2]), "\(outcomes)")
        // Where the framing says nothing of where to start again, nothing is verified.
        if ![.octetCounted, .octetCountedLines, .csv].contains(export) {
            #expect(outcomes.starts.isSubset(of: [0, 2]), "\(outcomes)")
        }
    }

    @Test(arguments: Export.allCases) func `gzip data that ends early`(_ export: Export) throws {
        let packed = Gzip.store(export.encode(stream.lines))
        for cut in stride(from: 30, to: packed.count, by: 97) {
            let report = try stream.verify(Array(packed[..<cut]))
            #expect(report.outcome == (report.verifiedRecords > 0 ? .incomplete : .unverifiable), "\(report.text)")
            #expect(report.verifiedRecords == 0 || report.cuts.items.contains { $0.kind == .gzip })
        }
    }

    @Test(arguments: Export.allCases) func `zstd data that ends early`(_ export: Export) throws {
        let packed = Zstandard.store(export.encode(stream.lines))
        for cut in stride(from: 30, to: packed.count, by: 97) {
            let report = try stream.verify(Array(packed[..<cut]))
            #expect(report.outcome == (report.verifiedRecords > 0 ? .incomplete : .unverifiable), "\(report.text)")
            #expect(report.verifiedRecords == 0 || report.cuts.items.contains { $0.kind == .zstd })
        }
    }

    // MARK: - The last line

    @Test(arguments: [3, 40, 60, 75, 90, 300]) func `a seal without its end`(_ missing: Int) throws {
        let sealed = Export.lines.encode(Array(stream.lines[...stream.seals[3]]))
        let report = try stream.verify(Array(sealed.dropLast(missing)))
        #expect(report.outcome == .incomplete && report.tampered.isEmpty, "\(report.text)")
        #expect(report.text.contains("CUT export:\(stream.seals[3] + 1) the last line is cut off"))
    }

    @Test func `a last line without a line end is as good as any`() throws {
        let report = try stream.verify(Array(bytes.dropLast()))
        #expect(report.outcome == .complete && report.cuts.isEmpty, "\(report.text)")
    }

    @Test func `zeros at the end`() throws {
        let sealed = Export.lines.encode(Array(stream.lines[...stream.seals[3]]))
        for bytes in [sealed, Array(sealed.dropLast(10))] {
            let report = try stream.verify(bytes + [UInt8](repeating: 0, count: 600))
            #expect(report.outcome == .incomplete && report.tampered.isEmpty, "\(report.text)")
        }
    }

    @Test func `a cut record that was sealed before it`() throws {
        // Newest first, as search results come.
        let reversed = Export.lines.encode(Array(stream.lines[...stream.seals[3]].reversed()))
        let report = try stream.verify(Array(reversed.dropLast(4)))
        #expect(report.outcome == .incomplete && report.tampered.isEmpty, "\(report.text)")
        #expect(report.cuts.total == 1 && report.missing.ranges.items == [0..<1])
    }

    @Test func `a cut line excuses nothing else`() throws {
        var lines = stream.lines
        lines[7] = lines[7].replacing("record", with: "RECORD")
        let report = try stream.verify(Array(Export.lines.encode(lines).dropLast(20)))
        #expect(report.outcome == .tampered, "\(report.text)")
        #expect(report.tampered.items.map(\.records) == [UInt64(stream.seals[1]) + 1..<UInt64(stream.seals[2]) + 1])
        // Without its line end, too, a line is a lie if it says something else than the record it claims to be.
        for forged in [
            stream.lines[1].replacing("record", with: "RECORD"),
            stream.lines[1].replacing("i=\"1\"]", with: "i=\"1\"][x@1 a=\"b\"]"),
            stream.lines[stream.seals[1]].replacing("sig=\"9gtTN", with: "sig=\"9gtTM"),
        ] {
            let report = try stream.verify(bytes + forged)
            #expect(report.outcome == .tampered, "\(report.text)")
        }
    }

    @Test func `a cut copy of a record that is there`() throws {
        let first = Array(Export.lines.encode(Array(stream.lines[...6])).dropLast(4))
        for inputs in [[first, bytes], [bytes, first]] {
            let report = try stream.verify(inputs: inputs.map { .bytes($0, name: "part") })
            #expect(report.outcome == .incomplete && report.conflicts.isEmpty, "\(report.text)")
            #expect(report.cuts.total == 1 && report.verifiedRecords == UInt64(stream.seals[3]) + 1)
        }
        // The tail has no seal to decide, and none is needed.
        let tail = Array(bytes.dropLast(4))
        for inputs in [[tail, bytes], [bytes, tail]] {
            let report = try stream.verify(inputs: inputs.map { .bytes($0, name: "part") })
            #expect(report.outcome == .incomplete && report.conflicts.isEmpty, "\(report.text)")
        }
    }

    @Test func `a foreign line is not made a cut one`() throws {
        for line in ["<13>1 2026-11-23T06:15:00Z h a - - - injected", "<13>Nov 23 06:15:00 h a: injected", "injected"] {
            let report = try stream.verify(bytes + Array(line.utf8))
            #expect(report.outcome == .complete && report.foreign.total == 1 && report.cuts.isEmpty, "\(report.text)")
        }
        for line in [
            "<", "<13", "<13>", "<13>1", "<13>1 2026-11-23T06", "<13>1 2026-11-23T06:15:00Z h a - - [x@1 a=\"b",
        ] {
            let report = try stream.verify(bytes + Array(line.utf8))
            #expect(report.outcome == .incomplete && report.cuts.total == 1, "\(line): \(report.text)")
        }
    }

    // MARK: - Byte order marks

    @Test(arguments: Export.allCases) func `a byte order mark is no part of an export`(_ export: Export) throws {
        let marked = [0xEF, 0xBB, 0xBF] + export.encode(stream.lines)
        for bytes in [marked, Gzip.store(marked)] {
            let report = try stream.verify(bytes)
            #expect(report.outcome == .complete && report.foreign.isEmpty, "\(report.text)")
        }
        let report = try stream.verify(marked) {
            $0.key = "\u{FEFF}\(stream.key)\n"
            $0.macKey = Array(("\u{FEFF}" + String(repeating: "4b", count: 32)).utf8)
            $0.head = "\u{FEFF}\(stream.heads[3])"
        }
        #expect(report.outcome == .complete, "\(report.text)")
    }

    // MARK: - Foreign lines in other formats

    @Test func `a line of another kind is foreign, and no more`() throws {
        for (export, line) in [(Export.lines, "{\"a\":1}"), (.raw, "<13>1 - h a - - - raw"), (.raw, "raw")] {
            var lines = [UInt8]()
            for (place, record) in stream.lines.enumerated() {
                if place == 4 { lines += Array("\(line)\n".utf8) }
                lines += export.encode([record])
            }
            let report = try stream.verify(lines)
            #expect(report.outcome == .complete && report.foreign.total == 1, "\(report.text)")
            #expect(report.verifiedRecords == UInt64(stream.seals[3]) + 1)
        }
        let record = Export.raw.encode([stream.lines[0]])
        #expect(try stream.verify(bytes + record).outcome == .unverifiable)
    }

    @Test func `a record beyond all limits is no foreign line`() throws {
        let long = stream.lines[1] + [UInt8](repeating: 0x78, count: ExportReader.recordLimit)
        for export in [Export.lines, .octetCounted, .raw, .csv] {
            let report = try stream.verify(export.encode(stream.lines + [long]))
            #expect(report.outcome == .tampered && report.tampered.items.map(\.records) == [1..<2], "\(report.text)")
        }
    }

    @Test func `lines with another end are not told apart, and nothing is said against them`() throws {
        let stream = try TestStream(TestStream.Shape(batches: [3000]))
        for end in [0, 0x0D] as [UInt8] {
            let report = try stream.verify(Array(stream.lines.map { $0 + [end] }.joined()))
            #expect(report.outcome == .unverifiable && report.unreadable.total == 1, "\(report.text)")
        }
    }

    @Test func `a count that takes in the line end`() throws {
        let frames: [UInt8] = Array(stream.lines.map { Array("\($0.count + 1) ".utf8) + $0 + [0x0A] }.joined())
        #expect(try stream.verify(frames).outcome == .complete)
    }
}
