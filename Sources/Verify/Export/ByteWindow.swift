internal import Glibc

/// A sliding view of an input: the bytes that were read, decompressed if need be, and not yet consumed.
///
/// Its memory is taken once; a reader looks at ``bytes``, consumes what it has understood and asks for more.
@safe
struct ByteWindow: ~Copyable {
    /// Bytes a window holds: several times the longest record, so that moving what is left to the front is rare.
    static let capacity = 1 << 20

    private var source: InputSource
    private var gzip: Inflater?
    private var zstandard: ZstandardInflater?
    private let base: UnsafeMutableRawPointer
    private var start = 0
    private var end = 0
    private var isExhausted = false
    private var hasBegun = false
    /// The offset of the window's first byte in the input, after decompression.
    private(set) var offset: UInt64 = 0

    /// A window over `input`, which is empty until the first ``fill()``.
    init(_ input: ExportInput) throws(ExportError) {
        source = try InputSource(input)
        unsafe base = .allocate(byteCount: Self.capacity, alignment: 64)
    }

    deinit {
        unsafe base.deallocate()
    }

    /// How the input is packed, if it is.
    private(set) var compression: ExportCompression?
    /// Whether the compressed data ended in the middle.
    private(set) var endedEarly = false

    /// What was read and not yet consumed.
    var bytes: RawSpan {
        @_lifetime(borrow self)
        borrowing get {
            let span = unsafe RawSpan(_unsafeStart: base + start, byteCount: end - start)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Bytes in the window.
    var count: Int { end - start }

    /// Whether there is nothing in the window and nothing behind it.
    var isAtEnd: Bool { isExhausted && start == end }

    /// Byte `index` of the window, which has it.
    @inline(__always)
    func byte(_ index: Int) -> UInt8 {
        precondition(index >= 0 && index < end - start)
        return unsafe base.load(fromByteOffset: start + index, as: UInt8.self)
    }

    /// The next byte, or nil at the end of the input. Reads if the window is empty.
    @inline(__always)
    mutating func peek() throws(ExportError) -> UInt8? {
        if start == end {
            guard try fill() else { return nil }
        }
        return unsafe base.load(fromByteOffset: start, as: UInt8.self)
    }

    /// Drops the first `length` bytes, which the window has.
    @inline(__always)
    mutating func consume(_ length: Int) {
        precondition(length >= 0 && length <= end - start)
        start &+= length
        offset &+= UInt64(length)
    }

    /// The index of the first `byte` at `from` or behind it, or nil.
    @inline(__always)
    func firstIndex(of byte: UInt8, from: Int) -> Int? {
        precondition(from >= 0 && from <= end - start)
        // The range searched lies within the window.
        guard let found = unsafe memchr(base + start + from, Int32(byte), end - start - from) else { return nil }
        return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base + start)
    }

    /// Reads more bytes behind those in the window. Returns false at the end of the input, or if the window is full.
    mutating func fill() throws(ExportError) -> Bool {
        guard hasBegun else { return try begin() }
        guard !isExhausted else { return false }
        if start == end {
            (start, end) = (0, 0)
        } else if end == Self.capacity, start > 0 {
            unsafe base.copyMemory(from: base + start, byteCount: end - start)
            (start, end) = (0, end - start)
        }
        guard end < Self.capacity else { return false }
        let room = unsafe UnsafeMutableRawBufferPointer(start: base + end, count: Self.capacity - end)
        let count =
            switch compression {
            case .gzip: try unsafe gzip!.read(from: &source, into: room, endedEarly: &endedEarly)
            case .zstd: try unsafe zstandard!.read(from: &source, into: room, endedEarly: &endedEarly)
            case nil: try unsafe source.read(into: room)
            }
        end += count
        isExhausted = count == 0
        return count > 0
    }

    /// Reads the first bytes, and unpacks them and all that follow if they are those of a packed file.
    private mutating func begin() throws(ExportError) -> Bool {
        hasBegun = true
        // Four bytes tell; a pipe may give one at a time.
        while end < 4, !isExhausted {
            let count = try unsafe source.read(into: UnsafeMutableRawBufferPointer(start: base + end, count: 64 << 10))
            end += count
            isExhausted = count == 0
        }
        let first = unsafe UnsafeRawBufferPointer(start: base, count: end)
        if end >= 2, byte(0) == 0x1F, byte(1) == 0x8B {
            compression = .gzip
            gzip = unsafe Inflater(beginningWith: first)
        } else if end >= 4, ZstandardInflater.begins((byte(0), byte(1), byte(2), byte(3))) {
            compression = .zstd
            zstandard = unsafe ZstandardInflater(beginningWith: first)
        } else {
            return end > 0
        }
        end = 0
        isExhausted = false
        return try fill()
    }
}
