extension RawSpan {
    /// The byte at `offset`, which is checked against the bounds.
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 {
        // "Unsafe" is only for types that are not plain bytes.
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The byte at `offset`, which the caller has checked against the bounds.
    @inline(__always)
    func uncheckedByte(_ offset: Int) -> UInt8 {
        unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// The text of the bytes of `range`, which are known to be ASCII.
    func text(_ range: Range<Int>) -> String {
        unsafe extracting(range).withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
