internal import Batch
internal import Syslog

/// Memory for a text that is made of a line, as long as the longest line and used again and again.
@safe
struct Scratch: ~Copyable {
    private let memory: UnsafeMutableRawPointer
    private(set) var count = 0

    init() {
        unsafe memory = .allocate(byteCount: Batch.lineLimit, alignment: 16)
    }

    deinit { unsafe memory.deallocate() }

    /// Replaces the text by what `body` writes; false if that is longer than a line.
    @discardableResult
    mutating func write(_ body: (inout ByteWriter) -> Void) -> Bool {
        var writer = unsafe ByteWriter(unsafeOver: memory, capacity: Batch.lineLimit)
        body(&writer)
        count = writer.count
        return !writer.overflowed
    }

    var bytes: RawSpan {
        @_lifetime(borrow self)
        borrowing get {
            let span = unsafe RawSpan(_unsafeStart: memory, byteCount: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }
}
