/// Who sent a message, and when it came: what the relay knows itself and the sender cannot lie about.
public struct Source: Sendable, BitwiseCopyable {
    /// The peer's address, which stands in for a missing host name.
    public var address: PeerAddress
    /// The peer is a relay whose `waxwing@…`, `received@…`, `redacted@…` and `headscale@…` elements are believed.
    public var trustedRelay: Bool
    /// When the message came.
    public var receivedAt: Timestamp

    public init(address: PeerAddress = PeerAddress(), trustedRelay: Bool = false, receivedAt: Timestamp) {
        self.address = address
        self.trustedRelay = trustedRelay
        self.receivedAt = receivedAt
    }
}

/// An address in text form, at most 63 octets, held in place: long enough for IPv6 with an interface's name.
public struct PeerAddress: Sendable, BitwiseCopyable {
    /// The longest address, in octets; what is longer is cut.
    public static let lengthMax = 63

    private var storage: InlineArray<63, UInt8> = .init(repeating: 0)
    private var length: UInt8 = 0

    /// No address: it is not known, or there is none (a UNIX socket).
    public init() {}

    /// The address that `text` is.
    public init(_ text: RawSpan) {
        for index in 0..<min(text.byteCount, Self.lengthMax) { storage[index] = text.byte(index) }
        length = UInt8(min(text.byteCount, Self.lengthMax))
    }

    /// The address that `text` is.
    public init(_ text: String) {
        let bytes = Array(text.utf8)
        self.init(unsafe bytes.span.bytes)
    }

    /// Whether there is no address.
    public var isEmpty: Bool { length == 0 }

    /// The address's octets.
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        borrowing get {
            // The span covers initialised octets of `storage` only.
            unsafe storage.span.bytes.extracting(first: Int(length))
        }
    }
}
