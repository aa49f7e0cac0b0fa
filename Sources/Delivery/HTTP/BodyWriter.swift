/// Writes the body of a request byte by byte, JSON or plain, into memory that grows and is used again: once it has the
/// size of a usual body, nothing is allocated any more. Belongs to one thread.
@safe
public struct BodyWriter: ~Copyable {
    private var memory: UnsafeMutableRawPointer
    private var capacity: Int
    /// Bytes written so far.
    public private(set) var count = 0

    /// Bytes that one byte of text takes in JSON at most: `\u001f`.
    private static let escapedLength = 6
    /// Words are stored whole, so up to seven bytes behind the last one are written to.
    private static let slack = 8

    public init(capacity: Int = 64 << 10) {
        self.capacity = max(capacity, 64)
        unsafe memory = .allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit { unsafe memory.deallocate() }

    /// What was written.
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        borrowing get {
            let span = unsafe RawSpan(_unsafeStart: memory, byteCount: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Takes back what was written behind the first `length` bytes; the memory stays.
    public mutating func truncate(to length: Int = 0) {
        precondition(length >= 0 && length <= count)
        count = length
    }

    // MARK: - Bytes as they are

    @inline(__always)
    public mutating func append(_ byte: UInt8) {
        reserve(1)
        unsafe memory.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count &+= 1
    }

    /// Appends the UTF-8 of `literal`.
    @inline(__always)
    public mutating func append(_ literal: StaticString) {
        let length = literal.utf8CodeUnitCount
        reserve(length)
        unsafe (memory + count).copyMemory(from: literal.utf8Start, byteCount: length)
        count &+= length
    }

    @inline(__always)
    public mutating func append(_ bytes: RawSpan) {
        let length = bytes.byteCount
        guard length > 0 else { return }
        reserve(length)
        // The memory has room for so many bytes behind the last one.
        unsafe bytes.withUnsafeBytes { source in
            unsafe (memory + count).copyMemory(from: source.baseAddress.unsafelyUnwrapped, byteCount: length)
        }
        count &+= length
    }

    public mutating func append(_ bytes: [UInt8]) { append(unsafe bytes.span.bytes) }

    /// Appends `value` in decimal, without leading zeros.
    public mutating func append(decimal value: UInt64) {
        var digits = 1
        var rest = value / 10
        while rest > 0 {
            digits &+= 1
            rest /= 10
        }
        append(digits: value, count: digits)
    }

    /// Appends the last `digits` decimal digits of `value`.
    public mutating func append(digits value: UInt64, count digits: Int) {
        reserve(digits)
        var rest = value
        for place in stride(from: count &+ digits &- 1, through: count, by: -1) {
            unsafe memory.storeBytes(
                of: 0x30 &+ UInt8(truncatingIfNeeded: rest % 10), toByteOffset: place, as: UInt8.self)
            rest /= 10
        }
        count &+= digits
    }

    // MARK: - JSON

    /// Appends `text`, which is UTF-8, as a JSON string with its quotation marks (RFC 8259 §7).
    public mutating func append(jsonString text: RawSpan) {
        append(UInt8(ascii: "\""))
        append(jsonText: text)
        append(UInt8(ascii: "\""))
    }

    /// Appends `text`, which is UTF-8, as it stands within a JSON string: quotation marks, backslashes and controls
    /// are escaped, everything else is copied, eight bytes at a time.
    public mutating func append(jsonText text: RawSpan) {
        let length = text.byteCount
        reserve(length &* Self.escapedLength)
        var source = 0
        while source &+ 8 <= length {
            let word = UInt64(
                littleEndian: unsafe text.unsafeLoadUnaligned(fromUncheckedByteOffset: source, as: UInt64.self))
            unsafe memory.storeBytes(of: word.littleEndian, toByteOffset: count, as: UInt64.self)
            let special = JSONEscape.firstSpecial(word)
            if special == 0 {
                source &+= 8
                count &+= 8
            } else {
                let plain = special.trailingZeroBitCount >> 3
                source &+= plain
                count &+= plain
                escape(unsafe text.unsafeLoad(fromUncheckedByteOffset: source, as: UInt8.self))
                source &+= 1
            }
        }
        while source < length {
            let byte = unsafe text.unsafeLoad(fromUncheckedByteOffset: source, as: UInt8.self)
            if JSONEscape.isSpecial(byte) {
                escape(byte)
            } else {
                unsafe memory.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
                count &+= 1
            }
            source &+= 1
        }
    }

    /// Appends a byte that may not stand in a JSON string as it is.
    private mutating func escape(_ byte: UInt8) {
        append(UInt8(ascii: "\\"))
        switch byte {
        case 0x09: append(UInt8(ascii: "t"))
        case 0x0A: append(UInt8(ascii: "n"))
        case 0x0D: append(UInt8(ascii: "r"))
        case 0..<0x20:
            append("u00")
            append(JSONEscape.hexadecimal(byte >> 4))
            append(JSONEscape.hexadecimal(byte & 15))
        default: append(byte)
        }
    }

    // MARK: - Memory

    @inline(__always)
    private mutating func reserve(_ length: Int) {
        if capacity &- count < length &+ Self.slack { grow(by: length) }
    }

    private mutating func grow(by length: Int) {
        let larger = max(capacity * 2, count + length + Self.slack)
        let new = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        unsafe new.copyMemory(from: memory, byteCount: count)
        unsafe memory.deallocate()
        unsafe memory = new
        capacity = larger
    }
}

/// Which bytes a JSON string cannot hold as they are.
enum JSONEscape {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    @inline(__always)
    static func isSpecial(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x22 || byte == 0x5C }

    /// The high bit of the first (lowest) byte of `word` that is special; bytes behind it may be marked wrongly. 0 if
    /// none is.
    @inline(__always)
    static func firstSpecial(_ word: UInt64) -> UInt64 {
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5C)
        let controls = (word &- ones &* 0x20) & ~word
        return ((quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes | controls) & highs
    }

    static func hexadecimal(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x57 + digit }
}
