/// Who sent a message, and when it came: what the relay knows itself and the sender cannot lie about.
public struct Source: Sendable, BitwiseCopyable {
    /// The peer's address, which stands in for a missing host name.
    public var address: PeerAddress
    /// What is known of the peer, for the record's `received` element.
    public var sender: SenderText
    /// The peer is a relay whose `waxwing@…`, `received@…`, `redacted@…` and `headscale@…` elements are believed.
    public var trustedRelay: Bool
    /// When the message came.
    public var receivedAt: Timestamp

    public init(
        address: PeerAddress = PeerAddress(), sender: SenderText = SenderText(), trustedRelay: Bool = false,
        receivedAt: Timestamp
    ) {
        self.address = address
        self.sender = sender
        self.trustedRelay = trustedRelay
        self.receivedAt = receivedAt
    }
}

/// An address in text form: long enough for IPv6 with an interface's name. Empty if it is not known, or there is none (a
/// UNIX socket).
public typealias PeerAddress = InlineText<63>

/// What is known of a sender besides its address: SD-PARAMs (RFC 5424 section 6.3.3), each with a space in front, of names
/// that ``ReceivedElement`` does not use itself. Usually empty.
public typealias SenderText = InlineText<223>
