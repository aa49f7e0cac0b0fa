/// A record put together from a quoted or escaped field: memory for one, used again for each.
@safe
struct ScratchRecord: ~Copyable {
    private let base: UnsafeMutableRawPointer
    private(set) var count = 0
    /// Whether there was more than ``ExportReader/recordLimit`` bytes; the rest was dropped.
    private(set) var overflowed = false

    init() {
        unsafe base = .allocate(byteCount: ExportReader.recordLimit, alignment: 64)
    }

    deinit {
        unsafe base.deallocate()
    }

    /// The bytes, without the line end that some exporters leave at the end of the field.
    var record: RawSpan {
        @_lifetime(borrow self)
        borrowing get {
            let span = unsafe RawSpan(_unsafeStart: base, byteCount: count)
            return unsafe _overrideLifetime(span, borrowing: self).withoutLineEnd
        }
    }

    /// Byte `index`, which is less than ``count``.
    subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < count)
        return unsafe base.load(fromByteOffset: index, as: UInt8.self)
    }

    mutating func removeAll() {
        count = 0
        overflowed = false
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        guard count < ExportReader.recordLimit else {
            overflowed = true
            return
        }
        unsafe base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count &+= 1
    }

    mutating func append(_ bytes: RawSpan) {
        let room = ExportReader.recordLimit - count
        if bytes.byteCount > room { overflowed = true }
        // No more than the memory that is left.
        unsafe bytes.extracting(0..<min(bytes.byteCount, room)).withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            unsafe (base + count).copyMemory(from: start, byteCount: source.count)
        }
        count += min(bytes.byteCount, room)
    }

    /// Appends the UTF-8 of a Unicode scalar value; of a lone surrogate, that of U+FFFD.
    mutating func append(scalar value: UInt32) {
        let scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
        for byte in scalar.utf8 { append(byte) }
    }
}
