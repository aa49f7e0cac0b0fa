import Glibc
import Testing

@testable import Verify

/// Reading exports: formats, chunk boundaries, limits and damage.
@Suite struct ReaderTests {
    /// Keeps what a reader finds.
    struct Collector: RecordSink {
        var records: [String] = []
        var numbers: [UInt64] = []
        var problems: [ExportProblem] = []
        var edges: [LineEdges] = []
        var cuts: [ExportCut] = []

        mutating func take(_ line: RawSpan, at position: SourcePosition, edges: LineEdges) {
            self.edges.append(edges)
            records.append(unsafe line.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) })
            numbers.append(position.number)
        }

        mutating func skip(_ problem: ExportProblem, _ bytes: RawSpan, at position: SourcePosition) {
            problems.append(problem)
        }

        mutating func cut(_ cut: ExportCut, at position: SourcePosition) { cuts.append(cut) }
    }

    private func read(_ input: ExportInput) throws -> (Collector, ExportReader.Summary?) {
        var collector = Collector()
        var summary: ExportReader.Summary?
        try ExportReader.read(input, file: 0, into: &collector) { summary = $0 }
        return (collector, summary)
    }

    private func read(_ text: String) throws -> Collector { try read(.bytes(Array(text.utf8), name: "text")).0 }

    private func failure(_ text: String) -> ExportError.Code? {
        do {
            _ = try read(text)
            return nil
        } catch {
            return (error as? ExportError)?.code
        }
    }

    // MARK: - Formats

    @Test(arguments: Export.allCases) func `every format gives the same records`(_ export: Export) throws {
        let lines = (0..<50).map { TestStream.record($0, tag: .init(rawValue: 7), text: "x") }
        let (collector, summary) = try read(.bytes(export.encode(lines), name: "x"))
        #expect(collector.records == lines.map(text) && collector.problems.isEmpty)
        let expected: ExportFormat =
            switch export {
            case .lines, .windowsLines: .lines
            case .octetCounted, .octetCountedLines: .octetCounted
            case .csv: .csv
            default: .json
            }
        #expect(summary?.format == expected)
    }

    /// A writer that gives a few bytes at a time, so that every token is cut somewhere.
    @Test(arguments: Export.allCases) func `pieces of any size`(_ export: Export) throws {
        let lines = (0..<12).map { TestStream.record($0, tag: .init(rawValue: 7), text: "x") }
        let bytes = export.encode(lines)
        for size in [1, 2, 3, 7, 64] {
            var ends: [Int32] = [0, 0]
            #expect(unsafe pipe(&ends) == 0)
            let (reader, writer) = (ends[0], ends[1])
            let thread = PipeWriter(bytes, size, writer)
            thread.start()
            let (collector, _) = try read(.path("/dev/fd/\(reader)"))
            thread.join()
            close(reader)
            #expect(collector.records == lines.map(text), "\(size)")
        }
    }

    @Test(arguments: [
        ("<1>a\n\n<1>b\r\n<1>c", ["<1>a", "<1>b", "<1>c"]),
        ("hello\n<1>b\n", ["hello", "<1>b"]),
        ("  \n \n", ["  ", " "]),
        ("4 <1>a3 <1>0 4 <1>b\n", ["<1>a", "<1>", "<1>b"]),
        ("{\"_raw\":\"a\"}{\"_raw\":\"b\"}\n\n[{\"_raw\":\"c\"},{\"x\":{\"_raw\":\"no\"}}]", ["a", "b", "c"]),
        ("{\"event\":{\"original\":\"a\",\"event\":{\"original\":\"no\"}}}", ["a"]),
        ("{\"event\":[\"a\",\"b\"]}", ["a", "b"]),
        ("{\"\\u005fr\\u0061w\":\"\\ud83d\\ude00\\u00e9\\/\\b\\f\\n\\r\\t\\\"\\\\\"}", ["😀é/\u{8}\u{C}\n\r\t\"\\"]),
        ("{\"_raw\":\"\\ud83dx\\ude00\\ud83d\\ud83d\\ude00\"}", ["\u{FFFD}x\u{FFFD}\u{FFFD}😀"]),
        ("{\"_raw\":\"a\\n\"}", ["a"]),
        ("{\"results\":[{\"_raw\":\"a\"}]}", ["a"]),
        ("\u{FEFF}_raw,b\n\"a\"\"\n,b\",x\nc,\n,\n", ["a\"\n,b", "c"]),
        ("b,\"_raw\"\r\nx,a\r\nx,\"b\"", ["a", "b"]),
    ]) func `small inputs`(_ text: String, _ records: [String]) throws {
        #expect(try read(text).records == records)
    }

    @Test(
        arguments: [
            ("\u{28}\u{B5}", .unknownFormat), ("PK\u{3}\u{4}", .unknownFormat), ("a,b\nc,d\n", .unknownFormat),
            ("hello", .unknownFormat), ("4 <1>ax", .lostFraming),
            ("4 <1>a99999999999 x", .lostFraming),
            ("{\"a\":\n1,\n}", .malformedJSON), ("[\n{\"_raw\":\"a\"},\n}", .malformedJSON),
            ("_raw\n\"a\"b\n", .malformedCSV), ("_raw\n\"a\"\rb", .malformedCSV),
        ] as [(String, ExportError.Code)]) func `what cannot be read`(_ text: String, _ code: ExportError.Code)
    {
        #expect(failure(text) == code)
    }

    @Test func `what was seen is said`() {
        #expect(throws: ExportError(.unknownFormat, "")) { try read("x") }
        for (bytes, word) in [
            ([0x50, 0x4B, 3, 4], "zip"), ([0xFF, 0xFE, 0x3C, 0], "UTF-16"),
        ] as [([UInt8], String)] {
            do {
                _ = try read(.bytes(bytes, name: "x"))
                Issue.record("read")
            } catch {
                #expect("\(error)".contains(word))
            }
        }
    }

    // MARK: - Damage

    @Test func `a malformed line among JSON lines is skipped`() throws {
        let good = "{\"_raw\":\"<1>a\"}\n"
        for bad in [
            "{\"x\":\"<1>b\"", "{\"_raw\" \"<1>b\"}", "{\"_raw\":tru}", "{\"_raw\":\"\\x\"}",
            "{\"_raw\":\"\u{1}\"}",
            "[1,]", "{,}", "{\"a\":1,}", "{\"_raw\":\"\\u12g4\"}", String(repeating: "[", count: 65), "[nul",
        ] {
            let collector = try read(good + bad + "\n" + good)
            #expect(collector.records == ["<1>a", "<1>a"], "\(bad)")
            #expect(collector.problems == [.malformedDocument], "\(bad)")
            #expect(collector.numbers == [1, 3])
        }
    }

    @Test func `documents without a record and stray documents`() throws {
        #expect(
            try read("{\"x\":1}\n{}\n[]\n").problems == Array(repeating: .documentWithoutRecord, count: 3))
        #expect(try read("<1>a\n{\"_raw\":\"<1>b\"}\n").problems == [.strayDocument])
    }

    @Test func `records beyond the limit are skipped, not cut`() throws {
        let long = "<1>" + String(repeating: "x", count: ExportReader.recordLimit - 2)
        let huge = "<1>" + String(repeating: "x", count: 1_100_000)
        let exact = String(long.dropLast())
        for export in [Export.lines, .windowsLines, .octetCounted, .raw, .prettyResponse, .csv] {
            let bytes = export.encode(["<1>a", long, exact, huge, "<1>b"].map { Array($0.utf8) })
            let (collector, _) = try read(.bytes(bytes, name: "x"))
            #expect(collector.records.map(\.utf8.count) == [4, ExportReader.recordLimit, 4], "\(export)")
            #expect(collector.problems == [.oversize, .oversize], "\(export)")
        }
    }

    @Test func `endless names and values need no memory`() throws {
        let text =
            "{\"" + String(repeating: "n", count: 1 << 20) + "\":\"" + String(repeating: "v", count: 1 << 20)
            + "\",\"_raw\":\"a\"}"
        #expect(try read(text).records == ["a"])
    }

    // MARK: - Gzip

    @Test func `gzip of any format, any number of members`() throws {
        let lines = (0..<3).map { TestStream.record($0, tag: .init(rawValue: 7), text: "x") }
        for export in Export.allCases {
            let bytes = export.encode(lines)
            let packed = Gzip.store(Array(bytes.prefix(100))) + Gzip.store([]) + Gzip.store(Array(bytes.dropFirst(100)))
            let (collector, summary) = try read(.bytes(packed + [0, 0, 0], name: "x"))
            #expect(collector.records == lines.map(text) && summary?.compression == .gzip)
        }
    }

    @Test func `damaged gzip is told`() {
        let packed = Gzip.store(Array("<1>a\n<1>b\n".utf8))
        for bytes in [packed + [1], packed + [0, 1], packed.dropLast(5) + [9] + packed.suffix(4)] {
            #expect(throws: ExportError(.damagedGzip, "")) { try read(.bytes(Array(bytes), name: "x")) }
        }
        for offset in 10..<packed.count {
            var altered = packed
            altered[offset] ^= 4
            #expect(throws: ExportError(.damagedGzip, ""), "\(offset)") { try read(.bytes(altered, name: "x")) }
        }
    }

    // MARK: - Zstandard

    @Test func `zstd of any format, any number of frames`() throws {
        let lines = (0..<3).map { TestStream.record($0, tag: .init(rawValue: 7), text: "x") }
        for export in Export.allCases {
            let bytes = export.encode(lines)
            let packed =
                Zstandard.store(Array(bytes.prefix(100))) + Zstandard.skippable([1, 2, 3]) + Zstandard.store([])
                + Zstandard.store(Array(bytes.dropFirst(100))) + Zstandard.skippable([])
            for bytes in [packed, Zstandard.skippable([9]) + packed] {
                let (collector, summary) = try read(.bytes(bytes, name: "x"))
                #expect(collector.records == lines.map(text) && summary?.compression == .zstd)
            }
        }
    }

    @Test func `damaged zstd is told`() {
        let packed = Zstandard.store(Array("<1>a\n<1>b\n".utf8))
        // Something behind it, a block of the reserved type, a window of 1 GiB.
        for bytes in [packed + [1, 2, 3, 4, 5], Zstandard.store([], type: 3), Zstandard.store([1], window: 0xA0)] {
            #expect(throws: ExportError(.damagedZstandard, "")) { try read(.bytes(bytes, name: "x")) }
        }
        #expect {
            try read(.bytes(Zstandard.store([1], window: 0xA0), name: "x"))
        } throws: {
            "\($0)".contains("more than 8 MiB")
        }
    }

    @Test func `files that are not there`() {
        #expect(throws: ExportError(.cannotOpen, "")) { try read(.path("/nowhere")) }
        #expect(throws: ExportError(.cannotRead, "")) { try read(.path("/tmp")) }
    }
}

