/// Reads the records in a sequence of JSON texts (RFC 8259): JSON lines, pretty-printed documents, search responses,
/// arrays. Memory does not grow with the length of a text: values are looked at as they go by.
///
/// Where every text stands on a line of its own, a malformed one is skipped and reported, and the next line read.
/// Positions are the line on which the record's string starts.
struct JSONReader: ~Copyable {
    /// Characters of a number at most.
    private static let numberLimit = 512

    private enum Failure: Error {
        case input(ExportError)
        case malformed(String)
        /// The file ends before the text does.
        case ended
    }

    private enum Expectation {
        case value, valueOrEnd, name, nameOrEnd, commaOrEnd
    }

    private let file: Int
    private var line: UInt64
    /// Whether some text went over more than one line: then nothing says where to start again after an error.
    private var isMultiline = false
    /// Whether a line ended before the token that is being read, within the same text, and where the token is.
    private var startsLine = false
    private var tokenOffset: UInt64 = 0
    private var path = JSONPath()
    private var value = ScratchRecord()
    private var recordsInText = 0

    /// A reader of the `file`-th input, at the start of line `line`.
    init(file: Int, line: UInt64 = 1) {
        self.file = file
        self.line = line
    }

    mutating func read<Sink: RecordSink & ~Copyable>(
        _ window: inout ByteWindow, into sink: inout Sink
    ) throws(ExportError) {
        while let byte = try nextText(&window) {
            guard byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") else {
                try takeLine(&window, into: &sink)
                continue
            }
            let start = SourcePosition(file: file, number: line)
            path.removeAll()
            recordsInText = 0
            do throws(Failure) {
                try readText(&window, into: &sink)
                if recordsInText == 0 { sink.skip(.documentWithoutRecord, RawSpan(), at: start) }
            } catch {
                switch error {
                case .input(let error): throw error
                case .ended: sink.cut(.document, at: SourcePosition(file: file, number: line))
                case .malformed(let reason):
                    if isMultiline {
                        throw ExportError(
                            .malformedJSON, "malformed JSON: \(reason)", at: SourcePosition(file: file, number: line))
                    }
                    sink.skip(.malformedDocument, RawSpan(), at: start)
                    // A text that broke off ends where the next line starts.
                    if !startsLine || window.offset != tokenOffset { try skipLine(&window) }
                }
            }
        }
    }

    /// Goes to the first byte of the next text, and returns it; nil at the end.
    private mutating func nextText(_ window: inout ByteWindow) throws(ExportError) -> UInt8? {
        while let byte = try window.peek() {
            switch byte {
            case 0x0A: line += 1
            case 0x20, 0x09, 0x0D: break
            default: return byte
            }
            window.consume(1)
        }
        return nil
    }

    /// Takes a line that is no JSON, nor the start of any, among texts that are.
    private mutating func takeLine<Sink: RecordSink & ~Copyable>(
        _ window: inout ByteWindow, into sink: inout Sink
    ) throws(ExportError) {
        var reader = LineReader(file: file, line: line)
        _ = try reader.readLine(&window, into: &sink)
        line = reader.line
    }

    private mutating func skipLine(_ window: inout ByteWindow) throws(ExportError) {
        while let byte = try window.peek(), byte != 0x0A {
            window.consume(window.firstIndex(of: 0x0A, from: 0) ?? window.count)
        }
    }

    // MARK: - Structure

    private mutating func readText<Sink: RecordSink & ~Copyable>(
        _ window: inout ByteWindow, into sink: inout Sink
    ) throws(Failure) {
        var expectation = Expectation.value
        repeat {
            let byte = try nextToken(&window)
            switch (expectation, byte) {
            case (.valueOrEnd, UInt8(ascii: "]")), (.nameOrEnd, UInt8(ascii: "}")):
                expectation = leave(&window)
            case (.commaOrEnd, UInt8(ascii: "]")) where !path.isInObject,
                (.commaOrEnd, UInt8(ascii: "}")) where path.isInObject:
                expectation = leave(&window)
            case (.commaOrEnd, UInt8(ascii: ",")):
                window.consume(1)
                expectation = path.isInObject ? .name : .value
            case (.name, UInt8(ascii: "\"")), (.nameOrEnd, UInt8(ascii: "\"")):
                try readName(&window)
                expectation = .value
            case (.value, _), (.valueOrEnd, _):
                expectation = try readValue(byte, &window, into: &sink)
            default:
                throw .malformed("an unexpected character")
            }
            if startsLine { isMultiline = true }
        } while path.depth > 0
    }

    private mutating func leave(_ window: inout ByteWindow) -> Expectation {
        window.consume(1)
        path.leave()
        return .commaOrEnd
    }

    /// Consumes a value, or the opening of a container.
    private mutating func readValue<Sink: RecordSink & ~Copyable>(
        _ byte: UInt8, _ window: inout ByteWindow, into sink: inout Sink
    ) throws(Failure) -> Expectation {
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            window.consume(1)
            let isObject = byte == UInt8(ascii: "{")
            guard path.enter(object: isObject) else { throw .malformed("nesting deeper than \(JSONPath.depthLimit)") }
            return isObject ? .nameOrEnd : .valueOrEnd
        case UInt8(ascii: "\""):
            try readString(&window, into: &sink)
        case UInt8(ascii: "-"), 0x30...0x39:
            try readNumber(&window)
        case UInt8(ascii: "t"): try readLiteral("true", &window)
        case UInt8(ascii: "f"): try readLiteral("false", &window)
        case UInt8(ascii: "n"): try readLiteral("null", &window)
        default: throw .malformed("an unexpected character")
        }
        return .commaOrEnd
    }

    /// Passes over white space and returns the byte behind it without consuming it.
    private mutating func nextToken(_ window: inout ByteWindow) throws(Failure) -> UInt8 {
        startsLine = false
        while true {
            let byte = try peek(&window)
            switch byte {
            case 0x0A:
                line += 1
                startsLine = true
            case 0x20, 0x09, 0x0D: break
            default:
                tokenOffset = window.offset
                return byte
            }
            window.consume(1)
        }
    }

    @inline(__always)
    private func peek(_ window: inout ByteWindow) throws(Failure) -> UInt8 {
        let byte: UInt8?
        do throws(ExportError) { byte = try window.peek() } catch { throw .input(error) }
        guard let byte else { throw .ended }
        return byte
    }

    private func readLiteral(_ literal: StaticString, _ window: inout ByteWindow) throws(Failure) {
        for position in 0..<literal.utf8CodeUnitCount {
            // The position is within the literal.
            let expected = unsafe literal.utf8Start[position]
            guard try peek(&window) == expected else { throw .malformed("an unexpected word") }
            window.consume(1)
        }
    }

    private func readNumber(_ window: inout ByteWindow) throws(Failure) {
        for _ in 0..<Self.numberLimit {
            switch try peek(&window) {
            case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"),
                UInt8(ascii: "E"):
                window.consume(1)
            default: return
            }
        }
        throw .malformed("a number of more than \(Self.numberLimit) characters")
    }

    // MARK: - Strings

    private mutating func readName(_ window: inout ByteWindow) throws(Failure) {
        path.beginName()
        value.removeAll()
        try scanString(&window, keep: true)
        for position in 0..<value.count { path.append(value[position]) }
        guard try nextToken(&window) == UInt8(ascii: ":") else { throw .malformed("no colon behind a member's name") }
        window.consume(1)
    }

    private mutating func readString<Sink: RecordSink & ~Copyable>(
        _ window: inout ByteWindow, into sink: inout Sink
    ) throws(Failure) {
        let isRecord = path.holdsRecord
        value.removeAll()
        try scanString(&window, keep: isRecord)
        guard isRecord else { return }
        recordsInText += 1
        let position = SourcePosition(file: file, number: line)
        if value.overflowed {
            sink.skip(.oversize, value.record, at: position)
        } else {
            sink.take(value.record, at: position)
        }
    }

    /// Consumes a string, from its opening quote to its closing one. With `keep`, ``value`` gets its contents.
    private mutating func scanString(_ window: inout ByteWindow, keep: Bool) throws(Failure) {
        window.consume(1)
        while true {
            let length = Self.plainLength(window.bytes)
            if keep, length > 0 { value.append(window.bytes.extracting(0..<length)) }
            window.consume(length)
            switch try peek(&window) {
            case UInt8(ascii: "\""):
                window.consume(1)
                return
            case UInt8(ascii: "\\"):
                window.consume(1)
                try readEscape(&window, keep: keep)
            case let byte where byte < 0x20:
                throw .malformed("a control character in a string")
            default: break
            }
        }
    }

    /// How many bytes stand for themselves, up to the first quote, backslash or control character.
    private static func plainLength(_ bytes: RawSpan) -> Int {
        var length = 0
        let count = bytes.byteCount
        while length < count {
            let byte = bytes[length]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
            length &+= 1
        }
        return length
    }

    private mutating func readEscape(_ window: inout ByteWindow, keep: Bool) throws(Failure) {
        let byte = try peek(&window)
        window.consume(1)
        let unescaped: UInt8
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): unescaped = byte
        case UInt8(ascii: "b"): unescaped = 0x08
        case UInt8(ascii: "f"): unescaped = 0x0C
        case UInt8(ascii: "n"): unescaped = 0x0A
        case UInt8(ascii: "r"): unescaped = 0x0D
        case UInt8(ascii: "t"): unescaped = 0x09
        case UInt8(ascii: "u"): return try readUnicodeEscape(&window, keep: keep)
        default: throw .malformed("an unknown escape")
        }
        if keep { value.append(unescaped) }
    }

    /// Consumes the digits of `\uXXXX`, and the escape of the low surrogate behind a high one.
    private mutating func readUnicodeEscape(_ window: inout ByteWindow, keep: Bool) throws(Failure) {
        var unit = try readHexadecimal(&window)
        while UTF16.isLeadSurrogate(unit) {
            guard try peek(&window) == UInt8(ascii: "\\") else { break }
            window.consume(1)
            guard try peek(&window) == UInt8(ascii: "u") else {
                if keep { value.append(scalar: UInt32(unit)) }
                return try readEscape(&window, keep: keep)
            }
            window.consume(1)
            let next = try readHexadecimal(&window)
            if UTF16.isTrailSurrogate(next) {
                let scalar = 0x1_0000 + (UInt32(unit) & 0x3FF) << 10 + UInt32(next) & 0x3FF
                if keep { value.append(scalar: scalar) }
                return
            }
            if keep { value.append(scalar: UInt32(unit)) }
            unit = next
        }
        if keep { value.append(scalar: UInt32(unit)) }
    }

    private func readHexadecimal(_ window: inout ByteWindow) throws(Failure) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            let byte = try peek(&window)
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x37
            case 0x61...0x66: digit = byte - 0x57
            default: throw .malformed("an escape without four hexadecimal digits")
            }
            window.consume(1)
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}
