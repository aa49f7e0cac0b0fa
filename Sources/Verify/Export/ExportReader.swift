/// Reads the records of an export, whatever its format, in constant memory.
///
/// The format is told from the first 256 KiB; gzip (RFC 1952) or zstd (RFC 8878) around any of
/// them is unpacked on the way.
public enum ExportReader {
    /// Bytes a record line may have, signature elements included. Canonical records have 65,535 at most, so a longer
    /// one is nothing a relay wrote.
    public static let recordLimit = 128 << 10

    /// What a file turned out to be.
    public struct Summary: Hashable, Sendable {
        /// The format, or nil for an empty file.
        public let format: ExportFormat?
        /// How it was packed, or nil if it was not.
        public let compression: ExportCompression?

        public init(format: ExportFormat?, compression: ExportCompression?) {
            self.format = format
            self.compression = compression
        }
    }

    /// Reads `input`, the `file`-th of the inputs counted from 0, and hands its records to `sink` one after another.
    ///
    /// `began` is called once the format is known. What is wrong with one record goes to the sink and reading goes on;
    /// what makes the rest of the file unreadable is thrown, after the records in front of it were handed over.
    public static func read<Sink: RecordSink & ~Copyable>(
        _ input: ExportInput, file: Int, into sink: inout Sink, began: (Summary) -> Void = { _ in }
    ) throws(ExportError) {
        var window = try ByteWindow(input)
        while window.count < FormatSniffer.windowLength, try window.fill() {}
        window.consume(byteOrderMarkLength(window.bytes))
        guard !window.isAtEnd else {
            began(Summary(format: nil, compression: window.compression))
            reportEarlyEnd(window, file, to: &sink)
            return
        }
        let remainder = FormatSniffer.remainderOfDocument(window.bytes)
        if remainder > 0 {
            sink.cut(.firstLine, at: SourcePosition(file: file, number: 1))
            window.consume(remainder)
        }
        let format = try FormatSniffer.format(of: window.bytes)
        began(Summary(format: format, compression: window.compression))
        try read(format, &window, file, startingAt: remainder > 0 ? 2 : 1, into: &sink)
        reportEarlyEnd(window, file, to: &sink)
    }

    private static func reportEarlyEnd<Sink: RecordSink & ~Copyable>(
        _ window: borrowing ByteWindow, _ file: Int, to sink: inout Sink
    ) {
        guard window.endedEarly else { return }
        sink.cut(window.compression == .gzip ? .gzip : .zstd, at: SourcePosition(file: file, number: 0))
    }

    private static func read<Sink: RecordSink & ~Copyable>(
        _ format: ExportFormat, _ window: inout ByteWindow, _ file: Int, startingAt line: UInt64, into sink: inout Sink
    ) throws(ExportError) {
        switch format {
        case .lines:
            var reader = LineReader(file: file)
            try reader.read(&window, into: &sink)
        case .octetCounted:
            try OctetCountedReader(file: file).read(&window, into: &sink)
        case .ledgerSegment:
            var reader = LedgerSegmentReader(file: file)
            try reader.read(&window, into: &sink)
        case .json:
            var reader = JSONReader(file: file, line: line)
            try reader.read(&window, into: &sink)
        case .csv:
            let column = CSVHeader(window.bytes)?.recordColumn ?? 0
            var reader = CSVReader(file: file, recordColumn: column)
            try reader.read(&window, into: &sink)
        }
    }

    /// 3 if the bytes start with the UTF-8 byte order mark, otherwise 0.
    private static func byteOrderMarkLength(_ bytes: RawSpan) -> Int {
        bytes.byteCount >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF ? 3 : 0
    }
}
