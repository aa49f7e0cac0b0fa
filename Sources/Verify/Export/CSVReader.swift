/// The header line of a CSV file (RFC 4180 §2.3): where the record column is.
struct CSVHeader {
    /// The column named `_raw`, counted from 0, or nil.
    let recordColumn: Int?

    /// The header in `bytes`, the start of a file, or nil if its first line does not end there or is not CSV.
    init?(_ bytes: RawSpan) {
        var column = 0
        var name: [UInt8] = []
        var found: Int?
        var position = 0
        var isQuoted = false
        while position < bytes.byteCount {
            let byte = bytes[position]
            position += 1
            if isQuoted {
                isQuoted = byte != UInt8(ascii: "\"")
                if isQuoted { name.append(byte) }
            } else if byte == UInt8(ascii: "\""), name.isEmpty {
                isQuoted = true
            } else if byte == UInt8(ascii: ",") || byte == 0x0A {
                if name.last == 0x0D { name.removeLast() }
                if found == nil, name == Array("_raw".utf8) { found = column }
                if byte == 0x0A {
                    recordColumn = found
                    return
                }
                column += 1
                name.removeAll(keepingCapacity: true)
            } else {
                name.append(byte)
            }
        }
        return nil
    }
}

/// Reads the records in the column `_raw` of a CSV file (RFC 4180), as Splunk exports it: fields may be quoted and then
/// contain line ends. Positions are the line on which the row starts.
struct CSVReader: ~Copyable {
    private let file: Int
    private let recordColumn: Int
    private var line: UInt64 = 1
    private var rowLine: UInt64 = 1
    private var column = 0
    private var isHeader = true
    private var field = ScratchRecord()

    init(file: Int, recordColumn: Int) {
        self.file = file
        self.recordColumn = recordColumn
    }

    mutating func read<Sink: RecordSink & ~Copyable>(
        _ window: inout ByteWindow, into sink: inout Sink
    ) throws(ExportError) {
        while let byte = try window.peek() {
            if byte != UInt8(ascii: "\"") {
                try readPlain(&window)
            } else if try !readQuoted(&window) {
                return sink.cut(.row, at: SourcePosition(file: file, number: rowLine))
            }
            let end = try window.peek()
            if end != nil { window.consume(1) }
            // A quote at the very end may be half of an escaped one.
            endField(edges: end == nil ? .end : [], to: &sink)
            if end == nil, column < recordColumn { sink.cut(.row, at: SourcePosition(file: file, number: rowLine)) }
            if end == UInt8(ascii: ",") {
                column += 1
            } else {
                endRow()
            }
        }
    }

    /// Consumes a field without quotes, up to but not including the comma or LF behind it. A CR before LF is left out.
    private mutating func readPlain(_ window: inout ByteWindow) throws(ExportError) {
        var pendingReturn = false
        while let byte = try window.peek(), byte != UInt8(ascii: ","), byte != 0x0A {
            if pendingReturn { append(0x0D) }
            pendingReturn = byte == 0x0D
            if !pendingReturn { append(byte) }
            window.consume(1)
        }
        if pendingReturn, try window.peek() == UInt8(ascii: ",") { append(0x0D) }
    }

    /// Consumes a quoted field, up to but not including the comma or LF behind its closing quote. Returns false if the
    /// file ends before.
    private mutating func readQuoted(_ window: inout ByteWindow) throws(ExportError) -> Bool {
        window.consume(1)
        while let byte = try window.peek() {
            guard byte == UInt8(ascii: "\"") else {
                appendRun(&window)
                continue
            }
            window.consume(1)
            switch try window.peek() {
            case UInt8(ascii: "\"")?:
                append(UInt8(ascii: "\""))
                window.consume(1)
            case 0x0D?:
                window.consume(1)
                let next = try window.peek()
                guard next == 0x0A || next == nil else { throw broken() }
                return true
            case UInt8(ascii: ",")?, 0x0A?, nil: return true
            default: throw broken()
            }
        }
        return false
    }

    /// Consumes everything in the window up to the next quote.
    private mutating func appendRun(_ window: inout ByteWindow) {
        let length = window.firstIndex(of: UInt8(ascii: "\""), from: 0) ?? window.count
        for position in 0..<length where window.byte(position) == 0x0A { line += 1 }
        if column == recordColumn { field.append(window.bytes.extracting(0..<length)) }
        window.consume(length)
    }

    @inline(__always)
    private mutating func append(_ byte: UInt8) {
        if column == recordColumn { field.append(byte) }
    }

    private mutating func endField<Sink: RecordSink & ~Copyable>(edges: LineEdges, to sink: inout Sink) {
        guard column == recordColumn else { return }
        defer { field.removeAll() }
        guard !isHeader, field.count > 0 || field.overflowed else { return }
        let position = SourcePosition(file: file, number: rowLine)
        if field.overflowed {
            sink.skip(.oversize, field.record, at: position)
        } else {
            sink.take(field.record, at: position, edges: edges)
        }
    }

    private mutating func endRow() {
        column = 0
        isHeader = false
        line += 1
        rowLine = line
    }

    private func broken() -> ExportError {
        ExportError(
            .malformedCSV, "a quoted field of the row at line \(rowLine) does not end as RFC 4180 says",
            at: SourcePosition(file: file, number: rowLine))
    }
}
