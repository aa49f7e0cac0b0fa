import Glibc
import OpenSSL
import Seal
import Testing
import TransparencyLog

@testable import Verify

/// The options: heads, times, MAC keys, leaf hashes, subsets, output.
@Suite struct OptionTests {
    static let stream = try! TestStream(TestStream.Shape(tail: 5, dropped: 3, hasMAC: true))
    private var stream: TestStream { Self.stream }
    private var sealed: [TestStream.Line] { Array(stream.lines.dropLast(5)) }

    // MARK: - Keys

    @Test func `the key may be a file with comments`() throws {
        let report = try stream.verify(sealed) { $0.key = "# relay1\n\n  \(stream.key) \n" }
        #expect(report.outcome == .complete)
    }

    @Test(arguments: ["", "x", "relay1.example.net/all+f60b5336+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4", "a\nb"])
    func `a key that is none is refused`(_ key: String) {
        #expect(throws: VerificationError(.key, "")) { try stream.verify(sealed) { $0.key = key } }
    }

    // MARK: - MAC

    @Test func `MACs are checked in any order`() throws {
        var generator = SeededGenerator(2)
        let hexadecimal = Array(String(repeating: "4b", count: 32).utf8)
        for key in [TestStream.firstMACKey, hexadecimal, hexadecimal + [0x0A]] {
            for lines in [sealed, sealed.reversed(), sealed.shuffled(using: &generator)] {
                let report = try stream.verify(lines) { $0.macKey = key }
                #expect(report.outcome == .complete && report.codes?.valid == 16, "\(report.text)")
            }
        }
    }

    @Test func `a false MAC is tampering`() throws {
        let report = try stream.verify(sealed) { $0.macKey = [UInt8](repeating: 1, count: 32) }
        #expect(report.outcome == .tampered && report.codes?.invalid.total == 16)
        #expect(throws: VerificationError(.macKey, "")) { try stream.verify(sealed) { $0.macKey = [1, 2, 3] } }
    }

    /// The ratchet of one run turns only so far, however many seals of a hostile key holder want more.
    @Test func `numbers too far apart are unchecked`() throws {
        let bytes = TestStream.firstMACKey
        let macKey = unsafe SecretBytes(bytes.span.bytes)
        let seals = try stream.seals.map {
            let line = stream.lines[$0]
            return try unsafe SealRecord(parsing: line.span.bytes)
        }
        guard var check = CodeCheck(firstKey: macKey, stepLimit: 9) else {
            Issue.record("32 octets are a key")
            return
        }
        for seal in seals.dropFirst(4) { check.add(seal) }
        #expect(check.result.valid == 6 && check.result.unchecked == 6)
        check.add(seals[0])
        check.finish()
        #expect(check.result.valid == 7 && check.result.invalid.total == 0)
    }

    @Test func `a missing MAC is not taken for a good one`() throws {
        let bare = try TestStream(TestStream.Shape(batches: [5, 5]))
        let report = try bare.verify(bare.lines) { $0.macKey = TestStream.firstMACKey }
        #expect(report.outcome == .unverifiable && report.codes?.absent == 2)
    }

    @Test func `drops are added up, each once`() throws {
        #expect(try stream.verify(sealed + sealed).dropped == 48)
    }

    // MARK: - Times and heads

    @Test func `the age of the newest seal`() throws {
        let report = try stream.verify(stream.lines) { $0.now = stream.end + 3_723_000 }
        #expect(report.newestSeal?.age == 3_723_000 && report.newestSeal?.number == 16)
        #expect(report.text.contains("1 h 2 min ago"))
        for (until, outcome) in [(stream.end, 0), (stream.end + 300_000, 0), (stream.end + 300_001, 2)]
            as [(Int64, Int32)]
        {
            #expect(try stream.verify(stream.lines) { $0.until = until }.outcome.exitCode == outcome)
        }
    }

    @Test func `a tail that nobody seals is not waiting for a seal`() throws {
        let cut = Array(sealed.dropLast(20))
        for (now, outcome) in [(0, 0), (240_000, 0), (600_000, 2)] as [(Int64, Int32)] {
            let report = try stream.verify(cut) { $0.now = stream.end + now }
            #expect(report.outcome.exitCode == outcome && report.unsealedTail.count > 0, "\(report.text)")
            #expect(report.isStale == (outcome == 2))
            #expect(report.text.contains("not sealed yet") == (outcome == 0))
        }
        // Without a tail the age of an export says nothing against it.
        #expect(try stream.verify(sealed) { $0.now = stream.end + 1 << 40 }.outcome == .complete)
        #expect(try stream.verify(cut) { ($0.now, $0.lagLimit) = (stream.end + 600_000, 900_000) }.outcome == .complete)
    }

