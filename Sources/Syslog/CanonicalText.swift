/// The escaping of the canonical record: C0 controls other than HT, DEL, and octets that are not part of well-formed
/// UTF-8 become `#` and three octal digits.
extension ByteWriter {
    /// Appends text, at most `room` octets of it, and says whether all of it went in. It is cut before a character or
    /// an escape that does not fit, and then loses the blanks at its end.
    @inline(__always)
    mutating func append(text bytes: RawSpan, _ range: Range<Int>, room: Int) -> Bool {
        let end = range.upperBound
        let special = bytes.special(from: range.lowerBound, to: end)
        guard special == end, range.count <= room else {
            return append(unusualText: bytes, range, special: special, room: room)
        }
        append(bytes, range)
        return true
    }

    /// The same for text that must be looked at closely from `special` on, or cut.
    private mutating func append(unusualText bytes: RawSpan, _ range: Range<Int>, special: Int, room: Int) -> Bool {
        var room = room
        var position = range.lowerBound
        var next = special
        while position < range.upperBound {
            let length = min(next - position, room)
            append(bytes, position..<position + length)
            position += length
            room -= length
            guard position == next, appendSpecials(bytes, &position, range.upperBound, &room) else {
                dropBlanks(bytes, range.lowerBound..<position)
                return false
            }
            next = bytes.special(from: position, to: range.upperBound)
        }
        return true
    }

    /// Appends the characters beyond ASCII and the escapes at `position`, until ASCII text begins; false when the room
    /// does not suffice.
    private mutating func appendSpecials(
        _ bytes: RawSpan, _ position: inout Int, _ end: Int, _ room: inout Int
    ) -> Bool {
        while position < end {
            let start = position
            var length = 0
            while position < end, bytes.byte(position) >= 0x80 {
                length = bytes.characterLength(at: position, to: end)
                guard length > 0, position - start + length <= room else { break }
                position += length
            }
            append(bytes, start..<position)
            room -= position - start
            guard position < end else { break }
            let byte = bytes.byte(position)
            if byte >= 0x80, length > 0 { return false }
            guard byte >= 0x80 || byte == 0x7F || (byte < 0x20 && byte != 0x09) else { break }
            guard room >= 4 else { return false }
            append(escaped: byte)
            room -= 4
            position += 1
        }
        return true
    }

    /// Takes back the blanks that were copied last, from the end of `range`.
    private mutating func dropBlanks(_ bytes: RawSpan, _ range: Range<Int>) {
        guard !overflowed else { return }
        var end = range.upperBound
        while end > range.lowerBound, bytes.byte(end - 1).isBlank { end -= 1 }
        truncate(to: count - (range.upperBound - end))
    }

    /// Appends `#` and three octal digits.
    mutating func append(escaped byte: UInt8) {
        append(UInt8(ascii: "#"))
        append(0x30 + (byte >> 6))
        append(0x30 + (byte >> 3 & 7))
        append(0x30 + (byte & 7))
    }

    // MARK: - Header fields

    /// Appends a header field of at most `limit` octets, in which all but PRINTUSASCII is escaped, or `-` for an empty
    /// one; says whether all of it went in.
    @inline(__always)
    mutating func append(field bytes: RawSpan, _ range: Range<Int>, limit: Int) -> Bool {
        guard !range.isEmpty else {
            append(UInt8(ascii: "-"))
            return true
        }
        guard range.count <= limit, bytes.fieldEnd(from: range.lowerBound, to: range.upperBound) == range.upperBound
        else { return append(unusualField: bytes, range, limit: limit) }
        append(bytes, range)
        return true
    }

    private mutating func append(unusualField bytes: RawSpan, _ range: Range<Int>, limit: Int) -> Bool {
        var room = limit
        for index in range {
            let byte = bytes.byte(index)
            room -= byte.isPrintable ? 1 : 4
            guard room >= 0 else { return false }
            if byte.isPrintable { append(byte) } else { append(escaped: byte) }
        }
        return true
    }

    // MARK: - Parameter values

    /// Appends a PARAM-VALUE that has its own escapes already (RFC 5424 section 6.3.3), with odd octets escaped.
    mutating func append(value bytes: RawSpan, _ range: Range<Int>) {
        var position = range.lowerBound
        while position < range.upperBound {
            let next = bytes.special(from: position, to: range.upperBound)
            append(bytes, position..<next)
            position = next
            var room = Int.max
            _ = appendSpecials(bytes, &position, range.upperBound, &room)
        }
    }

    /// Appends text as a PARAM-VALUE, its `"`, `\` and `]` escaped, of at most about `limit` octets.
    public mutating func append(quoting bytes: RawSpan, _ range: Range<Int>, limit: Int) {
        let full = count + limit
        var position = range.lowerBound
        while position < range.upperBound, count < full, !overflowed {
            let byte = bytes.byte(position)
            let length = bytes.characterLength(at: position, to: range.upperBound)
            if length == 0 || byte == 0x7F || (byte < 0x20 && byte != 0x09) {
                append(escaped: byte)
                position += 1
                continue
            }
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "]") {
                append(UInt8(ascii: "\\"))
            }
            append(bytes, position..<position + length)
            position += length
        }
    }
}
