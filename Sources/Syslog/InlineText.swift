/// Text of at most `capacity` octets (no more than 255), held in place: it is copied with what it belongs to, and nothing
/// is allocated for it.
public struct InlineText<let capacity: Int>: Sendable, BitwiseCopyable {
    private var storage: InlineArray<capacity, UInt8> = .init(repeating: 0)
    private var length: UInt8 = 0

    /// No text.
    public init() {}

    /// The first ``lengthMax`` octets of `text`.
    public init(_ text: RawSpan) {
        for index in 0..<min(text.byteCount, Self.lengthMax) { storage[index] = text.byte(index) }
        length = UInt8(min(text.byteCount, Self.lengthMax))
    }

    /// The first ``lengthMax`` octets of `text`.
    public init(_ text: String) {
        let bytes = Array(text.utf8)
        self.init(unsafe bytes.span.bytes)
    }

    /// The longest text, in octets; what is longer is cut.
    public static var lengthMax: Int { capacity }

    public var isEmpty: Bool { length == 0 }

    public var bytes: RawSpan {
        @_lifetime(borrow self)
        borrowing get {
            // The span covers initialised octets of `storage` only.
            unsafe storage.span.bytes.extracting(first: Int(length))
        }
    }
}
