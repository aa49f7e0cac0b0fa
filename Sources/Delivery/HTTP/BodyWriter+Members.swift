// JSON of what stands in a canonical line, which is valid UTF-8.

extension BodyWriter {
    /// Appends the text in `range` as it stands within a JSON string.
    @inline(__always)
    mutating func append(json line: RawSpan, _ range: Range<Int>) {
        append(jsonText: line.extracting(range))
    }

    /// The same for a PARAM-VALUE, whose escapes (RFC 5424, section 6.3.3) are undone. A backslash in front of
    /// anything but `"`, `\` and `]` stands for itself.
    mutating func append(jsonOfParameter line: RawSpan, _ range: Range<Int>) {
        var (start, position) = (range.lowerBound, range.lowerBound)
        while position < range.upperBound {
            guard line.byte(position) == UInt8(ascii: "\\"), position + 1 < range.upperBound else {
                position += 1
                continue
            }
            let next = line.byte(position + 1)
            if next == UInt8(ascii: "\"") || next == UInt8(ascii: "\\") || next == UInt8(ascii: "]") {
                append(json: line, start..<position)
                start = position + 1
                position += 1
            }
            position += 1
        }
        append(json: line, start..<range.upperBound)
    }

    /// Appends `,"name":"…"`, if there is a value; `value` is a header field.
    @inline(__always)
    mutating func append(member name: StaticString, _ line: RawSpan, _ value: Range<Int>?) {
        guard let value else { return }
        append(key: name)
        append(UInt8(ascii: "\""))
        append(json: line, value)
        append(UInt8(ascii: "\""))
    }

    /// The same for a value that is a PARAM-VALUE.
    mutating func append(member name: StaticString, _ line: RawSpan, parameter value: Range<Int>?) {
        guard let value else { return }
        append(key: name)
        append(UInt8(ascii: "\""))
        append(jsonOfParameter: line, value)
        append(UInt8(ascii: "\""))
    }

    /// Appends `,"name":N`, if there is a number.
    mutating func append(member name: StaticString, _ number: UInt64?) {
        guard let number else { return }
        append(key: name)
        append(decimal: number)
    }

    @inline(__always)
    private mutating func append(key name: StaticString) {
        append(",\"")
        append(name)
        append("\":")
    }
}
