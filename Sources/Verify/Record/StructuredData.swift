/// The structured data of a line (RFC 5424 §6.3), as far as finding elements goes.
enum StructuredData {
    /// Whether the line starts as RFC 5424 has it: `<`, digits, `>1`.
    static func isCurrentSyslog(_ line: RawSpan) -> Bool {
        guard FormatSniffer.isPriority(line, at: 0) else { return false }
        var position = 2
        while line[position] != UInt8(ascii: ">") { position += 1 }
        return position + 1 < line.byteCount && line[position + 1] == UInt8(ascii: "1")
    }

    /// Whether the line may be the beginning of an RFC 5424 line that goes on: it ends in the header, in an element, or
    /// right behind one.
    static func breaksOff(_ line: RawSpan) -> Bool {
        guard line.byteCount > 0, line[0] == UInt8(ascii: "<") else { return false }
        guard isCurrentSyslog(line) else { return beginsPriority(line) }
        guard let start = start(in: line), start < line.byteCount else { return true }
        var end = start
        while end < line.byteCount, line[end] == UInt8(ascii: "[") {
            guard let next = endOfElement(in: line, from: end) else { return true }
            end = next
        }
        return end > start && end == line.byteCount
    }

    /// Whether the line is `<`, up to three digits and perhaps `>`, and no more.
    private static func beginsPriority(_ line: RawSpan) -> Bool {
        var end = 1
        while end < line.byteCount, end <= 3, (0x30...0x39).contains(line[end]) { end += 1 }
        if end > 1, end < line.byteCount, line[end] == UInt8(ascii: ">") { end += 1 }
        return end == line.byteCount
    }

    /// Where the elements are, or the NILVALUE; nil if there are neither.
    static func range(in line: RawSpan) -> Range<Int>? {
        guard let start = start(in: line), start < line.byteCount else { return nil }
        var end = start
        if line[start] == UInt8(ascii: "-") {
            end += 1
        } else {
            while end < line.byteCount, line[end] == UInt8(ascii: "[") {
                guard let next = endOfElement(in: line, from: end), isWellFormed(line.extracting(end..<next)) else {
                    return nil
                }
                end = next
            }
        }
        guard end > start, end == line.byteCount || line[end] == 0x20 else { return nil }
        return start..<end
    }

    /// The offset behind the header's sixth space.
    static func start(in line: RawSpan) -> Int? {
        var spaces = 0
        for position in 0..<line.byteCount where line[position] == 0x20 {
            spaces += 1
            if spaces == 6 { return position + 1 }
        }
        return nil
    }

    /// The offset behind the element that starts at `start`, or nil if it does not end.
    static func endOfElement(in line: RawSpan, from start: Int) -> Int? {
        var isQuoted = false
        var position = start
        while position < line.byteCount {
            let byte = line[position]
            position += 1
            if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if isQuoted {
                if byte == UInt8(ascii: "\\") { position += 1 }
            } else if byte == UInt8(ascii: "]") {
                return position
            }
        }
        return nil
    }

    /// Whether an element is `[NAME PARAM="value" …]`, with names of one character and more and nothing in between.
    private static func isWellFormed(_ element: RawSpan) -> Bool {
        var position = 1
        let end = element.byteCount - 1
        func takeName() -> Bool {
            let start = position
            while position < end, element[position] > 0x20, element[position] != UInt8(ascii: "="),
                element[position] != UInt8(ascii: "\"")
            { position += 1 }
            return position > start
        }
        guard takeName() else { return false }
        while position < end {
            guard element[position] == 0x20 else { return false }
            position += 1
            guard takeName(), position + 1 < end, element[position] == UInt8(ascii: "="),
                element[position + 1] == UInt8(ascii: "\"")
            else { return false }
            position += 2
            while position < end, element[position] != UInt8(ascii: "\"") {
                position += element[position] == UInt8(ascii: "\\") ? 2 : 1
            }
            guard position < end else { return false }
            position += 1
        }
        return true
    }
}