/// Writes Zstandard frames without compressing (RFC 8878 §3.1.1.2.2).
enum Zstandard {
    /// A frame of raw blocks, or of blocks of another `type`. `window` is its window descriptor; 0x50 is 1 MiB.
    static func store(_ bytes: [UInt8], type: Int = 0, window: UInt8 = 0x50) -> [UInt8] {
        var packed: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0, window]
        var start = 0
        repeat {
            let block = bytes[start..<min(start + 1000, bytes.count)]
            start += block.count
            let header = block.count << 3 | type << 1 | (start == bytes.count ? 1 : 0)
            packed += (0..<3).map { UInt8(truncatingIfNeeded: header >> (8 * $0)) } + block
        } while start < bytes.count
        return packed
    }

    static func skippable(_ bytes: [UInt8]) -> [UInt8] {
        [0x5E, 0x2A, 0x4D, 0x18, UInt8(bytes.count), 0, 0, 0] + bytes
    }
}

/// Writes gzip files without compressing (RFC 1951 §3.2.4).
enum Gzip {
    static func store(_ bytes: [UInt8]) -> [UInt8] {
        var packed: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
        var start = 0
        repeat {
            let count = min(0xFFFF, bytes.count - start)
            packed.append(start + count == bytes.count ? 1 : 0)
            packed += little(UInt32(count)).prefix(2) + little(~UInt32(count)).prefix(2) + bytes[start..<start + count]
            start += count
        } while start < bytes.count
        return packed + little(checksum(bytes)) + little(UInt32(bytes.count))
    }

