internal import CEscape

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
    /// Bytes behind the last one that may be written to.
    private static let slack = Int(cescape_slack)

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

    /// Appends what stands in `range`, which must lie in `bytes` (checked).
    @inline(__always)
    mutating func append(_ bytes: RawSpan, _ range: Range<Int>) { append(bytes.extracting(range)) }

    /// Appends again what was written in `range`.
    @inline(__always)
    mutating func append(again range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        guard !range.isEmpty else { return }
        reserve(range.count)
        unsafe (memory + count).copyMemory(from: memory + range.lowerBound, byteCount: range.count)
        count &+= range.count
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
    /// are escaped, everything else is copied.
    @inline(__always)
    public mutating func append(jsonText text: RawSpan) { append(json: text, 0..<text.byteCount) }

    /// The same for the part of `text` in `range`, which must lie in it (checked).
    public mutating func append(json text: RawSpan, _ range: Range<Int>) {
        unsafe escape(text, range) { unsafe cescape_json($0, $1, range.lowerBound, range.upperBound, text.byteCount) }
    }

    /// The same for a PARAM-VALUE, whose escapes (RFC 5424, section 6.3.3) are undone. A backslash in front of
    /// anything but `"`, `\` and `]` stands for itself.
    public mutating func append(jsonOfParameter text: RawSpan, _ range: Range<Int>) {
        unsafe escape(text, range) {
            unsafe cescape_parameter($0, $1, range.lowerBound, range.upperBound, text.byteCount)
        }
    }

    /// Appends what `write` writes of `text`, given where to and where the text begins.
    @inline(__always)
    private mutating func escape(
        _ text: RawSpan, _ range: Range<Int>, _ write: (UnsafeMutablePointer<UInt8>, UnsafePointer<UInt8>) -> Int
    ) {
        precondition(range.upperBound <= text.byteCount)
        guard !range.isEmpty else { return }
        reserve(range.count &* Self.escapedLength)
        // There is room for each octet's escape, and text that is not empty has an address.
        unsafe text.withUnsafeBytes { source in
            let start = unsafe source.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self)
            count &+= unsafe write((memory + count).assumingMemoryBound(to: UInt8.self), start)
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
