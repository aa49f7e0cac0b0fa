/// Goes through STRUCTURED-DATA element by element and parameter by parameter, without allocation.
///
/// ```swift
/// var reader = StructuredDataReader(bytes, message.structuredData)
/// while let item = reader.next() {
///     switch item {
///     case .element(let id): ...
///     case .parameter(let name, let value): ...   // of the element before; the value as it stands, with its escapes
///     }
/// }
/// ```
public struct StructuredDataReader: ~Escapable {
    /// One step: the offsets are those of the bytes given.
    public enum Item: Sendable, Equatable {
        /// An SD-ELEMENT begins; its SD-ID.
        case element(id: Range<Int>)
        /// A PARAM-NAME and its PARAM-VALUE without the quotes around it.
        case parameter(name: Range<Int>, value: Range<Int>)
    }

    @usableFromInline let bytes: RawSpan
    @usableFromInline var position: Int
    @usableFromInline let end: Int
    @usableFromInline var isInElement = false
    /// The quotation marks that have not been read of the 64 bytes before ``scanned``, without those behind a backslash.
    @usableFromInline var quotes: UInt64 = 0
    /// The offset behind what was looked through for quotation marks, a multiple of 64 from where the elements begin.
    @usableFromInline var scanned: Int
    /// The byte at ``scanned`` has a backslash in front of it that counts.
    private var isEscaped = false

    /// A reader of the SD-ELEMENTs in `range`, which is ``Message/structuredData``; none for nil. Of bytes that are not
    /// structured data it reads what looks like it at first sight.
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan, _ range: Range<Int>?) {
        self.bytes = bytes
        position = range?.lowerBound ?? 0
        end = min(range?.upperBound ?? 0, bytes.byteCount)
        scanned = position
    }

    /// The offset behind what was read.
    public var offset: Int { position }

    /// The next element or parameter, nil behind the last one.
    @inlinable @inline(__always)
    @_lifetime(self: copy self)
    public mutating func next() -> Item? {
        if isInElement, position < end {
            if bytes.byte(position) == 0x20 { return parameter() }
            guard bytes.byte(position) == UInt8(ascii: "]") else { return nil }
            position += 1
            isInElement = false
        }
        return element()
    }

    @usableFromInline
    @_lifetime(self: copy self)
    mutating func element() -> Item? {
        guard !isInElement, position < end, bytes.byte(position) == UInt8(ascii: "[") else { return nil }
        let name = position + 1
        position = bytes.nameEnd(from: name, to: end)
        isInElement = true
        return position > name ? .element(id: name..<position) : nil
    }

    /// Reads from one quotation mark to the next: what stands in front of them is the name.
    @inlinable @inline(__always)
    @_lifetime(self: copy self)
    mutating func parameter() -> Item? {
        let name = position + 1
        let open = nextQuote()
        guard open > name + 1, bytes.byte(open - 1) == UInt8(ascii: "=") else { return nil }
        let close = nextQuote()
        guard close > open else { return nil }
        position = close + 1
        return .parameter(name: name..<open - 1, value: open + 1..<close)
    }

    /// The offset of the next quotation mark that ends or begins a value, or -1.
    @inlinable @inline(__always)
    @_lifetime(self: copy self)
    mutating func nextQuote() -> Int {
        if quotes == 0 { scan() }
        guard quotes != 0 else { return -1 }
        let place = quotes.trailingZeroBitCount
        quotes &= quotes &- 1
        return scanned &- 64 &+ place
    }

    /// Looks for quotation marks in the next bytes, as far as it takes to find one.
    @usableFromInline
    @_lifetime(self: copy self)
    mutating func scan() {
        while quotes == 0, scanned < end {
            let masks = bytes.stringMasks(from: scanned, to: end)
            quotes = masks.quotes
            if masks.backslashes != 0 || isEscaped { leaveEscaped(masks.backslashes) }
            scanned += 64
        }
    }

    /// Takes from ``quotes`` those behind a backslash that is not itself behind one.
    @_lifetime(self: copy self)
    private mutating func leaveEscaped(_ backslashes: UInt64) {
        var rest = backslashes
        if isEscaped {
            quotes &= ~1
            rest &= ~1
            isEscaped = false
        }
        while rest != 0 {
            let place = rest.trailingZeroBitCount
            guard place < 63 else {
                isEscaped = true
                return
            }
            let next: UInt64 = 2 << UInt64(place)
            quotes &= ~next
            rest &= ~(next | next >> 1)
        }
    }

    // MARK: - Values

    /// Octets that the backslash at `offset` and what belongs to it take: 2 for `\"`, `\\` and `\]`, otherwise 1, as it
    /// then stands for itself (RFC 5424 section 6.3.3).
    @inline(__always)
    static func escapeLength(_ bytes: RawSpan, _ offset: Int, _ end: Int) -> Int {
        guard offset + 1 < end else { return 1 }
        let next = bytes.byte(offset + 1)
        return next == UInt8(ascii: "\"") || next == UInt8(ascii: "\\") || next == UInt8(ascii: "]") ? 2 : 1
    }

    /// Appends the PARAM-VALUE in `range` as its sender meant it: escapes undone, nothing else changed.
    public static func unescape(_ bytes: RawSpan, _ range: Range<Int>, into out: inout ByteWriter) {
        var position = range.lowerBound
        while position < range.upperBound {
            if bytes.byte(position) == UInt8(ascii: "\\") {
                position += escapeLength(bytes, position, range.upperBound) - 1
            }
            out.append(bytes.byte(position))
            position += 1
        }
    }

    /// The same as a new array.
    public static func unescaped(_ bytes: RawSpan, _ range: Range<Int>) -> [UInt8] {
        var value: [UInt8] = []
        value.reserveCapacity(range.count)
        var position = range.lowerBound
        while position < range.upperBound {
            if bytes.byte(position) == UInt8(ascii: "\\") {
                position += escapeLength(bytes, position, range.upperBound) - 1
            }
            value.append(bytes.byte(position))
            position += 1
        }
        return value
    }
}
