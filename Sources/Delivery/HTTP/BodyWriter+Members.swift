// Members of JSON objects, of what stands in a canonical line.

extension BodyWriter {
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

    /// Appends `,"name":N` for a number in decimal as it stands in the line, if there is one.
    mutating func append(number name: StaticString, _ line: RawSpan, _ digits: Range<Int>?) {
        guard let digits else { return }
        append(key: name)
        append(line, digits)
    }

    @inline(__always)
    private mutating func append(key name: StaticString) {
        append(",\"")
        append(name)
        append("\":")
    }
}
