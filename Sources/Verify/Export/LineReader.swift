/// Reads records that lie one on a line, ended by LF or CR LF. The last line may lack its end; empty lines are ignored.
struct LineReader {
    private let file: Int
    private var line: UInt64 = 1

    init(file: Int) {
        self.file = file
    }

    mutating func read<Sink: RecordSink & ~Copyable>(
        _ window: inout ByteWindow, into sink: inout Sink
    ) throws(ExportError) {
        var searched = 0
        while true {
            if let end = window.firstIndex(of: 0x0A, from: searched) {
                yield(window.bytes.extracting(0..<end), to: &sink)
                window.consume(end + 1)
                line += 1
                searched = 0
                continue
            }
            searched = window.count
            if searched > ExportReader.recordLimit + 2 {
                try skipLine(&window)
                sink.skip(.oversize, at: SourcePosition(file: file, number: line))
                line += 1
                searched = 0
            } else if try !window.fill() {
                break
            }
        }
        yield(window.bytes, to: &sink)
        window.consume(window.count)
    }

    private func yield<Sink: RecordSink & ~Copyable>(_ bytes: RawSpan, to sink: inout Sink) {
        var end = bytes.byteCount
        if end > 0, bytes[end - 1] == 0x0D { end -= 1 }
        guard end > 0 else { return }
        let position = SourcePosition(file: file, number: line)
        if end > ExportReader.recordLimit {
            sink.skip(.oversize, at: position)
        } else if end > 1, bytes[0] == UInt8(ascii: "{"), bytes[1] == UInt8(ascii: "\"") {
            sink.skip(.strayDocument, at: position)
        } else {
            sink.take(bytes.extracting(0..<end), at: position)
        }
    }

    /// Consumes everything up to and including the next LF.
    private func skipLine(_ window: inout ByteWindow) throws(ExportError) {
        repeat {
            if let end = window.firstIndex(of: 0x0A, from: 0) {
                window.consume(end + 1)
                return
            }
            window.consume(window.count)
        } while try window.fill()
    }
}