    @Test func `a head anywhere in the stream`() throws {
        var generator = SeededGenerator(4)
        for (number, head) in stream.heads.enumerated() {
            for lines in [sealed, sealed.shuffled(using: &generator)] {
                let report = try stream.verify(lines) { $0.head = head }
                #expect(
                    report.outcome == .complete && report.head == .agrees(size: UInt64(number + 1) * 64),
                    "\(report.text)")
            }
        }
    }

    @Test func `a head of another history`() throws {
        let other = try TestStream(TestStream.Shape(text: "another"))
        let report = try stream.verify(sealed) { $0.head = other.heads[7] }
        #expect(report.outcome == .tampered && report.head == .differs(size: 512))
    }

    @Test func `a head that is not the log's is refused`() throws {
        let other = try TestStream(TestStream.Shape(seed: 1))
        for head in ["", "x\n", other.heads[0], stream.heads[0].replacingOccurrence(of: "\n64\n", with: "\n65\n")] {
            #expect(throws: VerificationError(.head, "")) { try stream.verify(sealed) { $0.head = head } }
        }
    }

    @Test func `a head proves a tail whose seal is damaged`() throws {
        var lines = sealed
        lines[1023] = lines[1023].replacing(" sig=\"9gtTN", with: " sig=\"9gtTNAAAA").dropping(4, behind: "9gtTNAAAA")
        let report = try stream.verify(lines) { $0.head = stream.heads[15] }
        #expect(report.verifiedRecords == 1024 && report.head == .agrees(size: 1024), "\(report.text)")
        #expect(report.outcome == .tampered)
    }

    // MARK: - Leaf hashes

    private func hashes(_ range: Range<Int>) -> [UInt8] { stream.leaves[range].flatMap(\.bytes) }

    private func directory() throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        try directory.add("00000000000000000000.leaves", hashes(0..<300))
        try directory.add("00000000000000000300.leaves", hashes(300..<1000) + [1, 2, 3])
        try directory.add("00000000000000001000.leaves", hashes(1000..<1029))
        try directory.add("README", [1])
        return directory
    }

    @Test func `leaf hashes name the record`() throws {
        let directory = try directory()
        var lines = sealed
        lines[300] = lines[300].replacing("record", with: "RECORD")
        lines.remove(at: 700)
        let report = try stream.verify(lines) { $0.hashes = directory.path }
        #expect(report.outcome == .tampered, "\(report.text)")
        #expect(report.tampered.items.map(\.records) == [300..<301])
        #expect(report.tampered.items.map(\.kind) == [.record])
        #expect(report.missing.ranges.items == [700..<701])
        #expect(report.verifiedRecords == 1022 && report.unverified.count == 0)
    }

    @Test func `leaf hashes are found in a relay's data folder`() throws {
        let data = try TemporaryDirectory()
        let segments = try data.folder("segments")
        try segments.add("00000000000000000000.leaves", hashes(0..<1024))
        var lines = sealed
        lines[300] = lines[300].replacing("record", with: "RECORD")
        let report = try stream.verify(lines) { $0.hashes = data.path }
        #expect(report.tampered.items.map(\.records) == [300..<301], "\(report.text)")
    }

    @Test func `leaf hashes settle a conflict`() throws {
        let directory = try directory()
        var lines = sealed
        lines[130] = lines[130].replacing("record", with: "RECORD")
        lines.insert(sealed[140].replacing("record", with: "RECORD"), at: 3)
        lines.remove(at: 151)
        let report = try stream.verify(lines) { $0.hashes = directory.path }
        #expect(report.conflicts.items.map(\.index) == [140])
        #expect(report.conflicts.items.first?.others.items == [SourcePosition(file: 0, number: 4)])
        #expect(report.tampered.items.map(\.records) == [130..<131], "\(report.text)")
    }

    @Test func `false leaf hashes prove nothing`() throws {
        let directory = try TemporaryDirectory()
        var bytes = hashes(0..<1024)
        bytes[32 * 310] ^= 1
        try directory.add("00000000000000000000.leaves", bytes)
        var lines = sealed
        lines[300] = lines[300].replacing("record", with: "RECORD")
        let report = try stream.verify(lines) { $0.hashes = directory.path }
        #expect(report.tampered.items.map(\.kind) == [.batch] && report.verifiedRecords == 1024 - 64)
    }

    @Test func `a subset is proved record by record`() throws {
        let directory = try directory()
        let last = stream.seals.last!
        let lines = sealed.indices.filter { $0 % 17 == 4 || $0 == last }.map { sealed[$0] }
        let adjust: (inout VerifyOptions) -> Void = {
            $0.hashes = directory.path
            $0.isSubset = true
        }
        let report = try stream.verify(lines, adjust)
        #expect(report.outcome == .complete, "\(report.text)")
        #expect(report.verifiedRecords == UInt64(lines.count) && report.missing.count == 0)
        #expect(
            try stream.verify(lines + [stream.lines[1025]], adjust).outcome == .unverifiable, "the tail is not sealed")

        var altered = lines
        altered[5] = altered[5].replacing("record", with: "RECORD")
        #expect(try stream.verify(altered, adjust).outcome == .tampered)

        let seals = Set(stream.seals.map { stream.lines[$0] })
        let withoutSeals = lines.filter { !seals.contains($0) }
        #expect(try stream.verify(withoutSeals, adjust).outcome == .unverifiable)
        #expect(try stream.verify(withoutSeals, adjust).text.contains("--head"))
        let byHead = try stream.verify(withoutSeals) {
            adjust(&$0)
            $0.head = stream.heads[15]
        }
        #expect(byHead.outcome == .complete && byHead.head == .agrees(size: 1024), "\(byHead.text)")
    }

    @Test func `a subset needs leaf hashes`() {
        #expect(throws: VerificationError(.hashes, "")) { try stream.verify(sealed) { $0.isSubset = true } }
        #expect(throws: VerificationError(.hashes, "")) { try stream.verify(sealed) { $0.hashes = "/nowhere" } }
    }

    // MARK: - Output

    private func leaves(_ range: Range<Int>) -> [String] {
        range.map { place in
            let line = stream.lines[place]
            guard stream.seals.contains(place) else { return text(line) }
            let whole = text(line)
            let start = whole.utf8Offset(of: "[waxwing-sig@")!
            let end = whole.utf8Offset(of: " sealed records")!
            return text(Array(line[..<start]) + Array(line[end...]))
        }
    }

    @Test(arguments: Export.allCases) func `what is verified is written`(_ export: Export) throws {
        let file = try TemporaryFile()
        let report = try stream.verify(export.encode(stream.lines)) { $0.output = file.path }
        #expect(report.outcome == .complete)
        #expect(file.lines == leaves(0..<1024))
    }

    @Test func `what is not verified is not written`() throws {
        let file = try TemporaryFile()
        var lines = sealed
        lines[100] = lines[100].replacing("record", with: "RECORD")
        lines[300] = lines[300].replacing("i=\"300\"]", with: "i=\"300\"][note@1 a=\"b\"]")
        lines.insert(sealed[500].replacing("record", with: "forged"), at: 10)
        lines.insert(Array("<1>1 - - - - - - injected".utf8), at: 10)
        lines.remove(at: stream.seals[9] + 2)
        let report = try stream.verify(lines) { $0.output = file.path }
        #expect(report.outcome == .tampered)
        // The bridged batch is proved at the end, and written where it belongs.
        #expect(file.lines == leaves(0..<64) + leaves(128..<639) + leaves(640..<1024))
    }

    @Test func `what is written is in the order of the indexes, whatever the export is`() throws {
        let file = try TemporaryFile()
        var generator = SeededGenerator(8)
        for lines in [sealed.shuffled(using: &generator), sealed.reversed()] {
            let report = try stream.verify(lines) { $0.output = file.path }
            #expect(file.lines == leaves(0..<1024) && report.notes.isEmpty, "\(report.text)")
        }
    }

    @Test func `a pipe gets the records in the order in which they are verified`() throws {
        var ends: [Int32] = [0, 0]
        #expect(unsafe pipe(&ends) == 0)
        let short = try TestStream(TestStream.Shape(batches: [3, 3]))
        let report = try short.verify(Array(short.lines[4...]) + short.lines[..<4]) {
            $0.output = "/dev/fd/\(ends[1])"
        }
        close(ends[1])
        var written = [UInt8](repeating: 0, count: 4096)
        let count = unsafe read(ends[0], &written, written.count)
        close(ends[0])
        let indexes = String(decoding: written[..<max(0, count)], as: UTF8.self).split(separator: "\n").map {
            unsafe CanonicalLine(Array($0.utf8).span.bytes).index
        }
        #expect(indexes == [4, 5, 6, 7, 0, 1, 2, 3])
        #expect(report.outcome == .complete && report.text.contains("NOTE the records written"), "\(report.text)")
    }

    @Test func `an input is not written over`() throws {
        let file = try TemporaryFile(Export.lines.encode(sealed))
        #expect(throws: VerificationError(.output, "")) {
            try stream.verify(inputs: [.path(file.path)]) { $0.output = file.path }
        }
        #expect(file.bytes == Export.lines.encode(sealed))
        #expect(throws: VerificationError(.output, "")) { try stream.verify(sealed) { $0.output = "/nowhere/x" } }
    }
}

extension String {
    func replacingOccurrence(of old: String, with new: String) -> String {
        text(Array(utf8).replacing(old, with: new))
    }
}
