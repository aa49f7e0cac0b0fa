internal import TransparencyLog

/// Takes what it expects off a line, from left to right. Whatever takes nothing leaves the cursor where it was.
struct LineCursor: ~Escapable {
    let line: RawSpan
    var position: Int

    @_lifetime(copy line)
    init(_ line: RawSpan, at position: Int = 0) {
        self.line = line
        self.position = position
    }

    var isAtEnd: Bool { position == line.byteCount }

    /// The byte at the cursor, or nil at the end.
    var next: UInt8? {
        @inline(__always)
        get { position < line.byteCount ? line.uncheckedByte(position) : nil }
    }

    /// Takes `literal`. Compares without a branch a byte, which the compiler unrolls for the short literals there are.
    @inline(__always)
    mutating func take(_ literal: StaticString) -> Bool {
        let length = literal.utf8CodeUnitCount
        guard length <= line.byteCount &- position else { return false }
        var difference: UInt8 = 0
        for offset in 0..<length {
            // The literal has so many bytes, and so has the line from here.
            difference |= unsafe literal.utf8Start[offset] ^ line.uncheckedByte(position &+ offset)
        }
        guard difference == 0 else { return false }
        position &+= length
        return true
    }

    /// A decimal number without leading zeros, up to ``CompactRange/sizeLimit``.
    @inline(__always)
    mutating func takeDecimal() -> UInt64? {
        var value: UInt64 = 0
        var end = position
        // Nineteen digits cannot overflow 64 bits.
        let limit = min(line.byteCount, position &+ 19)
        while end < limit {
            let digit = line.uncheckedByte(end) &- 0x30
            guard digit < 10 else { break }
            value = value &* 10 &+ UInt64(digit)
            end &+= 1
        }
        let length = end &- position
        guard length > 0, length == 1 || line.uncheckedByte(position) != 0x30, value <= CompactRange.sizeLimit else {
            return nil
        }
        position = end
        return value
    }

    /// Eight lower-case hexadecimal digits.
    @inline(__always)
    mutating func takeHexadecimal() -> UInt32? {
        guard line.byteCount &- position >= 8, let value = WordScan.hexadecimal(WordScan.word(line, position)) else {
            return nil
        }
        position &+= 8
        return value
    }

    /// The digits of an enterprise number, as many as an SD-NAME has room for.
    @inline(__always)
    mutating func takeEnterpriseNumber() -> Range<Int>? {
        let start = position
        var end = position
        while end < line.byteCount, line.uncheckedByte(end) &- 0x30 < 10 { end &+= 1 }
        guard (1...EnterpriseNumber.digitLimit).contains(end &- start) else { return nil }
        position = end
        return start..<end
    }

    /// The same digits as those at `range`.
    @inline(__always)
    mutating func takeSame(as range: Range<Int>) -> Bool {
        guard range.count <= line.byteCount &- position else { return false }
        for offset in 0..<range.count
        where line.uncheckedByte(position &+ offset) != line.uncheckedByte(range.lowerBound &+ offset) {
            return false
        }
        position &+= range.count
        return true
    }

    /// The bytes up to the next space or quotation mark, of which there are 1 to `limit` and which all are `allowed`.
    mutating func takeWord(limit: Int, _ allowed: (UInt8) -> Bool) -> Range<Int>? {
        let start = position
        var end = position
        while end < line.byteCount, end - start <= limit, allowed(line.byte(end)) { end += 1 }
        guard (1...limit).contains(end - start) else { return nil }
        position = end
        return start..<end
    }

    /// The bytes before the next quotation mark, possibly none.
    mutating func takeValue() -> Range<Int>? {
        let start = position
        var end = position
        while end < line.byteCount, line.byte(end) != 0x22 { end += 1 }
        guard end < line.byteCount else { return nil }
        position = end
        return start..<end
    }
}

enum EnterpriseNumber {
    /// An SD-NAME has at most 32 characters (RFC 5424 §6.3.2), of which `waxwing-seal@` takes 13.
    static let digitLimit = 19
}
