/// Writes bytes one after another into memory that somebody else owns, and never past its end.
///
/// A write that does not fit is dropped whole, and so is every later one; ``overflowed`` remembers it, so that a caller
/// checks once, after the last write, instead of after each.
@safe
public struct ByteWriter: ~Copyable {
    @usableFromInline let base: UnsafeMutableRawPointer
    /// Bytes available in all.
    public let capacity: Int
    @usableFromInline var written: Int
    @usableFromInline var failed = false

    /// Bytes written so far.
    @inlinable public var count: Int { written }
    /// Whether a write did not fit.
    @inlinable public var overflowed: Bool { failed }

    /// A writer over `capacity` bytes from `base`, of which the first `count` are already written.
    /// The memory must outlive the writer, which does not free it.
    @inlinable
    public init(unsafeOver base: UnsafeMutableRawPointer, capacity: Int, count: Int = 0) {
        precondition(count >= 0 && count <= capacity)
        unsafe self.base = unsafe base
        self.capacity = capacity
        written = count
    }

    /// Bytes that still fit.
    @inlinable
    public var remaining: Int { failed ? 0 : capacity &- written }

    @inlinable @inline(__always)
    mutating func claim(_ length: Int) -> UnsafeMutableRawPointer? {
        guard length <= remaining else {
            failed = true
            return nil
        }
        defer { written &+= length }
        return unsafe base + written
    }

    @inlinable @inline(__always)
    public mutating func append(_ byte: UInt8) {
        guard let target = unsafe claim(1) else { return }
        unsafe target.storeBytes(of: byte, as: UInt8.self)
    }

    @inlinable @inline(__always)
    public mutating func append(_ bytes: RawSpan) {
        let length = bytes.byteCount
        guard let target = unsafe claim(length) else { return }
        unsafe bytes.withUnsafeBytes { source in
            if length > 0 { unsafe target.copyMemory(from: source.baseAddress.unsafelyUnwrapped, byteCount: length) }
        }
    }

    @inlinable @inline(__always)
    public mutating func append(_ bytes: RawSpan, _ range: Range<Int>) {
        append(bytes.extracting(range))
    }

    /// Appends a short range: up to 32 bytes without a call, if there is room for so many behind both.
    @inlinable @inline(__always)
    public mutating func append(short bytes: RawSpan, _ range: Range<Int>) {
        guard range.count <= 32, range.lowerBound >= 0, bytes.byteCount - range.lowerBound >= 32, remaining >= 32 else {
            return append(bytes, range)
        }
        unsafe bytes.withUnsafeBytes { source in
            let start = unsafe source.baseAddress.unsafelyUnwrapped + range.lowerBound
            let target = unsafe base + written
            let (first, second) = unsafe (
                start.loadUnaligned(as: SIMD16<UInt8>.self),
                start.loadUnaligned(fromByteOffset: 16, as: SIMD16<UInt8>.self)
            )
            unsafe target.storeBytes(of: first, as: SIMD16<UInt8>.self)
            unsafe target.storeBytes(of: second, toByteOffset: 16, as: SIMD16<UInt8>.self)
        }
        written &+= range.count
    }

    @inlinable
    public mutating func append(_ bytes: [UInt8]) {
        append(unsafe bytes.span.bytes)
    }

    /// Appends the UTF-8 of `literal`.
    @inlinable @inline(__always)
    public mutating func append(_ literal: StaticString) {
        guard let target = unsafe claim(literal.utf8CodeUnitCount) else { return }
        unsafe target.copyMemory(from: literal.utf8Start, byteCount: literal.utf8CodeUnitCount)
    }

    /// Appends `value` in decimal, without leading zeros.
    @inlinable
    public mutating func append(decimal value: UInt64) {
        let digits = Self.digits(value)
        guard let target = unsafe claim(digits) else { return }
        var rest = value
        var position = digits
        while position > 0 {
            position &-= 1
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            unsafe target.storeBytes(
                of: 0x30 &+ UInt8(truncatingIfNeeded: digit), toByteOffset: position, as: UInt8.self)
            rest = quotient
        }
    }

    /// How many decimal digits `value` has.
    @inlinable
    public static func digits(_ value: UInt64) -> Int {
        var digits = 1
        var limit: UInt64 = 10
        // Ten to the 19th is the last power that fits.
        while digits < 20 && value >= limit {
            digits &+= 1
            limit = limit &* 10
        }
        return digits
    }

    /// Takes back everything written after the first `length` bytes, and forgets an overflow.
    @inlinable
    public mutating func truncate(to length: Int) {
        precondition(length >= 0 && length <= count)
        written = length
        failed = false
    }
}
