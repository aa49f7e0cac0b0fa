import Seal
import Testing
import TransparencyLog

@testable import Verify

/// What an attacker, or an accident, does to an export, and what must be said about it.
@Suite struct TamperingTests {
    static let stream = try! TestStream(
        TestStream.Shape(batches: [7, 0, 15, 3, 1, 30, 9, 0, 12, 5], tail: 0, dropped: 2, hasMAC: true))
    private var stream: TestStream { Self.stream }

    // MARK: - Single bytes

    /// Bytes of a line that are not sealed: the MAC, which needs its key, and `p` of a seal whose predecessor is not
    /// there.
    private func isUnsealed(_ line: TestStream.Line, _ offset: Int) -> Bool {
        let text = text(line)
        guard let start = text.utf8Offset(of: " mac=\"") else { return false }
        return offset >= start + 6 && offset < start + 6 + 44
    }

    /// A few records of each kind, so that every byte can be tried: half of them here, half in the next test.
    static let small = try! TestStream(TestStream.Shape(batches: [2, 0, 3], hasMAC: true))

    @Test func `any flipped bit of any record shows`() throws {
        var generator = SeededGenerator(3)
        var unseen: [String] = []
        for (place, line) in Self.small.lines.enumerated() {
            for offset in line.indices where offset % 2 == place % 2 && !isUnsealed(line, offset) {
                var lines = Self.small.lines
                lines[place][offset] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                if try Self.small.verify(lines).outcome == .complete { unseen.append(text(lines[place])) }
            }
        }
        #expect(unseen == [])
    }

    /// All but a few bytes: damage to PRI makes a line that is no syslog, and a changed index another record's.
    @Test func `a changed character is called tampering`() throws {
        var unnamed: [String] = []
        for (place, line) in Self.small.lines.enumerated() {
            for offset in line.indices where offset > 5 && offset % 2 != place % 2 && !isUnsealed(line, offset) {
                var lines = Self.small.lines
                lines[place][offset] = line[offset] == 0x78 ? 0x79 : 0x78
                let outcome = try Self.small.verify(lines).outcome
                if outcome != .tampered { unnamed.append("\(outcome) \(offset) \(text(lines[place]))") }
            }
        }
        #expect(unnamed == [])
    }

    @Test(arguments: Export.allCases) func `a flipped byte of an export never leaves it complete and wrong`(
        _ export: Export
    ) throws {
        let bytes = export.encode(stream.lines)
        let output = try TemporaryFile()
        let original = stream.lines.map(leafText)
        var generator = SeededGenerator(11)
        for _ in 0..<100 {
            var altered = bytes
            altered[Int.random(in: altered.indices, using: &generator)] ^=
                1 << UInt8.random(in: 0..<8, using: &generator)
            let report = try stream.verify(altered) { $0.output = output.path }
            if report.outcome == .complete {
                // A damaged frame of the last seal cuts the tail off, which only a head or a time can tell.
                #expect(report.verifiedRecords == UInt64(output.lines.count))
                #expect(original.starts(with: output.lines), "what is written is what was sealed, in order")
                #expect(output.lines.count >= stream.seals[8])
            }
        }
    }

    private func leafText(_ line: TestStream.Line) -> String {
        let shape = unsafe CanonicalLine(line.span.bytes)
        return text(Array(line[shape.leafHead]) + Array(line[shape.leafTail]))
    }

    // MARK: - Deletions

    @Test func `any one record missing is named`() throws {
        for place in stream.lines.indices.dropLast() {
            var lines = stream.lines
            lines.remove(at: place)
            let report = try stream.verify(lines)
            #expect(report.outcome == .incomplete)
            #expect(report.missing.ranges.items == [UInt64(place)..<UInt64(place) + 1])
            let isSeal = stream.seals.contains(place)
            #expect(report.unverified.count == 0 || !isSeal)
        }
    }

