/// Text that lives as long as the process: a literal, or a part of a table in the binary. It is copied into a line
/// without being converted.
@safe
struct FixedText: BitwiseCopyable, @unchecked Sendable {
    private let start: UnsafePointer<UInt8>
    /// Bytes of UTF-8.
    let count: Int

    init(_ literal: StaticString) {
        unsafe start = literal.utf8Start
        count = literal.utf8CodeUnitCount
    }

    /// `count` bytes from `start`, which must live as long as the process and never change.
    init(unsafeOver start: UnsafePointer<UInt8>, count: Int) {
        unsafe self.start = start
        self.count = count
    }

    /// Where it lies: equal for texts that are one and the same.
    var address: UInt { unsafe UInt(bitPattern: start) }

    var bytes: RawSpan {
        @_lifetime(immortal)
        get {
            let span = unsafe RawSpan(_unsafeStart: start, byteCount: count)
            return unsafe _overrideLifetime(span, copying: ())
        }
    }

    /// The part in `range`, which must lie in the text.
    func part(_ range: Range<Int>) -> FixedText {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return unsafe FixedText(unsafeOver: start + range.lowerBound, count: range.count)
    }

    /// The text as a string, for people.
    var string: String {
        unsafe String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }
}

extension FixedText: Equatable {
    static func == (left: FixedText, right: FixedText) -> Bool {
        left.count == right.count && left.bytes.starts(left.count, equalTo: right.bytes)
    }

    static func == (left: FixedText, right: StaticString) -> Bool {
        left == FixedText(right)
    }
}

extension RawSpan {
    /// Whether the first `count` bytes are those of `other`; both have so many.
    fileprivate func starts(_ count: Int, equalTo other: RawSpan) -> Bool {
        for at in 0..<count where byte(at) != other.byte(at) { return false }
        return true
    }
}