    private static func little(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32($0 * 8)) }
    }

    /// CRC-32 (RFC 1952 §8), a bit at a time.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var code: UInt32 = ~0
        for byte in bytes {
            code ^= UInt32(byte)
            for _ in 0..<8 { code = code >> 1 ^ (code & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
        return ~code
    }
}

/// Writes bytes to a pipe from a thread of its own, some at a time, and closes it.
final class PipeWriter: @unchecked Sendable {
    private let bytes: [UInt8]
    private let size: Int
    private let descriptor: Int32
    private var thread = pthread_t()

    init(_ bytes: [UInt8], _ size: Int, _ descriptor: Int32) {
        (self.bytes, self.size, self.descriptor) = (bytes, size, descriptor)
    }

    func start() {
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        let status = unsafe pthread_create(
            &thread, nil,
            { context in
                unsafe Unmanaged<PipeWriter>.fromOpaque(context!).takeRetainedValue().run()
                return nil
            }, context)
        precondition(status == 0)
    }

    func join() { pthread_join(thread, nil) }

    private func run() {
        var start = 0
        while start < bytes.count {
            let part = Array(bytes[start..<min(start + size, bytes.count)])
            guard unsafe write(descriptor, part, part.count) == part.count else { break }
            start += part.count
        }
        close(descriptor)
    }
}