    @Test func `any two records missing are never complete`() throws {
        for first in stride(from: 0, to: stream.lines.count - 1, by: 3) {
            for second in stride(from: first + 1, to: stream.lines.count - 1, by: 5) {
                let lines = stream.lines.indices.filter { $0 != first && $0 != second }.map { stream.lines[$0] }
                let report = try stream.verify(lines)
                #expect(report.outcome == .incomplete, "\(first), \(second): \(report.text)")
                #expect(report.tampered.isEmpty)
            }
        }
    }

    @Test func `a cut at any place is told`() throws {
        for length in 1..<stream.lines.count {
            let tail = try stream.verify(Array(stream.lines.prefix(length)))
            let sealed = stream.seals.last { $0 < length }
            if let sealed {
                #expect(tail.outcome == .complete)
                #expect(tail.unsealedTail.count == UInt64(length - sealed - 1))
            } else {
                #expect(tail.outcome == .unverifiable)
            }
            let head = try stream.verify(Array(stream.lines.dropFirst(length)))
            #expect(
                head.outcome == .incomplete && head.missing.ranges.items.first == 0..<UInt64(length), "\(head.text)")
        }
    }

    @Test func `an export from a batch boundary is complete only if it was asked for`() throws {
        let start = stream.seals[3] + 1
        let lines = Array(stream.lines[start...])
        #expect(try stream.verify(lines).outcome == .incomplete)
        let report = try stream.verify(lines) { $0.start = UInt64(start) }
        #expect(report.outcome == .complete, "\(report.text)")
        #expect(try stream.verify(lines) { $0.start = UInt64(start) - 1 }.outcome == .incomplete)
        #expect(try stream.verify(Array(lines.dropFirst())) { $0.start = UInt64(start) }.outcome == .incomplete)
    }

    // MARK: - Seals

    @Test func `all but the last seal removed`() throws {
        let last = stream.seals.last!
        let lines = stream.lines.indices.filter { $0 == last || !stream.seals.contains($0) }.map { stream.lines[$0] }
        let report = try stream.verify(lines)
        #expect(report.outcome == .incomplete)
        #expect(report.missing.count == UInt64(stream.seals.count - 1))
    }

    @Test func `a bridged batch is checked`() throws {
        var lines = stream.lines
        lines[40] = lines[40].replacing("record", with: "RECORD")
        lines.remove(at: stream.seals[5])
        let report = try stream.verify(lines)
        #expect(report.outcome == .tampered, "\(report.text)")
        #expect(report.tampered.items.map(\.records) == [31..<62])
        #expect(report.missing.ranges.items == [61..<62])
        #expect(report.verifiedRanges.items == [0..<31, 62..<92])
    }

    @Test func `a seal whose root was changed does not take its batch with it`() throws {
        var lines = stream.lines
        let place = stream.seals[5]
        lines[place] = lines[place].replacing(" root=\"", with: " root=\"AAAA").dropping(4, behind: " root=\"AAAA")
        let report = try stream.verify(lines)
        #expect(report.outcome == .tampered)
        #expect(report.tampered.items.map(\.kind) == [.signature], "\(report.text)")
        #expect(report.verifiedRecords == UInt64(lines.count))
    }

    @Test func `a seal whose frontier was changed is named`() throws {
        var lines = stream.lines
        let place = stream.seals[5]
        lines[place] = lines[place].replacing(" f=\"", with: " f=\"AAAA").dropping(4, behind: " f=\"AAAA")
        let report = try stream.verify(lines)
        #expect(report.outcome == .tampered)
        #expect(report.tampered.items.map(\.kind) == [.seal], "\(report.text)")
        #expect(report.verifiedRecords == UInt64(lines.count))
    }

    @Test func `seals with other signatures at the same place cost little and are reported`() throws {
        var lines = stream.lines
        let place = stream.seals[5]
        for number in 0..<500 {
            let digits = String(number + 1000)
            let forged = stream.lines[place].replacing(" sig=\"9gtTN", with: " sig=\"9gtTN" + digits).dropping(
                4, behind: digits)
            lines.insert(forged, at: 3)
        }
        let report = try stream.verify(lines)
        #expect(report.outcome == .tampered)
        #expect(report.tampered.total == 500)
        #expect(report.verifiedRecords == UInt64(stream.lines.count))
    }

    @Test func `a genuine signature on a false batch proves nothing`() throws {
        // The last seal is moved over the whole stream: its root and signature are good, its leaf is not.
        let last = stream.lines[stream.seals.last!]
        let record = try unsafe SealRecord(parsing: last.span.bytes)
        let forged = last.replacing("s=\"\(record.number)\"", with: "s=\"2\"").replacing(
            "from=\"\(record.from)\"", with: "from=\"1\""
        )
        .replacing("records \(record.from)..", with: "records 1..")
        for lines in [[forged] + stream.lines, stream.lines + [forged]] {
            let report = try stream.verify(lines)
            #expect(report.outcome == .tampered, "\(report.text)")
            #expect(report.verifiedRecords == UInt64(stream.lines.count))
        }
    }

    // MARK: - Indexes

    @Test func `absurd indexes cost nothing`() throws {
        for index in [
            "9223372036854775806", "9223372036854775807", "18446744073709551615", "99999999999999999999", "01",
        ] {
            let line = stream.lines[1].replacing("i=\"1\"", with: "i=\"\(index)\"")
            let report = try stream.verify(stream.lines + [line])
            #expect(
                report.outcome != .complete && report.verifiedRecords == UInt64(stream.lines.count), "\(report.text)")
        }
    }

    @Test func `a seal far ahead is not believed`() throws {
        let seal = stream.lines[stream.seals[2]]
        let record = try unsafe SealRecord(parsing: seal.span.bytes)
        let far = UInt64(1) << 60
        let forged = seal.replacing("i=\"\(record.index)\"", with: "i=\"\(far - 1)\"")
            .replacing("n=\"\(record.size)\"", with: "n=\"\(far)\"").replacing(
                "..\(record.index)", with: "..\(far - 1)")
        let report = try stream.verify(stream.lines + [forged])
        #expect(report.outcome == .tampered)
        #expect(report.tampered.items.map(\.kind) == [.signature])
    }

    @Test func `a record beyond the last seal is unsealed, and what it leaves out is missing`() throws {
        let count = UInt64(stream.lines.count)
        let line = stream.lines[1].replacing("i=\"1\"", with: "i=\"\(count)\"")
        let next = try stream.verify(stream.lines + [line])
        #expect(next.outcome == .complete && next.unsealedTail.ranges.items == [count..<count + 1])
        let far = stream.lines[1].replacing("i=\"1\"", with: "i=\"\(count + 2)\"")
        let gap = try stream.verify(stream.lines + [far])
        #expect(gap.outcome == .incomplete && gap.missing.ranges.items == [count..<count + 2])
    }

    @Test func `several candidates for several records are told apart`() throws {
        var lines = stream.lines
        for place in [14, 16, 18] {
            for number in 0..<2 {
                lines.insert(stream.lines[place].replacing("record", with: "forged\(number)"), at: 0)
            }
        }
        let report = try stream.verify(lines)
        #expect(report.outcome == .tampered)
        #expect(Set(report.conflicts.items.map(\.index)) == [14, 16, 18])
        #expect(report.conflicts.items.allSatisfy { $0.isDecided && $0.others.total == 2 })
        #expect(report.verifiedRecords == UInt64(stream.lines.count))
    }

    @Test func `a stolen index of a seal`() throws {
        for place in stream.seals {
            let forged = stream.lines[1].replacing("i=\"1\"", with: "i=\"\(place)\"")
            for position in [0, place, stream.lines.count] {
                var lines = stream.lines
                lines.insert(forged, at: position)
                let report = try stream.verify(lines)
                #expect(report.outcome == .tampered && report.conflicts.items.map(\.index) == [UInt64(place)])
                #expect(report.verifiedRecords == UInt64(stream.lines.count), "\(report.text)")
            }
        }
    }

    // MARK: - Identities

    @Test func `an identity in the message means nothing`() throws {
        let quoted = "<13>1 2026-11-23T06:15:00Z h a - - - saw [waxwing@32473 l=\"41342dd0\" i=\"5\"] there"
        let bare = "<13>1 2026-11-23T06:15:00Z h a - - - [waxwing@32473 l=\"41342dd0\" i=\"5\"]"
        let old = "<13>Nov 23 06:15:00 h a: [waxwing@32473 l=\"41342dd0\" i=\"5\"] there"
        for line in [quoted, bare, old] {
            let report = try stream.verify(stream.lines + [Array(line.utf8)])
            #expect(report.outcome == .complete && report.foreign.total == 1, "\(line)\n\(report.text)")
        }
    }

    @Test func `records of another stream are foreign`() throws {
        let other = try TestStream(TestStream.Shape(origin: "relay2.example.net/all", seed: 9, batches: [5, 5]))
        let report = try stream.verify(stream.lines + other.lines)
        #expect(report.outcome == .complete && report.foreign.total == UInt64(other.lines.count))
    }

    @Test(arguments: [
        "[note@1 a=\"b\"]", "[waxwing-3 l=\"00000000\" i=\"1\"]", "[waxwing-1@32473 l=\"00000000\" i=\"1\"]",
        "[waxwing-2@32473 l=\"00000000\" i=\"1\" x=\"y\"]", "[waxwing-seal@32473 v=\"1\"]",
        "[waxwing-sig@32473 root=\"\"]",
        "[waxwing@32473 l=\"41342dd0\" i=\"9\"]", "[", "x", "[waxwing-2@32473 l=\"0\" i=\"1\"]",
    ]) func `something behind the identity`(_ element: String) throws {
        for place in [4, stream.seals[2]] {
            var lines = stream.lines
            let anchor = stream.seals.contains(place) ? "] sealed" : "i=\"\(place)\"]"
            lines[place] = lines[place].replacing(
                anchor, with: stream.seals.contains(place) ? "]\(element) sealed" : "\(anchor)\(element)")
            let report = try stream.verify(lines)
            #expect(report.outcome == .tampered, "\(text(lines[place]))\n\(report.text)")
        }
    }

    @Test func `a relay further down leaves the records as they were`() throws {
        let lines = stream.lines.enumerated().map { index, line in
            let mark = "[waxwing-2@99 l=\"0a0b0c0d\" i=\"\(index + 7)\"]"
            let text = text(line)
            let end = text.utf8Offset(of: text.contains("] sealed records") ? "] sealed" : "i=\"\(index)\"]")!
            let cut = end + (text.contains("] sealed records") ? 1 : "i=\"\(index)\"]".utf8.count)
            return Array(line[..<cut]) + Array(mark.utf8) + Array(line[cut...])
        }
        let report = try stream.verify(lines)
        #expect(report.outcome == .complete, "\(report.text)")
        #expect(report.verifiedRecords == UInt64(lines.count))
    }
}

extension String {
    func utf8Offset(of part: String) -> Int? {
        let (whole, part) = (Array(utf8), Array(part.utf8))
        guard whole.count >= part.count else { return nil }
        return (0...whole.count - part.count).first { whole[$0..<$0 + part.count].elementsEqual(part) }
    }
}

extension TestStream.Line {
    /// The line without the `count` bytes behind the first `mark`.
    func dropping(_ count: Int, behind mark: String) -> Self {
        guard let offset = text(self).utf8Offset(of: mark) else { fatalError("\(mark) is not there") }
        let end = offset + mark.utf8.count
        return Array(self[..<end]) + Array(self[(end + count)...])
    }
}
