/// Reads records that lie one on a line, ended by LF or CR LF. The last line may lack its end; empty lines are ignored.
struct LineReader {
    private let file: Int
    private(set) var line: UInt64

    /// A reader of the `file`-th input, at the start of line `line`.
    init(file: Int, line: UInt64 = 1) {
        self.file = file
        self.line = line
    }

    mutating func read<Sink: RecordSink & ~Copyable>(
        _ window: inout ByteWindow, into sink: inout Sink
    ) throws(ExportError) {
        while try readLine(&window, into: &sink) {}
    }

    /// Reads one line. Returns false if it is the last one and lacks its end, or if there is none.
    mutating func readLine<Sink: RecordSink & ~Copyable>(
        _ window: inout ByteWindow, into sink: inout Sink
    ) throws(ExportError) -> Bool {
        var searched = 0
        while true {
            if let end = window.firstIndex(of: 0x0A, from: searched) {
                yield(window.bytes.extracting(0..<end), edges: line == 1 ? .start : [], to: &sink)
                window.consume(end + 1)
                line += 1
                return true
            }
            searched = window.count
            if searched > ExportReader.recordLimit + 2 {
                sink.skip(.oversize, window.bytes.extracting(0..<ExportReader.recordLimit), at: position)
                let isEnded = try skipLine(&window)
                line += 1
                return isEnded
            }
            if try !window.fill() { break }
        }
        endFile(window.bytes, in: &sink)
        window.consume(window.count)
        return false
    }

    private var position: SourcePosition { SourcePosition(file: file, number: line) }

    /// Takes what follows the last line end. Where a power cut left zeros, there was more.
    private func endFile<Sink: RecordSink & ~Copyable>(_ bytes: RawSpan, in sink: inout Sink) {
        guard bytes.byteCount > 0 else { return }
        if bytes[bytes.byteCount - 1] == 0 {
            sink.cut(.lastLine, at: position)
        } else {
            yield(bytes, edges: line == 1 ? [.start, .end] : .end, to: &sink)
        }
    }

    @inline(__always)
    private func yield<Sink: RecordSink & ~Copyable>(_ bytes: RawSpan, edges: LineEdges, to sink: inout Sink) {
        var end = bytes.byteCount
        if end > 0, bytes[end - 1] == 0x0D { end -= 1 }
        guard end > 0 else { return }
        if end > ExportReader.recordLimit {
            sink.skip(.oversize, bytes.extracting(0..<ExportReader.recordLimit), at: position)
        } else if end > 1, bytes[0] == UInt8(ascii: "{"), bytes[1] == UInt8(ascii: "\"") {
            sink.skip(.strayDocument, bytes.extracting(0..<end), at: position)
        } else {
            sink.take(bytes.extracting(0..<end), at: position, edges: edges)
        }
    }

    /// Consumes everything up to and including the next LF; false if there is none.
    private func skipLine(_ window: inout ByteWindow) throws(ExportError) -> Bool {
        repeat {
            if let end = window.firstIndex(of: 0x0A, from: 0) {
                window.consume(end + 1)
                return true
            }
            window.consume(window.count)
        } while try window.fill()
        return false
    }
}
