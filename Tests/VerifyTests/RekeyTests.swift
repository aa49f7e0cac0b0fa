import Glibc
import Seal
import Testing
import TransparencyLog

@testable import Verify

/// Streams whose key was replaced: sixteen batches, the fifth and the eleventh of which end with a change of the key.
@Suite struct RekeyTests {
    private static let rekeys: [Int: UInt8] = [4: 1, 10: 2]
    static let stream = try! TestStream(TestStream.Shape(rekeys: rekeys))
    private var stream: TestStream { Self.stream }
    /// The indexes of the records with the notes.
    private static let notes = [4 * 64 + 63, 10 * 64 + 64]

    private func isNote(_ line: TestStream.Line) -> Bool { text(line).contains(" REKEY [waxwing-rekey@") }

    @Test func `the notes are where they are looked for`() {
        #expect(stream.lines.indices.filter { isNote(stream.lines[$0]) } == Self.notes)
        #expect(stream.keys.count == 3)
    }

    @Test(arguments: 0..<3, Export.allCases) func `any key leads to the others`(_ key: Int, _ export: Export) throws {
        let report = try stream.verify(export.encode(stream.lines)) { $0.key = stream.keys[key] }
        #expect(report.outcome == .complete, "\(report.text)")
        #expect(report.keys.map(\.key) == stream.keys && report.keys.map(\.isPinned) == (0..<3).map { $0 == key })
        #expect(report.keys.map(\.records) == [0..<321, 321..<706, 706..<1026])
        #expect(report.keys.map(\.seals) == [5, 6, 5] && report.keys.map(\.replacedAt) == [319, 704, nil])
    }

    @Test(arguments: 0..<3) func `shuffled, repeated, and from a pipe`(_ key: Int) throws {
        var generator = SeededGenerator(UInt64(key))
        let lines = (stream.lines + stream.lines[300..<330]).shuffled(using: &generator)
        let report = try stream.verify(lines) { $0.key = stream.keys[key] }
        #expect(report.outcome == .complete && report.duplicates == 30, "\(report.text)")
        for lines in [stream.lines, lines] {
            var ends: [Int32] = [0, 0]
            #expect(unsafe pipe(&ends) == 0)
            let writer = PipeWriter(Export.lines.encode(lines), 60_000, ends[1])
            writer.start()
            let piped = try stream.verify(inputs: [.path("/dev/fd/\(ends[0])")]) { $0.key = stream.keys[key] }
            writer.join()
            close(ends[0])
            #expect(piped.outcome == .complete && piped.verifiedRecords == 1026, "\(piped.text)")
        }
    }

    @Test(arguments: 0..<3) func heads(_ key: Int) throws {
        for (number, head) in stream.heads.enumerated() {
            let report = try stream.verify(stream.lines) {
                $0.key = stream.keys[key]
                $0.head = head
            }
            #expect(report.outcome == .complete, "head \(number): \(report.text)")
        }
    }

