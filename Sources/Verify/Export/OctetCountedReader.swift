/// Reads records framed by octet counting (RFC 6587 §3.4.1). A line end behind a frame, or at its end and counted with
/// it, is tolerated, since some writers add one. Positions are the offset of the frame.
struct OctetCountedReader {
    /// Digits of a count at most. A frame beyond ``ExportReader/recordLimit`` is skipped, whatever its length.
    static let digitLimit = 9

    private let file: Int

    init(file: Int) {
        self.file = file
    }

    func read<Sink: RecordSink & ~Copyable>(
        _ window: inout ByteWindow, into sink: inout Sink
    ) throws(ExportError) {
        while let byte = try window.peek() {
            if byte == 0x0A || byte == 0x0D {
                window.consume(1)
                continue
            }
            let position = SourcePosition(file: file, number: window.offset)
            guard let length = try count(&window, at: position),
                try takeFrame(length, &window, at: position, into: &sink)
            else { return sink.cut(.frame, at: position) }
        }
    }

    /// Consumes a frame of `length` octets behind its count; false if the file ends inside it.
    private func takeFrame<Sink: RecordSink & ~Copyable>(
        _ length: Int, _ window: inout ByteWindow, at position: SourcePosition, into sink: inout Sink
    ) throws(ExportError) -> Bool {
        let held = min(length, ExportReader.recordLimit)
        while window.count < held {
            guard try window.fill() else { return false }
        }
        if length > held {
            sink.skip(.oversize, window.bytes.extracting(0..<held), at: position)
            return try skip(length, &window)
        }
        yield(window.bytes.extracting(0..<length).withoutLineEnd, at: position, to: &sink)
        window.consume(length)
        return true
    }

    private func yield<Sink: RecordSink & ~Copyable>(
        _ line: RawSpan, at position: SourcePosition, to sink: inout Sink
    ) {
        if line.byteCount > 0 { sink.take(line, at: position) }
    }

    /// Consumes the count and the space behind it. Returns nil if the file ends there.
    private func count(_ window: inout ByteWindow, at position: SourcePosition) throws(ExportError) -> Int? {
        var length = 0
        var digits = 0
        while let byte = try window.peek() {
            window.consume(1)
            switch byte {
            case 0x30...0x39 where digits < Self.digitLimit:
                length = length * 10 + Int(byte - 0x30)
                digits += 1
            case 0x20 where digits > 0:
                return length
            default:
                throw ExportError(
                    .lostFraming,
                    "no octet count where a frame should start; what follows cannot be told apart", at: position)
            }
        }
        return nil
    }

    /// Consumes `length` bytes; false if there are fewer.
    private func skip(_ length: Int, _ window: inout ByteWindow) throws(ExportError) -> Bool {
        var rest = length
        while rest > 0 {
            guard try window.peek() != nil else { return false }
            let step = min(rest, window.count)
            window.consume(step)
            rest -= step
        }
        return true
    }
}

extension RecordSink where Self: ~Copyable {
    /// Takes a line that is there from its start to its end.
    @inline(__always)
    mutating func take(_ line: RawSpan, at position: SourcePosition) { take(line, at: position, edges: []) }
}

extension RawSpan {
    /// The bytes without an LF or CR LF at their end.
    var withoutLineEnd: RawSpan {
        @_lifetime(copy self)
        get {
            var end = byteCount
            if end > 0, self[end - 1] == 0x0A { end -= 1 }
            if end > 0, end < byteCount, self[end - 1] == 0x0D { end -= 1 }
            return extracting(0..<end)
        }
    }
}
