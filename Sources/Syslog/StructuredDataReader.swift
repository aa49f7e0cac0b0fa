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

    private let bytes: RawSpan
    private var position: Int
    private let end: Int
    private var isInElement = false

    /// A reader of the SD-ELEMENTs in `range`, which is ``Message/structuredData``; none for nil. Of bytes that are not
    /// structured data it reads as far as they look like it.
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan, _ range: Range<Int>?) {
        self.bytes = bytes
        position = range?.lowerBound ?? 0
        end = min(range?.upperBound ?? 0, bytes.byteCount)
    }

    /// The offset behind what was read.
    public var offset: Int { position }

    /// The next element or parameter, nil behind the last one.
    @_lifetime(self: copy self)
    public mutating func next() -> Item? {
        if isInElement, position < end, bytes.byte(position) == 0x20 { return parameter() }
        if isInElement {
            guard position < end, bytes.byte(position) == UInt8(ascii: "]") else { return nil }
            position += 1
            isInElement = false
        }
        guard position < end, bytes.byte(position) == UInt8(ascii: "[") else { return nil }
        let name = position + 1
        position = bytes.nameEnd(from: name, to: end)
        isInElement = true
        return position > name ? .element(id: name..<position) : nil
    }

    @_lifetime(self: copy self)
    private mutating func parameter() -> Item? {
        let name = position + 1
        let nameEnd = bytes.nameEnd(from: name, to: end)
        guard nameEnd > name, nameEnd + 1 < end, bytes.byte(nameEnd) == UInt8(ascii: "="),
            bytes.byte(nameEnd + 1) == UInt8(ascii: "\"")
        else { return nil }
        var valueEnd = nameEnd + 2
        while valueEnd < end, bytes.byte(valueEnd) != UInt8(ascii: "\"") {
            valueEnd += bytes.byte(valueEnd) == UInt8(ascii: "\\") ? Self.escapeLength(bytes, valueEnd, end) : 1
            valueEnd = min(bytes.valueSpecial(from: min(valueEnd, end), to: end), end)
        }
        guard valueEnd < end else { return nil }
        position = valueEnd + 1
        return .parameter(name: name..<nameEnd, value: nameEnd + 2..<valueEnd)
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