    @Test func `the report says who signed what`() throws {
        let report = try stream.verify(stream.lines) { $0.key = stream.keys[1] }
        let ids = stream.keys.map { $0.split(separator: "+")[1] }
        #expect(
            report.lines.filter { $0.hasPrefix("KEY") } == [
                "KEY \(ids[0]) sealed 0..320 in 5 batches, replaced by record 319",
                "KEY \(ids[1]) sealed 321..705 in 6 batches, replaced by record 704, pinned",
                "KEY \(ids[2]) sealed 706..1025 in 5 batches",
            ])
    }

    @Test func `what was verified is written, once`() throws {
        let file = try TemporaryFile()
        let report = try stream.verify(stream.lines) {
            $0.key = stream.keys[2]
            $0.output = file.path
        }
        #expect(report.outcome == .complete && file.bytes.count { $0 == 0x0A } == 1026)
    }

    // MARK: - What is not believed

    @Test(arguments: [0, 2]) func `without the note the other key is unknown`(_ key: Int) throws {
        let lines = stream.lines.indices.filter { !Self.notes.contains($0) }.map { stream.lines[$0] }
        let report = try stream.verify(lines) { $0.key = stream.keys[key] }
        #expect(report.outcome == .incomplete && !report.unknownKeys.isEmpty, "\(report.text)")
        #expect(report.keys.count == 1)
    }

    @Test(arguments: 0..<3) func `an altered note`(_ key: Int) throws {
        var lines = stream.lines
        let line = lines[Self.notes[0]]
        let place = try #require(line.firstIndex(of: UInt8(ascii: "]"))) - 20
        lines[Self.notes[0]][place] = line[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        let report = try stream.verify(lines) { $0.key = stream.keys[key] }
        #expect(report.outcome == .tampered, "\(report.text)")
    }

    @Test func `signed by one key only`() throws {
        for isOld in [true, false] {
            let stream = try TestStream(
                TestStream.Shape(
                    batches: [20, 20, 20], rekeys: [1: 1],
                    makeNote: { old, new, index in
                        let note = try RekeyNote(from: old, to: new, size: index + 2, time: 1)
                        let other = note.note.signatures[isOld ? 0 : 1]
                        let forged = NoteSignature(
                            name: other.name, keyID: isOld ? new.keyID : old.keyID, signature: other.signature)
                        let signed = try SignedNote(
                            text: note.note.text, signatures: isOld ? [other, forged] : [forged, other])
                        return try RekeyNote(parsing: Array(signed.description.utf8))
                    }))
            for key in stream.keys {
                let report = try stream.verify(stream.lines) { $0.key = key }
                #expect(report.outcome == .tampered && report.keys.count == 1, "\(report.text)")
                #expect(report.tampered.items.map(\.kind).contains(.rekey))
            }
        }
    }

    @Test(arguments: [1, 3] as [UInt64]) func `a size that is not where the note stands`(_ distance: UInt64) throws {
        let stream = try TestStream(
            TestStream.Shape(
                batches: [20, 20, 20], rekeys: [1: 1],
                makeNote: { try RekeyNote(from: $0, to: $1, size: $2 + distance, time: 1) }))
        for key in stream.keys {
            let report = try stream.verify(stream.lines) { $0.key = key }
            #expect(report.outcome == .tampered && report.tampered.items.map(\.kind).contains(.rekey))
        }
    }

    @Test func `a batch that is not closed for it`() throws {
        let shapes = [
            TestStream.Shape(batches: [20, 20, 20], rekeys: [1: 1], handover: .stop),
            TestStream.Shape(batches: [20, 20, 20], rekeys: [1: 1], isApart: true),
        ]
        for shape in shapes {
            let stream = try TestStream(shape)
            for key in stream.keys {
                let report = try stream.verify(stream.lines) { $0.key = key }
                #expect(report.outcome == .tampered && report.tampered.items.map(\.kind).contains(.rekey))
            }
        }
    }

    /// Who has stolen the key goes on with it after it was replaced.
    @Test func `a replaced key signs nothing any more`() throws {
        let thief = try TestStream(TestStream.Shape(batches: Array(repeating: 63, count: 5) + [64, 63, 63, 63]))
        let honest = stream.lines.prefix(321)
        let lines = honest + thief.lines[321...]
        let report = try stream.verify(Array(lines))
        #expect(report.outcome == .tampered && report.verifiedRecords == 321, "\(report.text)")
        for order in [Array(thief.lines[321...]) + honest, Array(lines.reversed())] {
            #expect(try stream.verify(order).outcome == .tampered)
        }
    }

    @Test func `another log's note is none`() throws {
        let other = try TestStream(
            TestStream.Shape(origin: "relay2.example.net/all", batches: [20, 20], rekeys: [0: 1]))
        let report = try stream.verify(Array(stream.lines.prefix(321)) + other.lines)
        #expect(report.outcome == .complete && report.foreign.total == UInt64(other.lines.count), "\(report.text)")
    }

    @Test func `notes that contradict each other`() throws {
        let other = try TestStream(TestStream.Shape(rekeys: [4: 3]))
        let report = try stream.verify(stream.lines + [other.lines[Self.notes[0]]])
        #expect(report.outcome == .tampered && report.tampered.items.map(\.kind).contains(.rekey), "\(report.text)")
    }
}
